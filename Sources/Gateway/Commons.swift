import Config
import Crypto
import Linux
import Policy
import Synchronization

/// What the loops of a process count together; each part guards itself.
final class Commons: Sendable {
    /// Open client connections.
    let connections: ConnectionCount
    /// Memory for bodies that are looked at before they go upstream.
    let heldBodies: HeldBudget
    /// How Redis is asked; `nil` without it.
    let store: StorePlan?
    /// One for each limit of the snapshot.
    let limits: [LimitPlan]
    /// Of the tags that stand for keys in the tables of limits, and of their places there.
    let secret: CommonSecret
    /// By route; `nil` for one whose requests nobody counts.
    let gates: [PlaceGate?]
    private let gateOwners: [GateOwner]
    let replays: ReplayPlan
    /// Certificates of providers that have to be fetched.
    let certificateOrders: CertificateOrders
    /// What operators see, and say, of the process.
    let operations: Operations
    let certificates: CertificateBoard
    /// By upstream: which of its servers could be connected to last.
    let servers: [ServerMarks]

    /// - Parameters:
    ///   - secret: Known to nobody else, or strangers could choose keys that share a place.
    ///   - certificates: What TLS begins with.
    convenience init(
        _ snapshot: Snapshot, secret: CommonSecret,
        certificates: CertificateBoard = CertificateBoard()
    ) {
        self.init(
            snapshot, secret: secret, shown: Set(snapshot.upstreams.indices), certificates,
            after: nil)
    }

    /// Of a seating that takes over: all that was counted is counted on.
    convenience init(_ seating: Seating, after former: Commons) {
        self.init(
            seating.snapshot, secret: former.secret, shown: seating.upstreams, former.certificates,
            after: former)
    }

    private init(
        _ snapshot: Snapshot, secret: CommonSecret, shown: Set<Int>,
        _ certificates: CertificateBoard, after former: Commons?
    ) {
        self.certificates = certificates
        certificateOrders = former?.certificateOrders ?? CertificateOrders()
        replays = ReplayPlan(
            webhooks: snapshot.webhooks, storePrefix: snapshot.redis?.keyPrefix,
            isNewsShared: (snapshot.redis?.database ?? 0) == 0, secret: secret.keys,
            after: former?.replays)
        servers = snapshot.upstreams.enumerated().map { index, settings in
            let known = former.flatMap { index < $0.servers.count ? $0.servers[index] : nil }
            if let known, known.settings == settings { return known }
            return ServerMarks(settings)
        }
        self.secret = secret
        connections = former?.connections ?? ConnectionCount()
        heldBodies = former?.heldBodies ?? HeldBudget()
        heldBodies.bytesMax = snapshot.limits.heldBytesMax
        store = former?.store ?? snapshot.redis.map(StorePlan.init)
        operations = Operations(
            snapshot, breaker: store?.breaker, certificates: certificates, shown: shown,
            after: former?.operations)
        gates = Self.gates(of: snapshot.routes, after: former)
        gateOwners = snapshot.routes.map { GateOwner($0) }
        var costs = [UInt64](repeating: 1, count: snapshot.rateLimits.count)
        for use in snapshot.routes.flatMap(\.limits) {
            costs[use.limit] = max(costs[use.limit], use.cost)
        }
        limits = snapshot.rateLimits.indices.map { index in
            let settings = snapshot.rateLimits[index]
            let known = former.flatMap { index < $0.limits.count ? $0.limits[index] : nil }
            return LimitPlan(
                settings, costMax: costs[index], storePrefix: snapshot.redis?.keyPrefix,
                secret: secret.places, after: known?.settings.name == settings.name ? known : nil)
        }
    }

    /// A route that takes over from one of the same name has its gate: who is within stays counted.
    private static func gates(of routes: [Route], after former: Commons?) -> [PlaceGate?] {
        routes.map { route in
            guard let settings = route.concurrency else { return nil }
            let owner = GateOwner(route)
            guard let former, let seat = former.gateOwners.firstIndex(of: owner) else {
                return PlaceGate(settings)
            }
            return former.gates[seat] ?? PlaceGate(settings)
        }
    }
}

/// What a gate belongs to: routes that agree in it share one.
private struct GateOwner: Equatable {
    let name: String
    let settings: ConcurrencySettings?

    init(_ route: Route) {
        name = route.name
        settings = route.concurrency
    }
}

/// What operators see, and say, of a process while it serves.
final class Operations: Sendable {
    let health: HealthBoard
    let maintenance: MaintenanceBoard
    let errors: RecentErrors

    /// - Parameters:
    ///   - shown: Upstreams that may be asked.
    ///   - former: Of the configuration before: what operators said holds.
    init(
        _ snapshot: Snapshot, breaker: Breaker?, certificates: CertificateBoard, shown: Set<Int>,
        after former: Operations?
    ) {
        health = HealthBoard(
            snapshot, breaker: breaker, certificates: certificates, shown: shown,
            after: former?.health)
        maintenance = former?.maintenance ?? MaintenanceBoard()
        errors = former?.errors ?? RecentErrors()
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

    private let bound = Atomic<Int>(0)

    /// `limits.webhooks_memory`.
    var bytesMax: Int {
        get { bound.load(ordering: .relaxed) }
        set { bound.store(newValue, ordering: .relaxed) }
    }

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
