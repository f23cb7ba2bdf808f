import Bytes
import HTTP

/// The policies of one route between the route and its action.
final class RoutePolicies: Sendable {
    private let index: Int
    private let access: AccessPolicy?
    private let cors: CORSPolicy?
    private let fetchMetadata: FetchMetadataMode
    /// Of all routes; `nil` if this one asks for no credentials.
    private let auth: AuthTable?
    private let contentTypes: ContentTypes?
    let bodies: BodyRules?
    private let limitStages: LimitStages
    private let isWebhook: Bool
    /// Whether nothing stands behind the limits by head.
    let isHeadLimitedAlone: Bool

    /// - Returns: `nil` for a route that has none of them.
    init?(_ route: Route, index: Int, auth: AuthTable?, limits: [LimitSettings]) {
        guard
            route.gate != .open || route.cors != nil || route.auth != nil || !route.limits.isEmpty
                || route.webhook != nil
        else { return nil }
        self.index = index
        access = route.gate.access.map(AccessPolicy.init)
        cors = route.cors
        fetchMetadata = route.gate.fetchMetadata
        self.auth = route.auth == nil ? nil : auth
        contentTypes = route.gate.contentTypes.map(ContentTypes.init)
        bodies = BodyRules(route.gate.bodies)
        limitStages = LimitStages(route.limits.map { limits[$0.limit].stage })
        isWebhook = route.webhook != nil
        isHeadLimitedAlone =
            route.webhook == nil && route.auth == nil && route.gate.contentTypes == nil
            && bodies == nil
            && limitStages == .head
    }

    /// Lets each policy add its part to a verdict; the first refusal ends it, and limits interrupt
    /// it.
    ///
    /// The order: maintenance, access, preflight and origin, fetch metadata, limits by head,
    /// authentication, limits by identity, the body's media type and how it is read; then limits
    /// by the body, behind the verification of a webhook.
    func begin(
        _ verdict: inout Verdict, _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>,
        over handshake: ClientHandshake?, at now: UInt64, scratch: inout PolicyScratch
    ) {
        // Judged first and acted upon in its place: refusals of the stages before it have to say
        // whose scripts may read them.
        let origin = cors?.judge(head, in: bytes, verdict.identity) ?? .none
        verdict.cors = origin.verdict
        if let access {
            guard access.admits(verdict.identity.client) else {
                return verdict.refuse(.accessDenied)
            }
            guard access.admits(handshake) else {
                return verdict.refuse(.certificateRefused)
            }
        }
        if let action = origin.action {
            verdict.action = action
            return
        }
        if !fetchMetadata.isOff, isCrossSite(head, bytes, verdict) {
            if fetchMetadata.isEnforced { return verdict.refuse(.crossSite) }
            verdict.reported = .crossSite
        }
        if limitStages.contains(.head) {
            verdict.awaits = .head
            verdict.endsBehindLimits = isHeadLimitedAlone
            return
        }
        authenticate(&verdict, head, in: bytes, at: now, scratch: &scratch)
    }

    /// Has a verdict say what the route's CORS policy makes of the request's origin, and no more:
    /// whose scripts may read a refusal.
    func noteOrigin(
        _ verdict: inout Verdict, _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>
    ) {
        verdict.cors = (cors?.judge(head, in: bytes, verdict.identity) ?? .none).verdict
    }

    /// Goes on behind the limits of a stage.
    func goOn(
        behind stage: PolicyStage, _ verdict: inout Verdict, _ head: borrowing RequestHead,
        in bytes: borrowing Span<UInt8>, at now: UInt64, scratch: inout PolicyScratch
    ) {
        switch stage {
        case .head: authenticate(&verdict, head, in: bytes, at: now, scratch: &scratch)
        case .identity: readBody(&verdict, head, in: bytes)
        case .webhook: if limitStages.contains(.body) { verdict.awaits = .body }
        case .body: break
        }
    }

    private func authenticate(
        _ verdict: inout Verdict, _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>,
        at now: UInt64, scratch: inout PolicyScratch
    ) {
        if let auth {
            let answer = (scratch.auth.successor ?? auth).decide(
                route: index, head, in: bytes, at: now, scratch: &scratch.auth)
            verdict.note(answer)
            if case .refused = answer { return }
        }
        if limitStages.contains(.identity) {
            verdict.awaits = .identity
            return
        }
        readBody(&verdict, head, in: bytes)
    }

    private func readBody(
        _ verdict: inout Verdict, _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>
    ) {
        if let contentTypes, !contentTypes.admit(head, bytes) {
            return verdict.refuse(.contentTypeRefused)
        }
        if let bodies {
            do throws(RefusalReason) {
                verdict.body = try bodies.reading(of: head, bytes)
            } catch {
                return verdict.refuse(error)
            }
        }
        if isWebhook {
            verdict.awaits = .webhook
        } else if limitStages.contains(.body) {
            verdict.awaits = .body
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

    /// Has the request refused, whatever was to be done with it.
    package mutating func refuse(_ reason: RefusalReason) {
        action = .refuse(Refusal(reason, allow: []))
        awaits = nil
    }
}

/// The stages at which a route has limits.
private struct LimitStages: OptionSet {
    let rawValue: UInt8

    static let head = LimitStages(rawValue: 1)
    static let identity = LimitStages(rawValue: 2)
    static let body = LimitStages(rawValue: 4)

    init(rawValue: UInt8) { self.rawValue = rawValue }

    init(_ stages: [PolicyStage]) {
        self = []
        for stage in stages {
            switch stage {
            case .head: insert(.head)
            case .identity: insert(.identity)
            case .body: insert(.body)
            case .webhook: break
            }
        }
    }
}
