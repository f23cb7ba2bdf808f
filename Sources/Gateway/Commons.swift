import Config
import Crypto
import Linux
import Policy
import Synchronization

/// What the loops of a process count together; each part guards itself.
final class Commons: Sendable {
    /// Open client connections.
    let connections = ConnectionCount()
    /// Memory for bodies that are looked at before they go upstream.
    let heldBodies: HeldBudget
    /// How Redis is asked; `nil` without it.
    let store: StorePlan?
    /// One for each limit of the snapshot.
    let limits: [LimitPlan]
    /// Of the tags that stand for keys in the tables of limits.
    let keySecret: SipHash.Key
    /// Of the choice of a key's place in them.
    let placeSecret: (UInt64, UInt64)
    /// By route; `nil` for one whose requests nobody counts.
    let gates: [PlaceGate?]
    let replays: ReplayPlan
    /// What operators see, and say, of the process.
    let operations: Operations
    /// By upstream: which of its servers could be connected to last.
    let servers: [ServerMarks]

    /// - Parameter secret: Known to nobody else, or strangers could choose keys that share a place.
    init(_ snapshot: Snapshot, secret: CommonSecret) {
        replays = ReplayPlan(
            webhooks: snapshot.webhooks, storePrefix: snapshot.redis?.keyPrefix,
            secret: secret.keys)
        servers = snapshot.upstreams.map { ServerMarks(count: $0.servers.count) }
        keySecret = secret.keys
        heldBodies = HeldBudget(bytesMax: snapshot.limits.heldBytesMax)
        store = snapshot.redis.map(StorePlan.init)
        operations = Operations(snapshot, breaker: store?.breaker)
        placeSecret = secret.places
        gates = snapshot.routes.map { $0.concurrency.map(PlaceGate.init) }
        var costs = [UInt64](repeating: 1, count: snapshot.rateLimits.count)
        for use in snapshot.routes.flatMap(\.limits) {
            costs[use.limit] = max(costs[use.limit], use.cost)
        }
        limits = zip(snapshot.rateLimits, costs).map { settings, cost in
            LimitPlan(
                settings, costMax: cost, storePrefix: snapshot.redis?.keyPrefix,
                secret: secret.places)
        }
    }
}

/// What operators see, and say, of a process while it serves.
final class Operations: Sendable {
    let health: HealthBoard
    let maintenance = MaintenanceBoard()
    let errors = RecentErrors()

    init(_ snapshot: Snapshot, breaker: Breaker?) {
        health = HealthBoard(snapshot, breaker: breaker)
    }
}

/// The chance that the loops of a process share.
struct CommonSecret: Sendable {
    /// Of tags that stand for keys.
    let keys: SipHash.Key
    /// Of the choice of a key's place in a table.
    let places: (UInt64, UInt64)

    /// Other bits for each process (getrandom(2)).
    static func drawn() -> CommonSecret {
        CommonSecret(
            keys: SipHash.Key(Randomness.word(), Randomness.word()),
            places: (Randomness.word(), Randomness.word()))
    }

    /// The same bits each time, for who rehearses what a process would do.
    static let fixed = CommonSecret(keys: SipHash.Key(0, 0), places: (1, 1))
}

/// Open client connections of the whole process, counted by all loops.
final class ConnectionCount: Sendable {
    /// Guarded by being atomic; no other memory depends on it, so relaxed ordering is enough.
    private let count = Atomic<Int>(0)

    /// Counts one more.
    ///
    /// - Returns: Whether it is within `limit`.
    func enter(limit: Int) -> Bool {
        count.add(1, ordering: .relaxed).newValue <= limit
    }

    func leave() { count.subtract(1, ordering: .relaxed) }
}

/// Memory of the whole process for bodies that are held, counted by all loops.
final class HeldBudget: Sendable {
    /// Guarded by being atomic; no other memory depends on it, so relaxed ordering is enough.
    private let bytes = Atomic<Int>(0)

    /// `limits.webhooks_memory`.
    private let bytesMax: Int

    init(bytesMax: Int) { self.bytesMax = bytesMax }

    /// Takes so many bytes.
    ///
    /// - Returns: Whether they were left; nothing is taken otherwise.
    func take(_ count: Int) -> Bool {
        guard count > 0 else { return true }
        guard bytes.add(count, ordering: .relaxed).newValue <= bytesMax else {
            give(count)
            return false
        }
        return true
    }

    func give(_ count: Int) { bytes.subtract(count, ordering: .relaxed) }
}
