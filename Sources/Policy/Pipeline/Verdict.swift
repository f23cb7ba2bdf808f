package import Bytes

/// Where a request came in: what is known before its first byte.
package struct Arrival: Sendable, Equatable {
    /// Whoever is at the other end: the client, or a proxy before us.
    package var peer: Peer
    /// Index into the listeners that the pipeline was made for.
    package var listener: Int
    /// Whether this hop is TLS of our own.
    package var isSecure: Bool

    package init(peer: Peer, listener: Int, isSecure: Bool) {
        self.peer = peer
        self.listener = listener
        self.isSecure = isSecure
    }
}

/// The other end of a client's socket.
package enum Peer: Sendable, Equatable {
    case ip(IPAddress, port: UInt16)
    case unix
}

/// What the policies made of one request head.
package struct Verdict: Sendable, Equatable {
    /// Index into the pipeline's routes; `nil` if none matched or the request is refused before.
    ///
    /// A route that refuses is still the request's.
    package var route: Int?
    /// Of every request, refused ones too: logs and headers need it.
    package var identity: ClientIdentity
    /// What is left to do, for the gateway's exhaustive `switch`.
    package var action: VerdictAction
    /// What the route's CORS policy says, whatever became of the request.
    package var cors = CORSVerdict.none
    /// Whom the route's `auth` found the request to be from.
    package var principal = Principal.unnamed
    /// The limits that have to let the request pass before it is decided upon further; `action` is
    /// what becomes of it if all goes well.
    package var awaits: PolicyStage?
    /// Whether nothing is left to be decided once these limits let the request pass.
    package var endsBehindLimits = false
    /// Why the request would have been refused if its route did not only report such ones.
    package var reported: RefusalReason?
    /// How the route has the body looked through while it passes.
    package var body = BodyReading.unread

    package init(route: Int?, identity: ClientIdentity, action: VerdictAction) {
        self.route = route
        self.identity = identity
        self.action = action
    }
}

/// What is to be done with the request.
package enum VerdictAction: Sendable, Equatable {
    /// An index into the snapshot's upstreams.
    case forward(upstream: Int)
    /// As the route's ``RedirectTarget`` says.
    case redirect
    /// To the same address over HTTPS, as the listener's ``HTTPSRedirect`` says; no route is asked.
    ///
    /// - `host`: Where the host stands in the head's bytes, without port.
    case redirectToHTTPS(HTTPSRedirect, host: ByteRange)
    /// As the route's ``FixedResponse`` says.
    case respond
    case health(HealthKind)
    /// `OPTIONS *`: 204 with these methods in `Allow`, no body (RFC 9110 §9.3.7). Asks about the
    /// server, so no route is concerned.
    case listMethods(MethodSet)
    /// A CORS preflight that the route's policy grants: 204, no body.
    case grantPreflight
    case refuse(Refusal)
}

/// An error that the gateway answers by itself.
package struct Refusal: Sendable, Equatable {
    /// What the client is told.
    package let code: ProblemCode
    /// What the log is told.
    package let reason: RefusalReason
    /// For 405 the value of `Allow` (``Pipeline/appendAllow(_:to:)``); empty otherwise.
    package let allow: MethodSet

    /// - Parameter allow: Empty for all but 405.
    package init(_ reason: RefusalReason, allow: MethodSet) {
        self.code = reason.code
        self.reason = reason
        self.allow = allow
    }
}

