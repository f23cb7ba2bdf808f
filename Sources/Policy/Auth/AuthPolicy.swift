import Bytes
import Crypto
import HTTP

/// Who a request is from, as far as `auth` has settled it; the name or subject itself is in
/// ``PolicyScratch`` until the next request (``PolicyScratch/appendPrincipal(to:)``).
@usableFromInline package enum Principal: UInt8, Sendable {
    /// Nobody asked, or the credentials name nobody.
    case unnamed
    /// The `sub` of a token.
    case subject
    /// The holder of an API key, by the key's name.
    case apiKey

    /// A pattern, since `==` calls through a witness from other modules.
    @inlinable package var isNamed: Bool { if case .unnamed = self { false } else { true } }
}

/// What a route's `auth` made of a request.
enum AuthAnswer: Equatable {
    case admitted(Principal)
    case refused(RefusalReason)
}

/// `auth` of one route, compiled.
///
/// Nothing of the credentials goes anywhere but into the scratch: a refusal is a reason of a fixed
/// list, an admission a name that an operator or an issuer gave.
final class AuthPolicy: Sendable {
    enum Way: Sendable {
        case apiKeys(APIKeyTable)
        case bearer(APIKeyTable)
        case jwt(JWTPolicy)
    }

    let way: Way
    private let index: Int32

    /// - Parameter index: Different for each policy of a pipeline.
    init(_ settings: AuthSettings, index: Int) {
        self.index = Int32(truncatingIfNeeded: index)
        switch settings {
        case .apiKeys(let keys): way = .apiKeys(APIKeyTable(keys))
        case .bearer(let secret): way = .bearer(APIKeyTable(secret))
        case .jwt(let settings): way = .jwt(JWTPolicy(settings, index: index))
        }
    }

    /// - Parameter now: Seconds since 1970.
    func decide(
        _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>, at now: Int64,
        scratch: inout AuthScratch
    ) -> AuthAnswer {
        scratch.principal.removeAll()
        switch way {
        case .apiKeys(let table):
            let found = Credentials.apiKey(of: head, in: bytes)
            guard case .found(let key) = found else { return .refused(found.reason) }
            return holds(bytes.extracting(key.indices), table, as: .apiKey, at: now, &scratch)
                ? .admitted(.apiKey) : .refused(.authUnknownKey)
        case .bearer(let table):
            let found = Credentials.bearer(of: head, in: bytes)
            guard case .found(let secret) = found else { return .refused(found.reason) }
            return holds(bytes.extracting(secret.indices), table, as: .unnamed, at: now, &scratch)
                ? .admitted(.unnamed) : .refused(.authWrongSecret)
        case .jwt(let policy):
            return policy.decide(head, in: bytes, at: now, scratch: &scratch)
        }
    }

    /// Whether a key is one of a table's; its name goes into the scratch.
    func holds(
        _ key: borrowing Span<UInt8>, _ table: APIKeyTable, as principal: Principal,
        at now: Int64, _ scratch: inout AuthScratch
    ) -> Bool {
        let tag = SipHash.tag(of: key, by: scratch.tagKey)
        if scratch.admissions.find(tag, policy: index, name: &scratch.principal) != nil {
            return true
        }
        guard let name = table.name(of: key, &scratch.digester) else { return false }
        scratch.principal.append(table.names[name])
        scratch.admissions.insert(
            tag, policy: index, Admission(principal: principal, times: .always),
            name: scratch.principal, at: now)
        return true
    }
}

/// The policies of all routes.
///
/// A class of its own, so that what was verified under one configuration can be told from what is
/// asked under another: see ``AdmissionCache``.
package final class AuthTable: Sendable {
    /// By route; `nil` for one without `auth`.
    let policies: [AuthPolicy?]

    /// - Returns: `nil` if no route has `auth`.
    package init?(_ routes: [Route]) {
        guard routes.contains(where: { $0.auth != nil }) else { return nil }
        policies = routes.enumerated().map { index, route in
            route.auth.map { AuthPolicy($0, index: index) }
        }
    }

    /// Decides by the route's policy.
    ///
    /// - Parameter now: Nanoseconds since 1970.
    /// - Returns: `nil` for a route without one.
    func decide(
        route: Int, _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>, at now: UInt64,
        scratch: inout AuthScratch
    ) -> AuthAnswer? {
        guard let policy = policies[route] else { return nil }
        scratch.admissions.serve(self)
        let seconds = Int64(truncatingIfNeeded: now / 1_000_000_000)
        return policy.decide(head, in: bytes, at: seconds, scratch: &scratch)
    }
}
