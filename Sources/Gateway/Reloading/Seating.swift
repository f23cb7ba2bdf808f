import Config
import Policy

/// A configuration while it is served: each thing at an index that stays its own when another
/// configuration takes over, as long as any request may be on it.
///
/// Requests name their route by index, and a route its upstream, limits and webhook. So whoever
/// adopts the next seating in the middle of its work finds everything where it was: requests that
/// are under way keep what they began with, and new ones get what the new file says.
///
/// - What stands where: a route of a new file gets a seat that nobody uses. An upstream keeps its
///   seat, and so its connections, while its settings are the same. Limits and webhooks keep theirs
///   by name. A seat that nobody uses any more keeps what stood there last until it is taken.
struct Seating: Sendable {
    /// The configuration, with lists that may hold more than its file.
    private(set) var snapshot: Snapshot
    /// Seats of the file's routes, in its order.
    private(set) var order: [Int]
    /// Seats of the file's upstreams.
    private(set) var upstreams: Set<Int>

    /// At the beginning each thing stands where it stands in the file.
    init(_ snapshot: Snapshot) {
        self.snapshot = snapshot
        order = Array(snapshot.routes.indices)
        upstreams = Set(snapshot.upstreams.indices)
    }

    /// Seats that may not be taken, as what stands there is of use.
    struct Usage: Sendable, Equatable {
        var routes: Set<Int> = []
        var limits: Set<Int> = []
        var webhooks: Set<Int> = []

        mutating func formUnion(_ other: Usage) {
            routes.formUnion(other.routes)
            limits.formUnion(other.limits)
            webhooks.formUnion(other.webhooks)
        }
    }

    /// The seating of the next file.
    ///
    /// - Parameters:
    ///   - next: As loaded: indices are those of its own lists.
    ///   - usage: What requests and debts of all loops are on beside the present file's.
    func succeeded(by next: Snapshot, usage: Usage) -> Seating {
        var kept = usage
        kept.routes.formUnion(order)
        var keptUpstreams: Set<Int> = []
        for route in kept.routes.map({ snapshot.routes[$0] }) {
            if case .upstream(let upstream) = route.action { keptUpstreams.insert(upstream) }
            kept.limits.formUnion(route.limits.map(\.limit))
            if let webhook = route.webhook { kept.webhooks.insert(webhook) }
        }
        var result = Seating(next)
        let upstreams = Self.seat(
            next.upstreams, over: snapshot.upstreams, keeping: keptUpstreams
        ) { $0 == $1 }
        let limits = Self.seat(
            next.rateLimits, over: snapshot.rateLimits, keeping: kept.limits
        ) { $0.name == $1.name }
        let webhooks = Self.seat(
            next.webhooks, over: snapshot.webhooks, keeping: kept.webhooks
        ) { $0.name == $1.name }
        let moved = next.routes.map { route in
            route.moved(
                upstreams: upstreams.seats, limits: limits.seats, webhooks: webhooks.seats)
        }
        let routes = Self.seat(moved, over: snapshot.routes, keeping: kept.routes) { _, _ in false }
        result.snapshot.upstreams = upstreams.list
        result.snapshot.rateLimits = limits.list
        result.snapshot.webhooks = webhooks.list
        result.snapshot.routes = routes.list
        result.order = routes.seats
        result.upstreams = Set(upstreams.seats)
        return result
    }

    /// Gives each of the new things a seat.
    ///
    /// - Returns: What stands where, and the seats of the new ones in their order.
    private static func seat<Thing>(
        _ things: [Thing], over former: [Thing], keeping kept: Set<Int>,
        stays: (Thing, Thing) -> Bool
    ) -> (list: [Thing], seats: [Int]) {
        var list = former
        var taken = kept
        var seats: [Int?] = things.map { thing in former.firstIndex { stays($0, thing) } }
        taken.formUnion(seats.compactMap(\.self))
        for (index, thing) in things.enumerated() {
            let seat = seats[index] ?? list.indices.first { !taken.contains($0) } ?? list.count
            if seat < list.count { list[seat] = thing } else { list.append(thing) }
            taken.insert(seat)
            seats[index] = seat
        }
        return (list, seats.compactMap(\.self))
    }
}

extension Route {
    /// The same with indices that lead to seats.
    fileprivate func moved(upstreams: [Int], limits: [Int], webhooks: [Int]) -> Route {
        var route = self
        if case .upstream(let upstream) = action { route.action = .upstream(upstreams[upstream]) }
        for index in route.limits.indices {
            route.limits[index].limit = limits[route.limits[index].limit]
        }
        route.webhook = webhook.map { webhooks[$0] }
        return route
    }
}