/// Why a request was refused, by its head or by what came of its body; for logs, never told to the
/// client.
package enum RefusalReason: UInt8, CaseIterable, Error {
    case noRoute, methodNotAllowed, methodRefused
    /// Of the connection: another host than its handshake named; then where HTTPS is to be.
    case hostMisdirected, hostMissing, redirectTooLong
    case badEscape, nulInPath, pathAboveRoot, pathNotRooted, ambiguousPath
    /// Of a route's CORS policy.
    case foreignOrigin, preflightOrigin, preflightMethod, preflightHeaders
    // No credentials, two where one is asked for, or none that anybody was given.
    case authMissing, authMalformed, authUnknownKey, authWrongSecret
    // What is wrong with a token.
    case jwtTooLarge, jwtMalformed, jwtAlgorithm, jwtCritical, jwtUnknownKey, jwtSignature
    case jwtClaims, jwtExpired, jwtNotYetValid, jwtIssuer, jwtAudience, jwtSubject
    case maintenance, accessDenied, certificateRefused, crossSite, contentTypeRefused
    // Of limits: nothing left, nothing to count by, no store to ask; then of places.
    case limitReached, limitKeyMissing, limitUndecided, placesTaken
    // Bodies that are looked through, of any kind; then JSON, uploads, and how these are written.
    case bodyEncoded, jsonCharset, jsonTooDeep, jsonMalformed
    case uploadNotMultipart, uploadTooManyParts, uploadPartTooLarge
    case uploadTypeRefused, uploadTypeMismatch
    case multipartBoundary, multipartPreamble, multipartDelimiter, multipartEpilogue
    case multipartHeaders, multipartHeadersTooLarge, multipartDisposition, multipartNested
    case multipartEncoding, multipartLength, multipartUnfinished

    /// What the client is told: several reasons are one code, so that nothing can be probed for.
    package var code: ProblemCode {
        switch self {
        case .noRoute: .notFound
        case .hostMisdirected: .misdirectedRequest
        case .redirectTooLong: .uriTooLong
        case .maintenance: .maintenance
        case .limitReached: .rateLimited
        case .limitUndecided, .placesTaken: .overloaded
        case .methodNotAllowed, .methodRefused: .methodNotAllowed
        case .badEscape, .nulInPath, .pathAboveRoot, .pathNotRooted, .ambiguousPath,
            .hostMissing, .limitKeyMissing:
            .badRequest
        case .accessDenied, .certificateRefused, .crossSite, .foreignOrigin, .preflightOrigin,
            .preflightMethod, .preflightHeaders:
            .forbidden
        case .contentTypeRefused, .bodyEncoded, .jsonCharset, .uploadNotMultipart,
            .uploadTypeRefused, .uploadTypeMismatch:
            .unsupportedMediaType
        case .uploadTooManyParts, .uploadPartTooLarge: .bodyTooLarge
        case .jsonTooDeep, .jsonMalformed, .multipartBoundary, .multipartPreamble,
            .multipartDelimiter, .multipartEpilogue, .multipartHeaders, .multipartHeadersTooLarge,
            .multipartDisposition, .multipartNested, .multipartEncoding, .multipartLength,
            .multipartUnfinished:
            .badRequest
        case .authMissing, .authMalformed, .authUnknownKey, .authWrongSecret, .jwtTooLarge,
            .jwtMalformed, .jwtAlgorithm, .jwtCritical, .jwtUnknownKey, .jwtSignature, .jwtClaims,
            .jwtExpired, .jwtNotYetValid, .jwtIssuer, .jwtAudience, .jwtSubject:
            .unauthorized
        }
    }

    /// The value of `WWW-Authenticate` that goes with a 401.
    ///
    /// RFC 6750 §3: a request that offered no token is told no error, and neither is one that
    /// offered a key or a secret that is no token.
    package var challenge: StaticString {
        switch self {
        case .authMissing, .authUnknownKey, .authWrongSecret: "Bearer realm=\"apus\""
        default: "Bearer realm=\"apus\", error=\"invalid_token\""
        }
    }

    /// A stable token for logs.
    package var token: StaticString {
        switch self {
        case .noRoute: "no_route"
        case .methodNotAllowed: "method_not_allowed"
        case .methodRefused: "method_refused"
        case .hostMisdirected: "host_misdirected"
        case .hostMissing: "host_missing"
        case .redirectTooLong: "redirect_too_long"
        case .badEscape: "path_bad_escape"
        case .nulInPath: "path_nul"
        case .pathAboveRoot: "path_above_root"
        case .pathNotRooted: "path_not_rooted"
        case .ambiguousPath: "path_ambiguous"
        case .foreignOrigin: "foreign_origin"
        case .preflightOrigin: "preflight_origin"
        case .preflightMethod: "preflight_method"
        case .preflightHeaders: "preflight_headers"
        case .authMissing: "auth_missing"
        case .authMalformed: "auth_malformed"
        case .authUnknownKey: "auth_unknown_key"
        case .authWrongSecret: "auth_wrong_secret"
        case .jwtTooLarge: "jwt_too_large"
        case .jwtMalformed: "jwt_malformed"
        case .jwtAlgorithm: "jwt_algorithm"
        case .jwtCritical: "jwt_critical"
        case .jwtUnknownKey: "jwt_unknown_key"
        case .jwtSignature: "jwt_bad_signature"
        case .jwtClaims: "jwt_bad_claims"
        case .jwtExpired: "jwt_expired"
        case .jwtNotYetValid: "jwt_not_yet_valid"
        case .jwtIssuer: "jwt_issuer"
        case .jwtAudience: "jwt_audience"
        case .jwtSubject: "jwt_subject"
        case .maintenance: "maintenance"
        case .accessDenied: "access_denied"
        case .certificateRefused: "client_cert_refused"
        case .limitReached: "limit_reached"
        case .limitKeyMissing: "limit_key_missing"
        case .limitUndecided: "limit_undecided"
        case .placesTaken: "concurrency"
        case .crossSite: "cross_site"
        case .contentTypeRefused: "content_type_refused"
        case .bodyEncoded: "body_encoded"
        case .jsonCharset: "json_charset"
        case .jsonTooDeep: "json_too_deep"
        case .jsonMalformed: "json_malformed"
        case .uploadNotMultipart: "upload_not_multipart"
        case .uploadTooManyParts: "upload_too_many_parts"
        case .uploadPartTooLarge: "upload_part_too_large"
        case .uploadTypeRefused: "upload_type_refused"
        case .uploadTypeMismatch: "upload_type_mismatch"
        case .multipartBoundary: "multipart_boundary"
        case .multipartPreamble: "multipart_preamble"
        case .multipartDelimiter: "multipart_delimiter"
        case .multipartEpilogue: "multipart_epilogue"
        case .multipartHeaders: "multipart_headers"
        case .multipartHeadersTooLarge: "multipart_headers_too_large"
        case .multipartDisposition: "multipart_disposition"
        case .multipartNested: "multipart_nested"
        case .multipartEncoding: "multipart_encoding"
        case .multipartLength: "multipart_length"
        case .multipartUnfinished: "multipart_unfinished"
        }
    }
}
