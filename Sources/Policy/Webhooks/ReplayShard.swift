import Bytes
import Crypto

/// What a claim came to.
package enum ReplayRuling: UInt8, Sendable, CaseIterable {
    /// The event is the claimant's, to be committed or released.
    case claimed
    /// Another claim of it is not ended.
    case inFlight
    /// It was committed before.
    case replayed
    /// There is no place left to note a claim.
    case full
}

/// What a table knows of an event.
package enum ReplayStanding: UInt8, Sendable, CaseIterable {
    case unknown
    /// A delivery of it is under way.
    case claimed
    case committed
}

/// A part of a ``ReplayTable``: events that are claimed or were committed, by key.
///
///     nothing ── claim ──► claimed ── commit ──► committed ── its end, or forgotten ──► nothing
///        ▲                    │                      ▲
///        └── release, its end ┘       nothing ── commit: its claim had ended, or was elsewhere
///
/// A key stands in one of so many slots from its home on. A search looks at all of them up to the
/// first that was never used: whoever came since took that one or one before it. A slot whose end
/// has come is free.
///
/// Claims are never crowded out: two deliveries of one event would reach the app. What was
/// committed gives way to a newcomer if no slot is free, that which ends the soonest first.
///
/// - Invariant: a key has one slot at most whose end has not come, within the window from its home,
///   and no slot between the two was never used.
struct ReplayShard: ~Copyable {
    /// Slots that a key may stand in: 1 KiB.
    static let window = 32

    private var slots: ZeroedSlots<ReplayEntry>
    /// Slots that are a home: those behind them are the windows of the last.
    private let homeCount: UInt64
    private let window: Int
    /// The latest instant that anybody said: loops read the clock each for itself, and what has
    /// ended for one stays so for all.
    private var latest = ReplayEntry.over
    /// Committed events that gave way before their end.
    private(set) var evictedCount: UInt64 = 0

    init(homeCount: Int, window: Int = ReplayShard.window) {
        self.homeCount = UInt64(homeCount)
        self.window = window
        slots = ZeroedSlots(count: homeCount + window - 1)
    }

    /// Claims an event; who holds the claim already keeps it, until the later of the ends.
    mutating func claim(
        _ key: SipHash.Tag, _ ticket: ReplayTicket, until end: UInt64, at now: UInt64
    ) -> ReplayRuling {
        let now = advance(to: now)
        let (index, isKnown) = find(key, at: now)
        guard index >= 0 else { return .full }
        guard isKnown else {
            put(ReplayEntry(key, ticket.number, until: end), in: index, at: now)
            return .claimed
        }
        if slots[index].isCommitted { return .replayed }
        guard slots[index].holder == ticket.number else { return .inFlight }
        slots[index].end = max(slots[index].end, end)
        return .claimed
    }

    /// Notes that an event was accepted, whoever holds a claim of it now, until the later of the
    /// ends.
    ///
    /// - Returns: `false` if there is no place for it.
    mutating func commit(_ key: SipHash.Tag, until end: UInt64, at now: UInt64) -> Bool {
        let now = advance(to: now)
        guard end > now else { return true }
        let (index, isKnown) = find(key, at: now)
        guard index >= 0 else { return false }
        if isKnown, slots[index].isCommitted {
            slots[index].end = max(slots[index].end, end)
        } else {
            let entry = ReplayEntry(key, 0, until: end)
            if isKnown { slots[index] = entry } else { put(entry, in: index, at: now) }
        }
        return true
    }

    /// Ends one's own claim.
    mutating func release(_ key: SipHash.Tag, _ ticket: ReplayTicket, at now: UInt64) {
        let (index, isKnown) = find(key, at: advance(to: now))
        guard isKnown, slots[index].holder == ticket.number else { return }
        slots[index].end = ReplayEntry.over
    }

