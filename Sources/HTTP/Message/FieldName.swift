/// The field names that a gateway treats in a way of their own.
package enum FieldName: UInt8, CaseIterable, Sendable {
    case other
    case host, connection, contentLength, transferEncoding, te, trailer, upgrade, keepAlive
    case proxyConnection, proxyAuthorization, proxyAuthenticate, expect, maxForwards, via
    case userAgent, referer, accept, authorization, cookie, origin, contentType, date, server
    case forwarded, xForwardedFor, xForwardedHost, xForwardedProto, xForwardedPort
    case xForwardedPrefix, xForwardedServer, xRealIP, xRequestID, traceparent, tracestate
    case apusWebhook, xAuthSubject, xAuthName
    case accessControlRequestMethod, accessControlRequestHeaders
    case setCookie, location, vary, cacheControl, retryAfter, xPoweredBy
    case contentSecurityPolicy, contentSecurityPolicyReportOnly
}
