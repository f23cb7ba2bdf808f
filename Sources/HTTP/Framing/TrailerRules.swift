import Bytes

/// Which trailer fields may be passed on (RFC 9110 §6.5.1).
///
/// Trailers come after everything was decided, so nothing that frames, routes, authenticates,
/// caches or describes a message may stand there: apps that merge them into the head would take it
/// for decided upon.
enum TrailerRules {
    /// Forbidden names beside the known ones, of which all are.
    private static let forbidden = FieldNameTable([
        "Accept-Encoding", "Access-Control-Allow-Headers", "Access-Control-Allow-Methods",
        "Access-Control-Max-Age", "Age", "Allow", "Alt-Svc", "CF-Connecting-IP",
        "Clear-Site-Data", "Content-Disposition", "Content-Encoding", "Content-Language",
        "Content-Location", "Content-Range", "Cookie2", "Expires", "Fastly-Client-IP",
        "Front-End-HTTPS", "HTTP2-Settings", "If-Match", "If-Modified-Since", "If-None-Match",
        "If-Range", "If-Unmodified-Since", "Link", "Origin-Agent-Cluster", "Pragma", "Proxy",
        "Proxy-Authentication-Info", "Range", "RateLimit", "RateLimit-Policy", "Refresh",
        "Sec-Fetch-Dest", "Sec-Fetch-Mode", "Sec-Fetch-Site", "Sec-Fetch-User",
        "Set-Cookie2", "True-Client-IP", "WWW-Authenticate", "Warning", "X-API-Key",
        "X-Client-Cert-Fingerprint", "X-Client-Cert-Not-After", "X-Client-Cert-SAN",
        "X-Client-Cert-Subject", "X-Client-IP", "X-Cluster-Client-IP", "X-Forwarded",
        "X-Forwarded-Proto-Version",
        "X-Forwarded-Scheme", "X-Forwarded-SSL", "X-HTTP-Method", "X-HTTP-Method-Override",
        "X-Method-Override", "X-Original-Host", "X-Original-URL", "X-Rewrite-URL",
    ])

    static func removeForbidden(_ bytes: borrowing Span<UInt8>, _ trailers: inout [Field]) {
        var kept = 0
        for place in trailers.indices {
            let field = trailers[place]
            guard field.id == .other, !forbidden.covers(field, in: bytes) else { continue }
            trailers[kept] = field
            kept += 1
        }
        trailers.removeLast(trailers.count - kept)
    }
}