    /// Forgets that an event was committed; claims stay.
    ///
    /// - Returns: Whether it was.
    mutating func forget(_ key: SipHash.Tag, at now: UInt64) -> Bool {
        let (index, isKnown) = find(key, at: advance(to: now))
        guard isKnown, slots[index].isCommitted else { return false }
        slots[index].end = ReplayEntry.over
        return true
    }

    /// What is known of an event.
    mutating func standing(of key: SipHash.Tag, at now: UInt64) -> ReplayStanding {
        let (index, isKnown) = find(key, at: advance(to: now))
        guard isKnown else { return .unknown }
        return slots[index].isCommitted ? .committed : .claimed
    }

    private mutating func advance(to now: UInt64) -> UInt64 {
        if now > latest { latest = now }
        return latest
    }

    private func home(of key: SipHash.Tag) -> Int {
        Int(truncatingIfNeeded: key.low.multipliedFullWidth(by: homeCount).high)
    }

    /// The slot of a key, or else the one where it would be put; -1 if there is neither.
    private func find(_ key: SipHash.Tag, at now: UInt64) -> (index: Int, isKnown: Bool) {
        var free = -1
        var soonest = -1
        var soonestEnd = UInt64.max
        let home = home(of: key)
        for index in home..<home &+ window {
            let entry = slots[index]
            if entry.end <= now {
                if free < 0 { free = index }
                if entry.isUnused { break }
            } else if entry.isOf(key) {
                return (index, true)
            } else if entry.isCommitted, entry.end < soonestEnd {
                soonest = index
                soonestEnd = entry.end
            }
        }
        return (free >= 0 ? free : soonest, false)
    }

    private mutating func put(_ entry: ReplayEntry, in index: Int, at now: UInt64) {
        if slots[index].end > now { evictedCount &+= 1 }
        slots[index] = entry
    }
}

/// An event and what is known of it; all zeros if the slot was never used.
///
/// Not private: whoever owns the shard ends it, and asks for this type's description then.
///
/// - Size: 32 bytes, two to a line of the cache.
struct ReplayEntry: BitwiseCopyable {
    private let keyLow: UInt64
    private let keyHigh: UInt64
    /// The ticket of the claim, 0 once committed.
    let holder: UInt64
    var end: UInt64

    /// An end that has come, whatever the time.
    static let over: UInt64 = 1

    init(_ key: SipHash.Tag, _ holder: UInt64, until end: UInt64) {
        keyLow = key.low
        keyHigh = key.high
        self.holder = holder
        self.end = max(end, Self.over)
    }

    var isUnused: Bool { end == 0 }
    var isCommitted: Bool { holder == 0 }
    var key: SipHash.Tag { SipHash.Tag(low: keyLow, high: keyHigh) }

    func isOf(_ key: SipHash.Tag) -> Bool { keyLow == key.low && keyHigh == key.high }
}

extension ReplayShard {
    /// Another one that knows the same: for tests.
    func copy() -> ReplayShard {
        var other = ReplayShard(homeCount: Int(homeCount), window: window)
        for index in 0..<slots.count { other.slots[index] = slots[index] }
        other.latest = latest
        other.evictedCount = evictedCount
        return other
    }

    /// Slots whose end has not come: for tests.
    func usedCount(at now: UInt64) -> Int {
        (0..<slots.count).reduce(0) { $0 + (slots[$1].end > max(now, latest) ? 1 : 0) }
    }

    /// What is wrong with the shard, if anything: for tests.
    func brokenInvariant(places: (SipHash.Tag) -> Bool) -> String? {
        var seen: [[UInt64]: Int] = [:]
        for index in 0..<slots.count where slots[index].end > latest {
            let key = slots[index].key
            if !places(key) { return "slot \(index): a key of another shard" }
            let home = home(of: key)
            if index < home || index - home >= window { return "slot \(index): not in its window" }
            if (home..<index).contains(where: { slots[$0].isUnused }) {
                return "slot \(index): behind one that was never used"
            }
            if let other = seen.updateValue(index, forKey: [key.low, key.high]) {
                return "slots \(other) and \(index): one key"
            }
        }
        return nil
    }
}
