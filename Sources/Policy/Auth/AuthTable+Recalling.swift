import Bytes
import Crypto
import HTTP

/// What later stages ask of requests that `auth` has admitted.
///
/// Nothing is verified again: whoever asks knows that the request was admitted, and its head is the
/// same.
extension AuthTable {
    /// Where the token stands that a request was admitted with; `nil` on a route without tokens.
    func token(
        route: Int, of head: borrowing RequestHead, in bytes: borrowing Span<UInt8>
    ) -> ByteRange? {
        guard route < policies.count, case .jwt(let policy)? = policies[route]?.way,
            case .found(let token) = policy.credentials(of: head, in: bytes)
        else { return nil }
        return token
    }

    /// Puts the name or subject of an admitted request into the scratch once more, where by now
    /// that of another request may be.
    func recall(
        route: Int, _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>,
        scratch: inout AuthScratch
    ) -> Principal {
        guard route < policies.count, let policy = policies[route] else { return .unnamed }
        scratch.principal.removeAll()
        switch policy.way {
        case .bearer: return .unnamed
        case .apiKeys(let table):
            guard case .found(let key) = Credentials.apiKey(of: head, in: bytes) else {
                return .unnamed
            }
            // Without a time nothing in the cache has expired, and gives way for that.
            let isHeld = policy.holds(
                bytes.extracting(key.indices), table, as: .apiKey, at: .min, &scratch)
            return isHeld ? .apiKey : .unnamed
        case .jwt(let policy): return policy.recall(head, in: bytes, scratch: &scratch)
        }
    }
}

extension JWTPolicy {
    private static let subject = JSONPath(["sub"])

    fileprivate func recall(
        _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>, scratch: inout AuthScratch
    ) -> Principal {
        guard case .found(let range) = credentials(of: head, in: bytes) else { return .unnamed }
        let token = bytes.extracting(range.indices)
        let tag = SipHash.tag(of: token, by: scratch.tagKey)
        if let known = scratch.admissions.find(tag, policy: index, name: &scratch.principal) {
            return known.principal
        }
        var subject = scratch.principal.take()
        defer { scratch.principal = subject.take() }
        let isFound = TokenParts.withClaims(of: token, &scratch.decoded) {
            (claims: borrowing Span<UInt8>) in
            guard case .text(let text) = Self.subject.value(in: claims) else { return false }
            text.append(to: &subject, in: claims)
            return true
        }
        return isFound && !subject.hasOverflowed ? .subject : .unnamed
    }
}

extension TokenParts {
    /// Decodes the claims of a token, and lends them.
    ///
    /// - Returns: `false` for what is no token.
    static func withClaims(
        of token: borrowing Span<UInt8>, _ decoded: inout Buffer,
        _ body: (borrowing Span<UInt8>) -> Bool
    ) -> Bool {
        guard let parts = TokenParts(token) else { return false }
        decoded.removeAll()
        guard Base64.append(token, parts.claims, .url, to: &decoded) else { return false }
        return decoded.withReadable(body)
    }
}
