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
    /// Where the table's routes stand among all that are there.
    private let seats: [Int]
    private let actions: [VerdictAction]
    /// By route; `nil` for one without policies, which pays for none.
    private let policies: [RoutePolicies?]
    /// By route: whether limits by head are all that it has of policies.
    private let isLimitedAlone: [Bool]
    private let maintenance: MaintenanceRules
    /// By listener; empty if none redirects.
    private let redirects: [HTTPSRedirect?]

    /// - Parameters:
    ///   - routes: Those that requests may be on, whether or not they take new ones.
    ///   - order: Indices of those that take requests, the first to be asked first; `nil` for all.
    ///   - listeners: Names by index, as ``Arrival/listener`` counts them.
    ///   - redirects: Of these listeners, where clients are sent to HTTPS; none for nowhere.
    ///   - limits: What the routes' limits name by index.
    ///   - maintenance: What operators say of routes while they are served.
    package init(
        routes: [Route], order: [Int]? = nil, listeners: [String],
        redirects: [HTTPSRedirect?] = [], identity settings: IdentitySettings,
        limits: [LimitSettings] = [],
        maintenance: MaintenanceBoard = MaintenanceBoard()
    ) {
        self.maintenance = MaintenanceRules(routes, maintenance)
        self.redirects = redirects.contains { $0 != nil } ? redirects : []
        identity = IdentityPolicy(settings)
        seats = order ?? Array(routes.indices)
        self.routes = RouteTable(seats.map { routes[$0] }, listeners: listeners)
        actions = routes.map { VerdictAction($0.action) }
        let auth = AuthTable(routes)
        policies = routes.enumerated().map {
            RoutePolicies($1, index: $0, auth: auth, limits: limits)
        }
        isLimitedAlone = zip(routes, policies).map { route, policies in
            route.cors == nil && route.gate == .open && policies?.isHeadLimitedAlone == true
        }
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
    /// The first refusal ends it. Where limits have their place the verdict awaits what they say,
    /// which no function of values can know: see ``goOn(with:_:in:at:scratch:)``.
    ///
    /// The order of stages is fixed: who asks · the host that the connection is for · methods that
    /// nobody may use · the server's own options · the listener's redirect to HTTPS · the route ·
    /// the route's policies · its action. A route's policies stand between the route and its
    /// action, in the order of ``RoutePolicies``; what needs the body comes after this function, as
    /// it sees heads alone.
    ///
    /// - Parameters:
    ///   - bytes: What the head's ranges refer to.
    ///   - handshake: What it settled, where the listener asks for certificates; `nil` elsewhere.
    ///   - now: Nanoseconds since 1970.
    package func decide(
        _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>, from arrival: Arrival,
        over handshake: ClientHandshake? = nil, at now: UInt64, scratch: inout PolicyScratch
    ) -> Verdict {
        let identity = identity.identity(of: arrival, head, bytes)
        if let handshake, !handshake.isFor(head.authority, in: bytes) {
            return Verdict(refusing: .hostMisdirected, identity)
        }
        if MethodSet.refused.contains(MethodSet(head.method)) {
            let refusal = Refusal(.methodRefused, allow: .standard)
            return Verdict(route: nil, identity: identity, action: .refuse(refusal))
        }
        if case .asterisk = head.form {
            let action = VerdictAction.listMethods(routes.methods.subtracting(.refused))
            return Verdict(route: nil, identity: identity, action: action)
        }
        if !redirects.isEmpty, let redirect = redirects[arrival.listener], !identity.isSecure,
            let verdict = redirected(by: redirect, identity, head, bytes, arrival, &scratch)
        {
            return verdict
        }
        switch routes.match(head, in: bytes, listener: arrival.listener, scratch: &scratch) {
        case .route(let place):
            let route = seats[place]
            var verdict = Verdict(route: route, identity: identity, action: actions[route])
            if maintenance.mayHold, isInMaintenance(&verdict, route, head, in: bytes) {
                return verdict
            }
            if isLimitedAlone[route] {
                verdict.awaits = .head
                verdict.endsBehindLimits = true
            } else if let policies = policies[route] {
                policies.begin(
                    &verdict, head, in: bytes, over: handshake, at: now, scratch: &scratch)
            }
            return verdict
        case .refused(let reason, let allow):
            let refusal = Refusal(reason, allow: allow)
            return Verdict(route: nil, identity: identity, action: .refuse(refusal))
        }
    }

    /// What becomes of a request on a listener that sends its clients to HTTPS.
    ///
    /// Not inlined: most listeners do not.
    ///
    /// - Returns: `nil` for a challenge of ACME's that a route takes.
    @inline(never) private func redirected(
        by redirect: HTTPSRedirect, _ identity: ClientIdentity, _ head: borrowing RequestHead,
        _ bytes: borrowing Span<UInt8>, _ arrival: Arrival, _ scratch: inout PolicyScratch
    ) -> Verdict? {
        if head.method == .get || head.method == .head,
            HTTPSRedirect.isChallenge(head.path, in: bytes),
            case .route = routes.match(
                head, in: bytes, listener: arrival.listener, scratch: &scratch)
        {
            return nil
        }
        let isNamed = !identity.forwardedHost.isEmpty
        let host = RequestHost.range(
            of: isNamed ? identity.forwardedHost : head.authority, in: bytes)
        // A client of HTTP/1.0 may leave it out.
        guard !host.isEmpty else { return Verdict(refusing: .hostMissing, identity) }
        guard HTTPSRedirect.fits(host, head, in: bytes) else {
            return Verdict(refusing: .redirectTooLong, identity)
        }
        return Verdict(
            route: nil, identity: identity, action: .redirectToHTTPS(redirect, host: host))
    }

    /// Refuses a request of a route that is in maintenance, unless its client passes.
    ///
    /// Not inlined: on usual days nobody comes here.
    ///
    /// - Returns: Whether it did.
    @inline(never) private func isInMaintenance(
        _ verdict: inout Verdict, _ route: Int, _ head: borrowing RequestHead,
        in bytes: borrowing Span<UInt8>
    ) -> Bool {
        guard let notice = maintenance.notice(of: route),
            !notice.admits(verdict.identity.client)
        else { return false }
        policies[route]?.noteOrigin(&verdict, head, in: bytes)
        verdict.refuse(.maintenance)
        return true
    }

    /// What a route's clients are told at present in place of its answers; `nil` if it serves.
    package func maintenanceNotice(of route: Int?) -> MaintenanceNotice? {
        route.flatMap { maintenance.notice(of: $0) }
    }

    /// Whether any route is in maintenance by its configuration.
    package var hasConfiguredMaintenance: Bool { maintenance.isAnyConfigured }

    /// Goes on where the verdict awaited limits, which let the request pass.
    ///
    /// - Parameters:
    ///   - verdict: As ``decide(_:in:from:at:scratch:)`` or this function left it.
    ///   - head: The same as before, as are `bytes`.
    ///   - now: Nanoseconds since 1970.
    package func goOn(
        with verdict: inout Verdict, _ head: borrowing RequestHead,
        in bytes: borrowing Span<UInt8>, at now: UInt64, scratch: inout PolicyScratch
    ) {
        guard let stage = verdict.awaits, let route = verdict.route, let policies = policies[route]
        else { return }
        verdict.awaits = nil
        policies.goOn(behind: stage, &verdict, head, in: bytes, at: now, scratch: &scratch)
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

extension Verdict {
    /// Of a request that is refused before it has a route.
    fileprivate init(refusing reason: RefusalReason, _ identity: ClientIdentity) {
        self.init(route: nil, identity: identity, action: .refuse(Refusal(reason, allow: [])))
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
