import Bytes
import Crypto
import HTTP

/// Who a request is from, as far as `auth` has settled it; the name or subject itself is in
/// ``PolicyScratch`` until the next request (``PolicyScratch/appendPrincipal(to:)``).
package enum Principal: UInt8, Sendable {
    /// Nobody asked, or the credentials name nobody.
    case unnamed
    /// The `sub` of a token.
    case subject
    /// The holder of an API key, by the key's name.
    case apiKey

    /// A pattern, since `==` calls through a witness from other modules.
    package var isNamed: Bool { if case .unnamed = self { false } else { true } }
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
    private enum Way: Sendable {
        case apiKeys(APIKeyTable)
        case bearer(APIKeyTable)
        case jwt(JWTPolicy)
    }

    private let way: Way

    /// - Parameter index: Different for each policy of a pipeline.
    init(_ settings: AuthSettings, index: Int) {
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
            guard let name = table.name(of: bytes.extracting(key.indices), &scratch.digester) else {
                return .refused(.authUnknownKey)
            }
            scratch.principal.append(table.names[name])
            return .admitted(.apiKey)
        case .bearer(let table):
            let found = Credentials.bearer(of: head, in: bytes)
            guard case .found(let secret) = found else { return .refused(found.reason) }
            let index = table.name(of: bytes.extracting(secret.indices), &scratch.digester)
            return index == nil ? .refused(.authWrongSecret) : .admitted(.unnamed)
        case .jwt(let policy):
            return policy.decide(head, in: bytes, at: now, scratch: &scratch)
        }
    }
}

/// The policies of all routes.
///
/// A class of its own, so that what was verified under one configuration can be told from what is
/// asked under another: see ``TokenCache``.
package final class AuthTable: Sendable {
    /// By route; `nil` for one without `auth`.
    private let policies: [AuthPolicy?]

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
        scratch.tokens.serve(self)
        let seconds = Int64(truncatingIfNeeded: now / 1_000_000_000)
        return policy.decide(head, in: bytes, at: seconds, scratch: &scratch)
    }
}
