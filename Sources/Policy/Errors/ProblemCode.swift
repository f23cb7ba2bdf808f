/// The errors that the gateway answers by itself.
///
/// A detail is one sentence that helps an honest client and tells an attacker nothing: no names, no
/// addresses, nothing of the request.
package enum ProblemCode: UInt8, CaseIterable, Sendable {
    case badRequest, unauthorized, webhookRejected, forbidden, notFound, methodNotAllowed
    case requestTimeout, conflict, bodyTooLarge, uriTooLong, unsupportedMediaType
    case expectationFailed, misdirectedRequest, rateLimited, headersTooLarge, notImplemented
    case upstreamUnreachable, upstreamInvalid, maintenance, overloaded, upstreamTimeout
    case versionNotSupported
    /// An error of the app, whose own words are kept from clients.
    case upstreamError

    /// The status that goes with the code, of RFC 9110 §15 but for 429 and 431 (RFC 6585).
    package var status: UInt16 {
        switch self {
        case .badRequest: 400
        case .unauthorized, .webhookRejected: 401
        case .forbidden: 403
        case .notFound: 404
        case .methodNotAllowed: 405
        case .requestTimeout: 408
        case .conflict: 409
        case .bodyTooLarge: 413
        case .uriTooLong: 414
        case .unsupportedMediaType: 415
        case .expectationFailed: 417
        case .misdirectedRequest: 421
        case .rateLimited: 429
        case .headersTooLarge: 431
        case .notImplemented: 501
        case .upstreamUnreachable, .upstreamInvalid: 502
        case .maintenance, .overloaded: 503
        case .upstreamTimeout: 504
        case .versionNotSupported: 505
        case .upstreamError: 500
        }
    }

    /// One sentence for whoever sees the answer.
    ///
    /// Free of characters that JSON or HTML would escape.
    package var detail: StaticString {
        switch self {
        case .badRequest: "The request is malformed or can be read in more than one way."
        case .unauthorized: "This resource needs valid credentials."
        case .webhookRejected: "The webhook could not be verified."
        case .forbidden: "Access to this resource is not allowed."
        case .notFound: "There is nothing at this address."
        case .methodNotAllowed: "This resource does not support the method of the request."
        case .requestTimeout: "The request did not arrive in time."
        case .conflict: "The same request is being processed already."
        case .bodyTooLarge: "The body of the request is larger than is accepted here."
        case .uriTooLong: "The address of the request is longer than is accepted here."
        case .unsupportedMediaType: "The content type of the request is not accepted here."
        case .expectationFailed: "The expectation of the request cannot be met."
        case .misdirectedRequest: "This connection does not serve the host of the request."
        case .rateLimited: "Too many requests were made; try again later."
        case .headersTooLarge: "The headers of the request are larger than is accepted here."
        case .notImplemented: "The request needs something that is not implemented here."
        case .upstreamUnreachable: "The service behind this gateway cannot be reached."
        case .upstreamInvalid: "The service behind this gateway gave no valid answer."
        case .maintenance: "The service is down for maintenance; try again later."
        case .overloaded: "The service is overloaded; try again later."
        case .upstreamTimeout: "The service behind this gateway did not answer in time."
        case .versionNotSupported: "This version of HTTP is not supported."
        case .upstreamError: "The service behind this gateway could not handle the request."
        }
    }

    /// The `type` member of the body: of the registry of problem types where there is one for it
    /// (draft-ietf-httpapi-ratelimit-headers-10 §7), else none.
    package var type: StaticString {
        switch self {
        case .rateLimited: "https://iana.org/assignments/http-problem-types#quota-exceeded"
        case .overloaded:
            "https://iana.org/assignments/http-problem-types#temporary-reduced-capacity"
        default: "about:blank"
        }
    }

    /// The `code` member of the body, and the reason in logs.
    package var token: StaticString {
        switch self {
        case .badRequest: "bad_request"
        case .unauthorized: "unauthorized"
        case .webhookRejected: "webhook_rejected"
        case .forbidden: "forbidden"
        case .notFound: "not_found"
        case .methodNotAllowed: "method_not_allowed"
        case .requestTimeout: "request_timeout"
        case .conflict: "conflict"
        case .bodyTooLarge: "body_too_large"
        case .uriTooLong: "uri_too_long"
        case .unsupportedMediaType: "unsupported_media_type"
        case .expectationFailed: "expectation_failed"
        case .misdirectedRequest: "misdirected_request"
        case .rateLimited: "rate_limited"
        case .headersTooLarge: "headers_too_large"
        case .notImplemented: "not_implemented"
        case .upstreamUnreachable: "upstream_unreachable"
        case .upstreamInvalid: "upstream_invalid"
        case .maintenance: "maintenance"
        case .overloaded: "overloaded"
        case .upstreamTimeout: "upstream_timeout"
        case .versionNotSupported: "version_not_supported"
        case .upstreamError: "upstream_error"
        }
    }
}
