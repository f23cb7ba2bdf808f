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
    /// `nil` if no route asks for credentials.
    private let auth: AuthTable?

    /// - Parameter listeners: Names by index, as ``Arrival/listener`` counts them.
    package init(routes: [Route], listeners: [String], trustedProxies: TrustedProxies) {
        identity = IdentityPolicy(trustedProxies)
        self.routes = RouteTable(routes, listeners: listeners)
        actions = routes.map { VerdictAction($0.action) }
        auth = AuthTable(routes)
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
    /// - Parameters:
    ///   - bytes: What the head's ranges refer to.
    ///   - now: Nanoseconds since 1970.
    package func decide(
        _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>, from arrival: Arrival,
        at now: UInt64, scratch: inout PolicyScratch
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
            var verdict = Verdict(route: route, identity: identity, action: actions[route])
            if let auth {
                let answer = auth.decide(
                    route: route, head, in: bytes, at: now, scratch: &scratch.auth)
                verdict.note(answer)
            }
            return verdict
        case .refused(let reason, let allow):
            let refusal = Refusal(reason, allow: allow)
            return Verdict(route: nil, identity: identity, action: .refuse(refusal))
        }
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

    /// Appends the value of `Allow` for a 405 or an `OPTIONS *`.
    package func appendAllow(_ methods: MethodSet, to buffer: inout Buffer) {
        routes.methodNames.append(methods, to: &buffer)
    }
}

extension Verdict {
    /// Takes in what the route's `auth` says; a refusal ends all else.
    fileprivate mutating func note(_ answer: AuthAnswer?) {
        switch answer {
        case .admitted(let principal): self.principal = principal
        case .refused(let reason): action = .refuse(Refusal(reason, allow: []))
        case nil: break
        }
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
