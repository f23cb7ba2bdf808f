/// The field names that a gateway treats in a way of their own.
///
/// At most 64 cases, so that a set of them is one word: ``FieldNameSet``. A new name may need new
/// multipliers in ``FieldNameIndex``; a test says so.
@usableFromInline package enum FieldName: UInt8, CaseIterable, Sendable {
    /// Every name that is not listed here.
    case other
    // Framing, and what concerns one connection only (RFC 9110 §7.6, RFC 9112 §6).
    case host, connection, contentLength, transferEncoding, te, trailer, upgrade, keepAlive
    case proxyConnection, proxyAuthorization, proxyAuthenticate, expect, maxForwards, via
    // What requests say, and what both sides say.
    case userAgent, referer, accept, authorization, cookie, origin, contentType, date, server
    // What proxies add.
    case forwarded, xForwardedFor, xForwardedHost, xForwardedProto, xForwardedPort
    case xForwardedPrefix, xForwardedServer, xRealIP, xRequestID, traceparent, tracestate
    // What only this gateway may say to an app.
    case apusWebhook, xAuthSubject, xAuthName
    // Cross-origin requests (Fetch).
    case accessControlRequestMethod, accessControlRequestHeaders
    case accessControlAllowOrigin, accessControlAllowCredentials, accessControlExposeHeaders
    // What responses say.
    case setCookie, location, vary, cacheControl, retryAfter, xPoweredBy
    // Security headers of responses.
    case contentSecurityPolicy, contentSecurityPolicyReportOnly, strictTransportSecurity
    case xFrameOptions, xContentTypeOptions, referrerPolicy, permissionsPolicy
    case crossOriginOpenerPolicy, crossOriginResourcePolicy, crossOriginEmbedderPolicy
    case xPermittedCrossDomainPolicies, xDNSPrefetchControl, xXSSProtection
}

extension FieldName {
    /// The name as it is written on the wire; empty for ``other``.
    package var canonicalName: StaticString {
        switch self {
        case .other: ""
        case .host: "Host"
        case .connection: "Connection"
        case .contentLength: "Content-Length"
        case .transferEncoding: "Transfer-Encoding"
        case .te: "TE"
        case .trailer: "Trailer"
        case .upgrade: "Upgrade"
        case .keepAlive: "Keep-Alive"
        case .proxyConnection: "Proxy-Connection"
        case .proxyAuthorization: "Proxy-Authorization"
        case .proxyAuthenticate: "Proxy-Authenticate"
        case .expect: "Expect"
        case .maxForwards: "Max-Forwards"
        case .via: "Via"
        case .userAgent: "User-Agent"
        case .referer: "Referer"
        case .accept: "Accept"
        case .authorization: "Authorization"
        case .cookie: "Cookie"
        case .origin: "Origin"
        case .contentType: "Content-Type"
        case .date: "Date"
        case .server: "Server"
        case .forwarded: "Forwarded"
        case .xForwardedFor: "X-Forwarded-For"
        case .xForwardedHost: "X-Forwarded-Host"
        case .xForwardedProto: "X-Forwarded-Proto"
        case .xForwardedPort: "X-Forwarded-Port"
        case .xForwardedPrefix: "X-Forwarded-Prefix"
        case .xForwardedServer: "X-Forwarded-Server"
        case .xRealIP: "X-Real-IP"
        case .xRequestID: "X-Request-ID"
        case .traceparent: "traceparent"
        case .tracestate: "tracestate"
        case .apusWebhook: "Apus-Webhook"
        case .xAuthSubject: "X-Auth-Subject"
        case .xAuthName: "X-Auth-Name"
        case .accessControlRequestMethod: "Access-Control-Request-Method"
        case .accessControlRequestHeaders: "Access-Control-Request-Headers"
        case .accessControlAllowOrigin: "Access-Control-Allow-Origin"
        case .accessControlAllowCredentials: "Access-Control-Allow-Credentials"
        case .accessControlExposeHeaders: "Access-Control-Expose-Headers"
        case .setCookie: "Set-Cookie"
        case .location: "Location"
        case .vary: "Vary"
        case .cacheControl: "Cache-Control"
        case .retryAfter: "Retry-After"
        case .xPoweredBy: "X-Powered-By"
        case .contentSecurityPolicy: "Content-Security-Policy"
        case .contentSecurityPolicyReportOnly: "Content-Security-Policy-Report-Only"
        case .strictTransportSecurity: "Strict-Transport-Security"
        case .xFrameOptions: "X-Frame-Options"
        case .xContentTypeOptions: "X-Content-Type-Options"
        case .referrerPolicy: "Referrer-Policy"
        case .permissionsPolicy: "Permissions-Policy"
        case .crossOriginOpenerPolicy: "Cross-Origin-Opener-Policy"
        case .crossOriginResourcePolicy: "Cross-Origin-Resource-Policy"
        case .crossOriginEmbedderPolicy: "Cross-Origin-Embedder-Policy"
        case .xPermittedCrossDomainPolicies: "X-Permitted-Cross-Domain-Policies"
        case .xDNSPrefetchControl: "X-DNS-Prefetch-Control"
        case .xXSSProtection: "X-XSS-Protection"
        }
    }
}
