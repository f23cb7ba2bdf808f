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
        checkMethods()
        let routes = routes()
        // What a broken route was meant to take is not known.
        if !report.hasErrors { Reachability.check(draft.routes, report: report) }
        ProductionChecks(draft: draft, report: report).check()
        guard !report.hasErrors else { return nil }
        return Snapshot(
            environment: draft.environment, server: draft.server,
            listeners: draft.listeners.compactMap { listener in
                listener.value.map {
                    ListenerSettings(
                        name: listener.name, bind: $0.bind.value,
                        expectsProxyHeader: $0.expectsProxyHeader)
                }
            },
            admin: draft.admin?.value, identity: draft.identity, limits: draft.limits,
            timeouts: draft.timeouts, log: draft.log,
            upstreams: draft.upstreams.compactMap { upstream in
                var settings = upstream.value
                settings?.name = upstream.name
                return settings
            },
            securityHeaders: draft.securityHeaders.value, routes: routes)
    }

    /// Two listeners cannot have one address; port 0 is a new one each time.
    private func checkBinds() {
        var owners: [BindAddress: String] = [:]
        let listeners = draft.listeners.compactMap { listener in
            listener.value.map { ("listeners.\(listener.name)", $0.bind) }
        }
        let admin = draft.admin.map {
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
    private func routes() -> [Route] {
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
                refuse(listener, "a listener", among: listeners)
            }
            guard let action = action(of: route, indices, upstreams) else { continue }
            routes.append(complete(route, action))
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
            refuse(name, "an upstream", among: names)
            return nil
        case nil: return nil
        }
    }

    /// Reports a name that nothing has, and what may have been meant.
    private func refuse(_ name: Located<String>, _ noun: String, among names: [String]) {
        let known = names.isEmpty ? "there is none" : "there is \(alternatives(names))"
        name.object(
            Objection(
                "is not the name of \(noun)",
                suggestion: Spelling.nearest(to: name.value, among: names),
                advice: names.count <= 8 ? known : nil),
            report: report)
    }

    /// A route with the global values wherever it says nothing.
    private func complete(_ route: RouteDraft, _ action: RouteAction) -> Route {
        let global = draft.timeouts.route
        let timeouts = RouteTimeouts(
            connect: route.timeouts.connect ?? global.connect,
            response: route.timeouts.response ?? global.response,
            stream: route.timeouts.stream ?? global.stream,
            tunnelIdle: route.timeouts.tunnelIdle ?? global.tunnelIdle)
        var whole = Route(
            name: route.name?.value ?? "", match: route.match.match, action: action,
            securityHeaders: route.securityHeaders?.value ?? draft.securityHeaders.value,
            bodyBytesMax: route.limits.body ?? draft.limits.bodyBytesMax, timeouts: timeouts)
        whole.gate = route.gate
        whole.edits = route.edits
        return whole
    }
}
