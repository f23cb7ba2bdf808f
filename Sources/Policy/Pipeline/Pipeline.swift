package import Bytes
package import HTTP

/// All policies of a configuration, folded over a request head in one fixed order.
///
/// The order is that of ``decide(_:in:from:scratch:)``, and no other file knows it. A class, so
/// that whoever holds one copies a reference; it never changes.
package final class Pipeline: Sendable {
    private let identity: IdentityPolicy
    private let routes: RouteTable
    private let actions: [VerdictAction]
    /// By route; `nil` for one that takes all that it matches.
    private let gates: [RouteGate?]

    /// - Parameter listeners: Names by index, as ``Arrival/listener`` counts them.
    package init(routes: [Route], listeners: [String], identity settings: IdentitySettings) {
        identity = IdentityPolicy(settings)
        self.routes = RouteTable(routes, listeners: listeners)
        actions = routes.map { VerdictAction($0.action) }
        gates = routes.map { RouteGate($0.gate) }
    }

    /// With what holds for identities where only the proxies are configured.
    package convenience init(
        routes: [Route], listeners: [String], trustedProxies: TrustedProxies
    ) {
        self.init(
            routes: routes, listeners: listeners,
            identity: IdentitySettings(trustedProxies: trustedProxies))
    }

    /// Decides what becomes of a request.
    ///
    /// The first refusal ends it.
    ///
    /// The order of stages is fixed: who asks · methods that nobody may use · the server's own
    /// options · the route · the route's policies · its action. A route's policies stand between
    /// the route and its action, in this order: maintenance, access, preflight, fetch metadata,
    /// limits by head, authentication, limits by identity, concurrency; what needs the body comes
    /// after this function, as it sees heads alone.
    ///
    /// - Parameter bytes: What the head's ranges refer to.
    package func decide(
        _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>, from arrival: Arrival,
        scratch: inout PolicyScratch
    ) -> Verdict {
        let identity = identity.identity(of: arrival, head, bytes)
        if MethodSet.refused.contains(MethodSet(head.method)) {
            let refusal = Refusal(.methodRefused, allow: .standard)
            return Verdict(route: nil, identity: identity, action: .refuse(refusal))
        }
        if case .asterisk = head.form {
            let action = VerdictAction.listMethods(routes.methods.subtracting(.refused))
            return Verdict(route: nil, identity: identity, action: action)
        }
        switch routes.match(head, in: bytes, listener: arrival.listener, scratch: &scratch) {
        case .route(let route):
            guard let gate = gates[route] else {
                return Verdict(route: route, identity: identity, action: actions[route])
            }
            return pass(gate, of: route, head, bytes, identity)
        case .refused(let reason, let allow):
            let refusal = Refusal(reason, allow: allow)
            return Verdict(route: nil, identity: identity, action: .refuse(refusal))
        }
    }

    /// The stages of a route that refuses some of what it matches.
    private func pass(
        _ gate: RouteGate, of route: Int, _ head: borrowing RequestHead,
        _ bytes: borrowing Span<UInt8>, _ identity: ClientIdentity
    ) -> Verdict {
        var verdict = Verdict(route: route, identity: identity, action: actions[route])
        guard gate.admits(identity) else {
            verdict.action = .refuse(Refusal(.accessDenied, allow: []))
            return verdict
        }
        let objection = gate.objection(to: head, bytes, identity, reported: &verdict.reported)
        if let objection { verdict.action = .refuse(Refusal(objection, allow: [])) }
        return verdict
    }

    /// Says of every route, in order, whether it takes a request or what of it fails first.
    ///
    /// Allocates.
    package func explain(
        _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>, from arrival: Arrival
    ) -> [RouteExplanation] {
        var scratch = PolicyScratch()
        return routes.explain(
            head, in: bytes, listener: arrival.listener, scratch: &scratch)
    }

    /// Who a peer is that sent no readable head.
    package func identity(of arrival: Arrival) -> ClientIdentity {
        identity.identity(of: arrival)
    }

    /// Whether a peer is one of `trusted_proxies`.
    package func trusts(_ peer: Peer) -> Bool { identity.trusts(peer) }

    /// Appends the value of `Allow` for a 405 or an `OPTIONS *`.
    package func appendAllow(_ methods: MethodSet, to buffer: inout Buffer) {
        routes.methodNames.append(methods, to: &buffer)
    }
}

extension VerdictAction {
    init(_ action: RouteAction) {
        self =
            switch action {
            case .upstream(let upstream): .forward(upstream: upstream)
            case .redirect: .redirect
            case .respond: .respond
            case .health(let kind): .health(kind)
            }
    }
}
