import Policy

/// From decoded keys to a snapshot: references are looked up, global values filled in, parts
/// compared.
struct Assembly {
    let draft: Draft
    let report: Report

    /// Fewer than `MethodSet` has bits left beside the usual methods.
    private static let extensionMethodCountMax = 50

    /// - Returns: `nil` when the report has errors, from here or before.
    func snapshot() -> Snapshot? {
        checkBinds()
        checkProxyProtocol()
        TLSAssembly(draft: draft, report: report).check()
        checkMethods()
        let policies = corsPolicies()
        let limits = LimitAssembly(draft.limits.rates, report: report)
        let webhooks = WebhookAssembly(draft, report: report)
        let routes = routes(policies, limits, webhooks)
        // What a broken route was meant to take is not known.
        if !report.hasErrors {
            Reachability.check(draft.routes, report: report)
            limits.checkEffects(of: routes, hasRedis: draft.limits.redis != nil)
            webhooks.checkEffects(of: routes)
        }
        ProductionChecks(draft: draft, report: report).check()
        guard !report.hasErrors else { return nil }
        var snapshot = snapshot(policies, limits, routes)
        snapshot.webhooks = webhooks.settings()
        return snapshot
    }

    /// The whole, once nothing is wrong with it.
    private func snapshot(
        _ policies: [CORSPolicy], _ limits: LimitAssembly, _ routes: [Route]
    ) -> Snapshot {
        var snapshot = Snapshot(
            environment: draft.environment, server: draft.server,
            listeners: draft.listeners.compactMap { $0.value?.settings(named: $0.name) },
            admin: draft.admin?.settings.value, identity: draft.identity,
            limits: draft.limits.clients, timeouts: draft.timeouts, log: draft.logs.log,
            audit: draft.logs.audit,
            upstreams: draft.upstreams.compactMap { upstream in
                var settings = upstream.value?.settings
                settings?.name = upstream.name
                return settings
            },
            answers: AnswerSettings(
                securityHeaders: globalHeaders, errorPages: ErrorPages(draft.answers.errors.pages)),
            cors: policies, routes: routes)
        snapshot.rateLimits = limits.settings()
        snapshot.redis = draft.limits.redis?.settings
        snapshot.reporting.otlp = draft.logs.otlp
        snapshot.reporting.sentry = draft.answers.errors.sentry
        return snapshot
    }

    /// Two listeners cannot have one address; port 0 is a new one each time.
    private func checkBinds() {
        var owners: [BindAddress: String] = [:]
        let listeners = draft.listeners.compactMap { listener in
            listener.value.map { ("listeners.\(listener.name)", $0.bind) }
        }
        let admin = draft.admin.map(\.settings).map {
            [("admin", Located(value: $0.value.bind, path: $0.path, position: $0.position))]
        }
        for (name, bind) in listeners + (admin ?? []) {
            // Left to the kernel, as tests do: no two get the same.
            if case .ip(_, port: 0) = bind.value { continue }
            if let owner = owners[bind.value] {
                report.error(at: bind.position, bind.path, "is the address of \(owner) already")
            } else {
                owners[bind.value] = name
            }
        }
    }

    /// Without trusted proxies a listener that expects their headers closes every connection.
    private func checkProxyProtocol() {
        let trusted = draft.identity.trustedProxies
        guard trusted.blocks.isEmpty, !trusted.trustsUnix else { return }
        for listener in draft.listeners {
            guard let value = listener.value, value.expectsProxyHeader else { continue }
            report.warning(
                at: value.proxyProtocolPosition,
                Path.root.appending("listeners").appending(listener.name).appending(
                    "proxy_protocol"),
                "closes every connection: only trusted_proxies may send a PROXY header",
                hint: "name the load balancer's addresses there")
        }
    }

