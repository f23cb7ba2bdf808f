import Config
import HTTP
import Linux
import Policy
import Synchronization

/// A snapshot made ready for serving: what each request would else compute again. Shared by all loops.
struct Plan: Sendable {
    let snapshot: Snapshot
    let pipeline: Pipeline
    /// One for each route of the snapshot.
    let routes: [RoutePlan]
    /// For answers to requests that no route took.
    let routeless: RoutePlan
    let headLimits: HeadLimits
    /// Open client connections of the whole process.
    let connections: ConnectionCount
    /// Of this loop's random source.
    let seed: UInt64

    init(_ snapshot: Snapshot, connections: ConnectionCount, seed: UInt64) {
        self.snapshot = snapshot
        self.connections = connections
        self.seed = seed
        pipeline = Pipeline(
            routes: snapshot.routes, listeners: snapshot.listeners.map(\.name),
            trustedProxies: snapshot.trustedProxies)
        routes = snapshot.routes.map(RoutePlan.init)
        routeless = RoutePlan(globalsOf: snapshot)
        headLimits = HeadLimits(
            startLineBytesMax: snapshot.limits.requestLineBytesMax,
            fieldBytesMax: snapshot.limits.headerBytesMax,
            fieldCountMax: snapshot.limits.headerCountMax)
    }

    /// Slots for one loop's connections: any loop may get all of them, and a few more to refuse on.
    var connectionSlots: Int { snapshot.limits.connectionCountMax + Self.refusalSlots }

    /// Connections beyond the limit that are told so at the same time; further ones are just closed.
    static var refusalSlots: Int { 64 }

    func route(_ index: Int?) -> RoutePlan {
        guard let index else { return routeless }
        return routes[index]
    }
}

/// What a route's exchanges need at hand.
struct RoutePlan: Sendable {
    let security: SecurityHeaders
    let bodyBytesMax: UInt64?
    let timeouts: RouteTimeouts

    init(_ route: Route) {
        security = SecurityHeaders(route.securityHeaders)
        bodyBytesMax = route.bodyBytesMax
        timeouts = route.timeouts
    }

    init(globalsOf snapshot: Snapshot) {
        security = SecurityHeaders(snapshot.securityHeaders)
        bodyBytesMax = snapshot.limits.bodyBytesMax
        timeouts = snapshot.timeouts.route
    }
}

/// Open client connections of the whole process, counted by all loops.
final class ConnectionCount: Sendable {
    /// Guarded by being atomic; no other memory depends on it, so relaxed ordering is enough.
    private let count = Atomic<Int>(0)

    /// Counts one more. - Returns: Whether it is within `limit`.
    func enter(limit: Int) -> Bool {
        count.add(1, ordering: .relaxed).newValue <= limit
    }

    func leave() { count.subtract(1, ordering: .relaxed) }
}
