import Policy

/// From the names of limits in routes to limits by index, each looked at beside the route that has
/// it.
struct LimitAssembly {
    let limits: [Named<RateLimitDraft>]
    let report: Report
    private let indices: [String: Int]

    init(_ limits: [Named<RateLimitDraft>], report: Report) {
        self.limits = limits
        self.report = report
        indices = Dictionary(
            limits.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    /// All of them; those that could not be read are missing, as their problems were reported.
    func settings() -> [LimitSettings] {
        limits.compactMap { limit in
            var settings = limit.value?.settings
            settings?.name = limit.name
            return settings
        }
    }

    /// The limits of a route; what is wrong with them is reported.
    func uses(of route: RouteDraft) -> [LimitUse] {
        let drafts = route.limits.uses
        if let first = drafts.first, route.isHealth {
            report.error(
                at: first.name.position, route.path.appending("rate_limits"),
                "has nothing to do here: health checks are not limited")
        }
        var seen: Set<String> = []
        return drafts.compactMap { draft in
            guard let index = indices[draft.name.value] else {
                draft.name.refuse(as: "a rate limit", among: limits.map(\.name), report: report)
                return nil
            }
            if !seen.insert(draft.name.value).inserted {
                draft.name.object(Objection("stands in the list already"), report: report)
            }
            guard let limit = limits[index].value?.settings else { return nil }
            check(draft, limit)
            if let objection = objection(to: limit, of: route) {
                draft.name.object(objection, report: report)
            }
            return LimitUse(limit: index, cost: draft.cost.map { UInt64($0.value) } ?? 1)
        }
    }

    private func check(_ draft: LimitUseDraft, _ limit: LimitSettings) {
        guard let cost = draft.cost, UInt64(cost.value) > limit.burst else { return }
        cost.object(
            Objection("is more than the burst of \(limit.burst): no request would ever pass"),
            report: report)
    }

    /// The part of a limit's key that no request of a route has, if there is one.
    private func objection(to limit: LimitSettings, of route: RouteDraft) -> Objection? {
        for part in limit.key {
            switch part {
            case .clientIP, .clientCertificate, .host, .path, .header, .cookie, .query: continue
            case .jwt:
                if case .jwt = route.auth?.settings { continue }
                return Objection("has the key \(part), and this route has no auth.jwt")
            case .auth:
                switch route.auth?.settings {
                case .apiKeys, .jwt: continue
                case .bearer:
                    return Objection("has the key auth, and auth.bearer names nobody")
                case nil: return Objection("has the key auth, and this route has none")
                }
            case .form, .json:
                guard case .settled = route.action else { continue }
                return Objection(
                    "has the key \(part), and there is no body to look at: "
                        + "this route has no upstream")
            }
        }
        return nil
    }

    /// How many requests of a route are with the app at a time, if it says so.
    func concurrency(of route: RouteDraft) -> ConcurrencySettings? {
        guard let concurrency = route.limits.concurrency else { return nil }
        if case .settled = route.action {
            let what =
                route.isHealth
                ? "has nothing to do here: health checks are not limited"
                : "has nothing to hold back: this route has no upstream"
            report.error(at: concurrency.position, concurrency.path, what)
        }
        return concurrency.value
    }

    /// Warns of what has no effect, in a file that is otherwise in order.
    func checkEffects(of routes: [Route], hasRedis: Bool) {
        let used = Set(routes.flatMap(\.limits).map(\.limit))
        for (index, limit) in limits.enumerated() where !used.contains(index) {
            report.warning(
                at: limit.position, Path.root.appending("rate_limits").appending(limit.name),
                "limits nothing: no route names it in its rate_limits")
        }
        guard !hasRedis else { return }
        for remark in limits.flatMap({ $0.value?.storeOnly ?? [] }) {
            report.warning(at: remark.position, remark.path, remark.message)
        }
    }
}

extension RouteDraft {
    fileprivate var isHealth: Bool {
        if case .settled(.health) = action { true } else { false }
    }
}
