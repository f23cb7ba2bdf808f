import Crypto

@testable import Policy

/// A table of events in the plainest way: a row of them, looked through from its beginning.
struct ReplayModel {
    struct Event: Equatable {
        let key: UInt64
        /// The ticket of its claim; `nil` once committed.
        var holder: UInt64?
        var end: UInt64
    }

    private(set) var events: [Event] = []
    private(set) var evictedCount: UInt64 = 0
    let capacity: Int

    init(capacity: Int) { self.capacity = capacity }

    private mutating func place(of key: UInt64, at now: UInt64) -> Int? {
        events.removeAll { $0.end <= now }
        return events.firstIndex { $0.key == key }
    }

    /// - Returns: Whether there was room, perhaps made by giving up what ends the soonest.
    private mutating func insert(_ event: Event) -> Bool {
        if events.count == capacity {
            var soonest: Int?
            for (index, event) in events.enumerated() where event.holder == nil {
                if soonest.map({ event.end < events[$0].end }) ?? true { soonest = index }
            }
            guard let soonest else { return false }
            events.remove(at: soonest)
            evictedCount += 1
        }
        events.append(event)
        return true
    }

    mutating func claim(
        _ key: UInt64, _ ticket: UInt64, until end: UInt64, at now: UInt64
    ) -> ReplayRuling {
        guard let place = place(of: key, at: now) else {
            return insert(Event(key: key, holder: ticket, end: end)) ? .claimed : .full
        }
        guard let holder = events[place].holder else { return .replayed }
        guard holder == ticket else { return .inFlight }
        events[place].end = max(events[place].end, end)
        return .claimed
    }

    mutating func commit(_ key: UInt64, until end: UInt64, at now: UInt64) -> Bool {
        guard let place = place(of: key, at: now) else {
            return insert(Event(key: key, holder: nil, end: end))
        }
        let wasCommitted = events[place].holder == nil
        events[place].end = wasCommitted ? max(events[place].end, end) : end
        events[place].holder = nil
        return true
    }

    mutating func release(_ key: UInt64, _ ticket: UInt64, at now: UInt64) {
        guard let place = place(of: key, at: now), events[place].holder == ticket else { return }
        events.remove(at: place)
    }

    mutating func forget(_ key: UInt64, at now: UInt64) -> Bool {
        guard let place = place(of: key, at: now), events[place].holder == nil else { return false }
        events.remove(at: place)
        return true
    }
}

extension SipHash.Tag {
    /// Of the event with this number: spread, as tags are.
    static func event(_ number: UInt64) -> SipHash.Tag {
        SipHash.Tag(low: number &* 0x9e37_79b9_7f4a_7c15, high: number &* 0xd1b5_4a32_d192_ed03)
    }
}
