/// How an exchange ended: the `outcome` of its access line, one for each exchange whatever
/// happened.
///
/// The names are part of the contract with operators and are spelt here alone.
@usableFromInline package enum Outcome: UInt8, CaseIterable, Sendable {
    case proxied, answered, tunneled
    case badRequest, uriTooLong, headersTooLarge, bodyTooLarge, expectationFailed
    case notImplemented, versionNotSupported, misdirected
    case unauthorized, forbidden, notFound, methodNotAllowed, unsupportedMediaType
    case rateLimited, webhookRejected, conflict
    case requestTimeout, sendTimeout, clientClosed
    case upstreamUnreachable, upstreamTimeout, upstreamInvalid, upstreamClosedEarly, upstreamError
    case overloaded, drainCut, internalError
    case maintenance

    /// As logs and metrics spell it.
    package var name: StaticString {
        switch self {
        case .proxied: "proxied"
        case .answered: "answered"
        case .tunneled: "tunneled"
        case .badRequest: "bad_request"
        case .uriTooLong: "uri_too_long"
        case .headersTooLarge: "headers_too_large"
        case .bodyTooLarge: "body_too_large"
        case .expectationFailed: "expectation_failed"
        case .notImplemented: "not_implemented"
        case .versionNotSupported: "version_not_supported"
        case .misdirected: "misdirected"
        case .unauthorized: "unauthorized"
        case .forbidden: "forbidden"
        case .notFound: "not_found"
        case .methodNotAllowed: "method_not_allowed"
        case .unsupportedMediaType: "unsupported_media_type"
        case .rateLimited: "rate_limited"
        case .webhookRejected: "webhook_rejected"
        case .conflict: "conflict"
        case .requestTimeout: "request_timeout"
        case .sendTimeout: "send_timeout"
        case .clientClosed: "client_closed"
        case .upstreamUnreachable: "upstream_unreachable"
        case .upstreamTimeout: "upstream_timeout"
        case .upstreamInvalid: "upstream_invalid"
        case .upstreamClosedEarly: "upstream_closed_early"
        case .upstreamError: "upstream_error"
        case .overloaded: "overloaded"
        case .drainCut: "drain_cut"
        case .internalError: "internal_error"
        case .maintenance: "maintenance"
        }
    }

    /// One sentence for operators; docs/logs.md is made of these.
    package var meaning: StaticString {
        switch self {
        case .proxied: "The upstream's whole response went to the client."
        case .answered:
            "The gateway answered: a fixed response, a redirect, a health check or a replay."
        case .tunneled: "The connection was upgraded and the tunnel has ended."
        case .badRequest:
            "The request was malformed, or could be read in two ways (400)."
        case .uriTooLong:
            "The request line was longer than `limits.request_line` (414)."
        case .headersTooLarge: "The header fields were too many or too large (431)."
        case .bodyTooLarge: "The request body was larger than the route admits (413)."
        case .expectationFailed:
            "`Expect` asked for something else than `100-continue` (417)."
        case .notImplemented:
            "The request used a method or a transfer coding not spoken here (501)."
        case .versionNotSupported: "The request's HTTP version is not spoken here (505)."
        case .misdirected: "The request was meant for another host (421)."
        case .unauthorized: "The request did not prove who sent it; `reason` says why (401)."
        case .forbidden: "The route refuses this client, its origin or its site (403)."
        case .unsupportedMediaType:
            "The route does not take the media type of the request's body (415)."
        case .notFound: "No route takes the request (404)."
        case .methodNotAllowed: "A route takes the path, but not the method (405)."
        case .rateLimited: "A rate limit refused the request (429)."
        case .webhookRejected:
            "The request is not signed as the webhook wants it; `reason` says what is wrong (401)."
        case .conflict: "The same event is with the app already, and is not answered yet (409)."
        case .requestTimeout: "The request's head or body came too slowly (408)."
        case .sendTimeout: "The client took nothing of its response for too long."
        case .clientClosed: "The client went away before the response was complete."
        case .upstreamUnreachable: "No server of the upstream could be connected to (502)."
        case .upstreamTimeout:
            "The upstream took too long (504, or cut off once its response had begun)."
        case .upstreamInvalid: "The upstream's response was malformed (502)."
        case .upstreamError:
            "The upstream's error gave way to an answer of the gateway, as the route asks."
        case .upstreamClosedEarly: "The upstream closed before its response was complete."
        case .overloaded: "A limit of this process was reached (503)."
        case .drainCut: "The process ended before the exchange did."
        case .internalError: "A fault of the gateway itself (500)."
        case .maintenance: "The route is in maintenance (503)."
        }
    }
}