    /// Routing keeps a bit for each method that routes name.
    private func checkMethods() {
        var names = Set(["GET", "HEAD", "POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
        let limit = names.count + Self.extensionMethodCountMax
        for route in draft.routes {
            names.formUnion(route.match.match.methods ?? [])
            guard names.count > limit else { continue }
            report.error(
                at: route.position, route.path.appending("match").appending("methods"),
                "all routes together name more than \(Self.extensionMethodCountMax) unusual methods"
            )
            return
        }
    }

    /// The routes that are whole; what is wrong with the others is reported.
    private func routes(
        _ policies: [CORSPolicy], _ limits: LimitAssembly, _ webhooks: WebhookAssembly
    ) -> [Route] {
        let upstreams = draft.upstreams.map(\.name)
        let listeners = draft.listeners.map(\.name)
        var indices: [String: Int] = [:]
        for (index, name) in upstreams.enumerated() { indices[name] = index }
        var named: [String: Int] = [:]
        var routes: [Route] = []
        for (index, route) in draft.routes.enumerated() {
            if let name = route.name, let first = named.updateValue(index, forKey: name.value) {
                report.error(
                    at: name.position, name.path,
                    "is the name of \(draft.routes[first].path.text) already")
            }
            if let listener = route.match.listener, !listeners.contains(listener.value) {
                listener.refuse(as: "a listener", among: listeners, report: report)
            }
            let cors = route.cors.flatMap { policy($0, among: policies) }
            checkPreflights(of: route)
            let uses = limits.uses(of: route)
            let concurrency = limits.concurrency(of: route)
            let webhook = webhooks.index(of: route)
            guard let action = action(of: route, indices, upstreams) else { continue }
            var whole = complete(route, action)
            whole.cors = cors
            whole.limits = uses
            whole.concurrency = concurrency
            whole.webhook = webhook
            routes.append(whole)
        }
        return routes
    }

    /// What a route does, its upstream being looked up by name.
    private func action(
        of route: RouteDraft, _ indices: [String: Int], _ names: [String]
    ) -> RouteAction? {
        switch route.action {
        case .settled(let action): return action
        case .upstream(let name):
            if let index = indices[name.value] { return .upstream(index) }
            name.refuse(as: "an upstream", among: names, report: report)
            return nil
        case nil: return nil
        }
    }

    /// The global headers, over what they are without any word of the file.
    private var globalHeaders: SecurityHeaderSettings {
        draft.answers.securityHeaders.value.over(SecurityHeaderSettings(.recommended))
    }

    /// The policies that are whole; what is wrong with the others is reported.
    private func corsPolicies() -> [CORSPolicy] {
        draft.answers.cors.compactMap { named in named.value.map { ($0, named.name) } }.enumerated()
            .map {
                index, policy in CORSPolicy(policy.0.rules(named: policy.1), index: index)
            }
    }

    /// Looks up the policy that a route names.
    private func policy(_ name: Located<String>, among policies: [CORSPolicy]) -> CORSPolicy? {
        if let policy = policies.first(where: { $0.rules.name == name.value }) { return policy }
        let names = draft.answers.cors.map(\.name)
        // A policy that is not whole is there all the same.
        if !names.contains(name.value) {
            name.refuse(as: "a CORS policy", among: names, report: report)
        }
        return nil
    }

    /// A preflight says which fields the request will have, and has none of them itself.
    private func checkPreflights(of route: RouteDraft) {
        guard let name = route.cors, let header = route.match.match.headers.first else { return }
        report.warning(
            at: name.position, name.path,
            "preflights do not have the \(header.name) that this route asks for, and pass it by",
            hint: "let another route with the same policy take them")
    }

    /// What `security_headers` settles would be there twice, or in spite of being removed.
    private func checkSetTwice(_ route: RouteDraft, _ complete: Route) {
        let security = complete.securityHeaders
        // Of this one the gateway says that of response_headers alone.
        let given = security.set.map { $0.name.lowercased() }.filter { $0 != "cache-control" }
        let settled = Set(given + security.remove.map { $0.lowercased() })
        for line in complete.edits.response.set where settled.contains(line.name.lowercased()) {
            report.error(
                at: route.position,
                route.path.appending("response_headers").appending("set").appending(line.name),
                "is settled by security_headers",
                hint: "set it in security_headers of this route instead")
        }
    }

    /// A route with the global values wherever it says nothing.
    private func complete(_ route: RouteDraft, _ action: RouteAction) -> Route {
        let global = draft.timeouts.route
        let timeouts = RouteTimeouts(
            connect: route.timeouts.connect ?? global.connect,
            response: route.timeouts.response ?? global.response,
            stream: route.timeouts.stream ?? global.stream,
            tunnelIdle: route.timeouts.tunnelIdle ?? global.tunnelIdle)
        var complete = Route(
            name: route.name?.value ?? "", match: route.match.match, action: action,
            securityHeaders: route.securityHeaders?.value.over(globalHeaders) ?? globalHeaders,
            bodyBytesMax: route.limits.body ?? draft.limits.clients.bodyBytesMax, timeouts: timeouts
        )
        complete.auth = route.auth?.settings
        complete.gate = route.gate.over(draft.answers.maintenance)
        complete.edits = route.edits
        checkSetTwice(route, complete)
        return complete
    }
}
