/// What a call of the script by which gateways share webhooks' events asks.
package struct ReplayAsk: Sendable {
    /// As the script spells them: see the script's own documentation for what each does.
    package enum Operation: String, CaseIterable, Sendable {
        case claim, commit, release, forget
    }

    package var operation: Operation
    package var key: String
    /// 0 for nobody's.
    package var ticket: UInt64
    package var milliseconds: UInt64

    package init(
        _ operation: Operation, _ key: String, ticket: UInt64 = 0, milliseconds: UInt64 = 1
    ) {
        self.operation = operation
        self.key = key
        self.ticket = ticket
        self.milliseconds = milliseconds
    }

    /// - Parameters:
    ///   - words: Of a command: its name, the script, `1`, the key and three arguments.
    /// - Returns: `nil` for another command.
    package init?(words: [String]) {
        guard words.count == 7, words[2] == "1", let operation = Operation(rawValue: words[4]),
            let ticket = UInt64(words[5]), let milliseconds = UInt64(words[6])
        else { return nil }
        self.init(operation, words[3], ticket: ticket, milliseconds: milliseconds)
    }
}

/// What the script answers.
package struct ReplayResult: Equatable, Sendable {
    /// 1 for done, 0 for a claim of another, 2 for committed before.
    package var code: Int64
    /// For how long that holds.
    package var milliseconds: UInt64

    package init(code: Int64, milliseconds: UInt64) {
        self.code = code
        self.milliseconds = milliseconds
    }
}

/// The script in Swift: events by key.
///
/// Tests play the same histories to this and to a real server, so that whoever simulates one
/// simulates what there is.
package struct SimulatedReplays: Sendable {
    /// What the value of a key says.
    package struct Event: Equatable, Sendable {
        /// The ticket of its claim, 0 once committed.
        package var holder: UInt64
        /// Milliseconds of the server's clock.
        package var end: UInt64
    }

    /// Those whose end has not come.
    package private(set) var events: [String: Event] = [:]

    package init() {}

    /// Asks about one key.
    ///
    /// - Parameter now: Milliseconds of the server's clock.
    package mutating func call(_ ask: ReplayAsk, at now: UInt64) -> ReplayResult {
        // A key lives through the millisecond in which it ends, as Redis has it.
        let event = events[ask.key].flatMap { $0.end >= now ? $0 : nil }
        events[ask.key] = event
        let left = event.map { $0.end - now } ?? 0
        let isCommitted = event?.holder == 0
        let isOthers = event != nil && !isCommitted && event?.holder != ask.ticket
        switch ask.operation {
        case .commit:
            if isCommitted, left >= ask.milliseconds {
                return ReplayResult(code: 1, milliseconds: left)
            }
            events[ask.key] = Event(holder: 0, end: now + ask.milliseconds)
            return ReplayResult(code: 1, milliseconds: ask.milliseconds)
        case .claim, .release:
            if isCommitted { return ReplayResult(code: 2, milliseconds: left) }
        case .forget: break
        }
        if isOthers { return ReplayResult(code: 0, milliseconds: left) }
        guard ask.operation == .claim else {
            events[ask.key] = nil
            return ReplayResult(code: 1, milliseconds: isCommitted ? max(1, left) : 0)
        }
        let life = max(left, ask.milliseconds)
        events[ask.key] = Event(holder: ask.ticket, end: now + life)
        return ReplayResult(code: 1, milliseconds: life)
    }

    /// Has an event end before its time.
    package mutating func expire(_ key: String) { events[key] = nil }

    /// Loses all keys.
    package mutating func removeAll() { events = [:] }
}
