import Linux

/// What goes wrong in a simulated kernel, and when.
///
/// Everything is drawn from one seed, so that a failure is played again by naming it.
package struct SimulatedFaults {
    /// Calls that may fail, counted from 0 in the order in which they are made.
    package private(set) var callCount = 0
    /// The number of the call that fails; `nil` if none does.
    package var failingCall: Int?
    /// Which call it was that failed.
    package private(set) var failedCall: SimulatedCall?
    /// Of 100 reads and writes, so many move fewer bytes than they could.
    package var shortPercent: UInt64 = 0
    /// Of 100 reads and writes, so many say that they would block though they need not.
    package var blockPercent: UInt64 = 0
    /// Of 100 turns, so many are ended by a signal before anything is reported.
    package var interruptPercent: UInt64 = 0
    /// Whether reports come in any order.
    package var shufflesReports = false
    package var random: SeededRandom

    /// Nothing goes wrong until it is said.
    package init(seed: UInt64 = 0) { random = SeededRandom(seed: seed) }

    /// Notes a call.
    ///
    /// - Returns: Why it fails, if it is the one that does.
    mutating func fail(_ call: SimulatedCall) -> Errno? {
        defer { callCount += 1 }
        guard callCount == failingCall else { return nil }
        failedCall = call
        return call.failure
    }

    /// How many of `count` bytes a call moves; 0 to say that it would block.
    mutating func share(of count: Int) -> Int {
        if blockPercent > 0, random.happens(percent: blockPercent) { return 0 }
        guard shortPercent > 0, count > 1, random.happens(percent: shortPercent) else {
            return count
        }
        // Single bytes are what breaks parsers; larger parts are what breaks relays.
        return random.happens(percent: 50) ? 1 : 1 + random.below(count - 1)
    }

    mutating func interruptsTurn() -> Bool {
        interruptPercent > 0 && random.happens(percent: interruptPercent)
    }
}

/// A call to the kernel that may fail.
package enum SimulatedCall: Sendable {
    case accept, connect, connectError, watch, receive, send

    /// A failure that the real call may have.
    var failure: Errno {
        switch self {
        case .accept, .connect: .tooManyOpenFiles
        case .watch: .outOfMemory
        case .connectError: .connectionRefused
        case .receive, .send: .connectionReset
        }
    }
}
