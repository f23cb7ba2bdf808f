package import Crypto
import Synchronization

/// The events of webhooks that this process knows: those on their way to the app, and those that
/// the app has accepted.
///
/// It is shared by all loops. Memory is settled when it is made and never grows; slots that nobody
/// used are not resident. Keys are spread over shards, each behind a lock that is held while 32
/// slots at most are looked at, one as long as few were used.
///
/// A claim ends by itself at the instant that was said when it was made, so that a loop that died
/// holds no event for ever. What was committed ends likewise, or gives way to newcomers where the
/// table is full: see ``evictedCount``.
///
/// All instants are microseconds of the monotonic clock.
package final class ReplayTable: Sendable {
    private static let shardCountMax = 64
    /// Events that make another shard worth its lock; their numbers also even out over shards.
    private static let shardEventCount = 1024

    /// Shards in use, a power of two, less one.
    private let shardMask: UInt64
    /// The guards of all shards; those beyond the mask are of one slot and never used.
    private let shards: InlineArray<64, Mutex<ReplayShard>>

    /// - Parameter eventCountMax: Slots, 1 to 2²⁴, of 32 bytes; up to some three quarters of as
    ///   many events are known without any that gives way.
    package init(eventCountMax: Int) {
        precondition(eventCountMax > 0 && eventCountMax <= 1 << 24, "a table has 1 to 2^24 events")
        var shardCount = 1
        while shardCount < Self.shardCountMax,
            eventCountMax >= shardCount * 2 * Self.shardEventCount
        {
            shardCount *= 2
        }
        let homeCount = (eventCountMax + shardCount - 1) / shardCount
        shardMask = UInt64(shardCount - 1)
        shards = InlineArray { index in
            index < shardCount
                ? Mutex(ReplayShard(homeCount: homeCount))
                : Mutex(ReplayShard(homeCount: 1, window: 1))
        }
    }

    /// Claims an event for one delivery of it.
    ///
    /// Who claims with the ticket of a claim that is not ended prolongs it.
    ///
    /// - Parameters:
    ///   - key: A tag by a key of this process, of all that tells the event from others.
    ///   - end: When the claim ends by itself.
    ///   - now: Loops need not agree: the latest that any of them said holds.
    package func claim(
        _ key: SipHash.Tag, _ ticket: ReplayTicket, until end: UInt64, at now: UInt64
    ) -> ReplayRuling {
        shards[shard(of: key)].withLock { $0.claim(key, ticket, until: end, at: now) }
    }

    /// Notes that an event was accepted, here or, as the store says, elsewhere.
    ///
    /// It ends claims of others too: what was accepted once is not to be accepted again.
    ///
    /// - Returns: `false` if claims alone stand where it belongs, so that it is not noted.
    @discardableResult
    package func commit(_ key: SipHash.Tag, until end: UInt64, at now: UInt64) -> Bool {
        shards[shard(of: key)].withLock { $0.commit(key, until: end, at: now) }
    }

    /// Ends a claim that came to nothing; nothing happens if it is not the ticket's own.
    package func release(_ key: SipHash.Tag, _ ticket: ReplayTicket, at now: UInt64) {
        shards[shard(of: key)].withLock { $0.release(key, ticket, at: now) }
    }

    /// Forgets that an event was accepted; a claim stays.
    ///
    /// - Returns: Whether it was known.
    @discardableResult
    package func forget(_ key: SipHash.Tag, at now: UInt64) -> Bool {
        shards[shard(of: key)].withLock { $0.forget(key, at: now) }
    }

    /// What is known of an event at that instant.
    package func standing(of key: SipHash.Tag, at now: UInt64) -> ReplayStanding {
        shards[shard(of: key)].withLock { $0.standing(of: key, at: now) }
    }

    /// Accepted events that gave way to others before their end.
    package var evictedCount: UInt64 {
        (0...Int(shardMask)).reduce(0) { $0 &+ shards[$1].withLock { $0.evictedCount } }
    }

    /// Events that are known: for tests.
    func usedCount(at now: UInt64) -> Int {
        (0...Int(shardMask)).reduce(0) { $0 + shards[$1].withLock { $0.usedCount(at: now) } }
    }

    /// Bits that the home in the shard does not depend on.
    private func shard(of key: SipHash.Tag) -> Int {
        Int(truncatingIfNeeded: key.high & shardMask)
    }

    /// What is wrong with the table, if anything: for tests.
    func brokenInvariant() -> String? {
        for index in 0...Int(shardMask) {
            let problem = shards[index].withLock { shard in
                shard.brokenInvariant { self.shard(of: $0) == index }
            }
            if let problem { return "shard \(index), \(problem)" }
        }
        return nil
    }
}
