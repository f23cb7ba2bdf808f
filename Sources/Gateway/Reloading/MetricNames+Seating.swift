import Config
import HTTP
import Policy
import Telemetry

extension MetricNames {
    /// Each name once, those of the file first; names of seats that were left come last, until
    /// somebody takes the seat.
    init(_ seating: Seating, build: BuildLabels) {
        let snapshot = seating.snapshot
        let upstreams = snapshot.upstreams.indices.sorted { one, other in
            (seating.upstreams.contains(one) ? 0 : 1, one)
                < (seating.upstreams.contains(other) ? 0 : 1, other)
        }
        self.init(
            routes: Self.once(
                seating.order.map { snapshot.routes[$0].name } + snapshot.routes.map(\.name)),
            upstreams: Self.once(upstreams.map { snapshot.upstreams[$0].name }),
            listeners: snapshot.listeners.map(\.name), methods: Method.allCases.map(\.name),
            build: build)
        secureListeners = snapshot.listeners.indices.filter { snapshot.listeners[$0].tls != nil }
        corsPolicies = snapshot.cors.map(\.rules.name)
        limits = snapshot.rateLimits.map(\.name)
        webhooks = snapshot.webhooks.map(\.name)
    }

    private static func once(_ names: [String]) -> [String] {
        var seen: Set<String> = []
        return names.filter { seen.insert($0).inserted }
    }

    /// By upstream of the names: which of its servers can be connected to.
    func servers(of seating: Seating, _ commons: Commons) -> [ServerCounts] {
        upstreams.map { name in
            let seats = seating.snapshot.upstreams.indices.filter {
                seating.snapshot.upstreams[$0].name == name
            }
            let seat = seats.first { seating.upstreams.contains($0) } ?? seats.first
            return seat.map { commons.servers[$0].counts } ?? ServerCounts(up: 0, down: 0)
        }
    }
}

extension MetricSeats {
    init(_ seating: Seating, _ names: MetricNames) {
        let routes = Dictionary(uniqueKeysWithValues: zip(names.routes, names.routes.indices))
        let upstreams = Dictionary(
            uniqueKeysWithValues: zip(names.upstreams, names.upstreams.indices))
        self.init(
            routes: seating.snapshot.routes.map { routes[$0.name] ?? 0 },
            upstreams: seating.snapshot.upstreams.map { upstreams[$0.name] ?? 0 })
    }
}
