/// Where things are seated in the lists of names, if not each at its own index.
///
/// A route that was configured anew under its name counts where the former one did.
package struct MetricSeats: Sendable {
    /// By route of the caller: its index in ``MetricNames/routes``.
    package var routes: [Int]
    /// By upstream of the caller: its index in ``MetricNames/upstreams``.
    package var upstreams: [Int]

    package init(routes: [Int], upstreams: [Int]) {
        self.routes = routes
        self.upstreams = upstreams
    }

    /// Each at its own index.
    init(_ names: MetricNames) {
        routes = Array(names.routes.indices)
        upstreams = Array(names.upstreams.indices)
    }
}

extension LoopMetrics {
    /// Counts on from where another one stands, under the names that both have; what has another
    /// name, or none any more, is left behind.
    ///
    /// For the loop that counts in both, before it counts here: nothing is counted there any more.
    package func takeOver(
        from former: LoopMetrics, named formerNames: MetricNames, as names: MetricNames
    ) {
        let routes = Self.moves(formerNames.routes, names.routes)
        for (old, new) in [(0, 0)] + routes.map({ ($0 + 1, $1 + 1) }) {
            take(RouteCell.count, former, at: former.shape.route(old), to: shape.route(new))
        }
        for (old, new) in Self.moves(formerNames.upstreams, names.upstreams) {
            take(
                UpstreamCell.count, former, at: former.shape.upstreamRow(old),
                to: shape.upstreamRow(new))
        }
        for (old, new) in Self.moves(formerNames.listeners, names.listeners) {
            take(
                ListenerCell.count, former, at: former.shape.listener(old),
                to: shape.listener(new))
        }
        for (old, new) in Self.moves(formerNames.corsPolicies, names.corsPolicies) {
            take(
                CORSResult.allCases.count, former, at: former.shape.cors(old, .preflight),
                to: shape.cors(new, .preflight))
        }
        for (old, new) in Self.moves(formerNames.limits, names.limits) {
            take(
                LimitCell.count, former, at: former.shape.limit(old, .admitted, .redis),
                to: shape.limit(new, .admitted, .redis))
        }
        for (old, new) in Self.moves(formerNames.webhooks, names.webhooks) {
            take(
                WebhookResult.allCases.count, former, at: former.shape.webhook(old, .verified),
                to: shape.webhook(new, .verified))
        }
        take(
            Outcome.allCases.count, former, at: former.shape.outcomesStart,
            to: shape.outcomesStart)
        take(
            former.shape.cellCount - former.shape.storeStart, former,
            at: former.shape.storeStart, to: shape.storeStart)
        takeRequests(from: former, Dictionary(uniqueKeysWithValues: routes))
    }

    /// Pairs of indices of what has the same name in both lists.
    private static func moves(_ old: [String], _ new: [String]) -> [(Int, Int)] {
        let places = Dictionary(zip(new, new.indices)) { first, _ in first }
        return old.enumerated().compactMap { index, name in places[name].map { (index, $0) } }
    }
}
