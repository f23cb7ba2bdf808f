package import Bytes
import Crypto
package import HTTP

/// All policies of a configuration, folded over a request head in one fixed order.
///
/// The order is that of ``decide(_:in:from:at:scratch:)`` and of ``RoutePolicies`` below it; no
/// other file knows it. A class, so that whoever holds one copies a reference; it never changes.
package final class Pipeline: Sendable {
    private let identity: IdentityPolicy
    private let routes: RouteTable
    private let actions: [VerdictAction]
    /// By route; `nil` for one without policies, which pays for none.
    private let policies: [RoutePolicies?]

    /// - Parameter listeners: Names by index, as ``Arrival/listener`` counts them.
    package init(routes: [Route], listeners: [String], identity settings: IdentitySettings) {
        identity = IdentityPolicy(settings)
        self.routes = RouteTable(routes, listeners: listeners)
        actions = routes.map { VerdictAction($0.action) }
        let auth = AuthTable(routes)
        policies = routes.enumerated().map { RoutePolicies($1, index: $0, auth: auth) }
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
    /// the route and its action, in the order of ``RoutePolicies/apply(to:_:in:at:scratch:)``; what
    /// needs the body comes after this function, as it sees heads alone.
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
            if let policies = policies[route] {
                policies.apply(to: &verdict, head, in: bytes, at: now, scratch: &scratch)
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
        var scratch = PolicyScratch(tagKey: SipHash.Key(0, 0))
        return routes.explain(
            head, in: bytes, listener: arrival.listener, scratch: &scratch)
    }

    /// Who a peer is that sent no readable head.
    package func identity(of arrival: Arrival) -> ClientIdentity {
        identity.identity(of: arrival)
    }

    /// Whether a peer is one of `trusted_proxies`.
    package func trusts(_ peer: Peer) -> Bool { identity.trusts(peer) }

    /// What a route asks of request bodies; `nil` if nothing.
    package func bodyRules(of route: Int?) -> BodyRules? {
        guard let route else { return nil }
        return policies[route]?.bodies
    }

    /// Appends the value of `Allow` for a 405 or an `OPTIONS *`.
    package func appendAllow(_ methods: MethodSet, to buffer: inout Buffer) {
        routes.methodNames.append(methods, to: &buffer)
    }
}

/// The policies of one route between the route and its action.
private final class RoutePolicies: Sendable {
    private let index: Int
    private let access: AccessPolicy?
    private let cors: CORSPolicy?
    private let fetchMetadata: FetchMetadataMode
    /// Of all routes; `nil` if this one asks for no credentials.
    private let auth: AuthTable?
    private let contentTypes: ContentTypes?
    let bodies: BodyRules?

    /// - Returns: `nil` for a route that has none of them.
    init?(_ route: Route, index: Int, auth: AuthTable?) {
        guard route.gate != .open || route.cors != nil || route.auth != nil else { return nil }
        self.index = index
        access = route.gate.access.map(AccessPolicy.init)
        cors = route.cors
        fetchMetadata = route.gate.fetchMetadata
        self.auth = route.auth == nil ? nil : auth
        contentTypes = route.gate.contentTypes.map(ContentTypes.init)
        bodies = BodyRules(route.gate.bodies)
    }

    /// Lets each policy add its part to a verdict; the first refusal ends it.
    ///
    /// The order: maintenance, access, preflight and origin, fetch metadata, limits by head,
    /// authentication, limits by identity, concurrency, the body's media type and how it is read.
    func apply(
        to verdict: inout Verdict, _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>,
        at now: UInt64, scratch: inout PolicyScratch
    ) {
        // Judged first and acted upon in its place: refusals of the stages before it have to say
        // whose scripts may read them.
        let origin = cors?.judge(head, in: bytes, verdict.identity) ?? .none
        verdict.cors = origin.verdict
        if let access, !access.admits(verdict.identity.client) {
            return verdict.refuse(.accessDenied)
        }
        if let action = origin.action {
            verdict.action = action
            return
        }
        if !fetchMetadata.isOff, isCrossSite(head, bytes, verdict) {
            if fetchMetadata.isEnforced { return verdict.refuse(.crossSite) }
            verdict.reported = .crossSite
        }
        if let auth {
            let answer = (scratch.auth.successor ?? auth).decide(
                route: index, head, in: bytes, at: now, scratch: &scratch.auth)
            verdict.note(answer)
            if case .refused = answer { return }
        }
        if let contentTypes, !contentTypes.admit(head, bytes) {
            return verdict.refuse(.contentTypeRefused)
        }
        if let bodies {
            do throws(RefusalReason) {
                verdict.body = try bodies.reading(of: head, bytes)
            } catch {
                verdict.refuse(error)
            }
        }
    }

    /// Whether another site's page is behind a request that changes something, and no policy of
    /// the route lets that page.
    private func isCrossSite(
        _ head: borrowing RequestHead, _ bytes: borrowing Span<UInt8>, _ verdict: Verdict
    ) -> Bool {
        if case .allowed = verdict.cors.standing { return false }
        return FetchMetadata.isForeign(head, bytes, publicHost: verdict.identity.forwardedHost)
    }
}

extension Verdict {
    /// Takes in what the route's `auth` says; a refusal ends all else.
    fileprivate mutating func note(_ answer: AuthAnswer?) {
        switch answer {
        case .admitted(let principal): self.principal = principal
        case .refused(let reason): refuse(reason)
        case nil: break
        }
    }

    fileprivate mutating func refuse(_ reason: RefusalReason) {
        action = .refuse(Refusal(reason, allow: []))
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
