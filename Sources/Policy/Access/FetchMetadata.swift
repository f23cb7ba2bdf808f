import Bytes
import HTTP

/// `fetch_metadata` of a route: what becomes of requests that another site's page has a browser
/// send.
package enum FetchMetadataMode: String, CaseIterable, Sendable {
    case off
    /// Let through, with a security event.
    case report
    case enforce

    var isOff: Bool {
        if case .off = self { true } else { false }
    }

    var isEnforced: Bool {
        if case .enforce = self { true } else { false }
    }
}

/// Tells whether a request that changes something comes from another site (W3C Fetch Metadata;
/// cross-site request forgery).
///
/// A browser says so itself in `Sec-Fetch-Site`, which no page can set. One that does not, being
/// old or on a page without TLS, still sends `Origin` with such requests. A request with neither is
/// no browser's, and nobody's cookies are misused by it.
enum FetchMetadata {
    /// Whether a page of another site is behind the request, and its method is not a safe one.
    ///
    /// - Parameter publicHost: What a trusted peer calls the host; empty without one.
    static func isForeign(
        _ head: borrowing RequestHead, _ bytes: borrowing Span<UInt8>, publicHost: ByteRange
    ) -> Bool {
        switch head.method {
        // RFC 9110 §9.2.1.
        case .get, .head, .options, .trace: return false
        case .post, .put, .delete, .patch, .connect, .other: break
        }
        if let isForeign = isForeign(bySite: head, bytes) { return isForeign }
        for index in head.fields.indices {
            let field = head.fields[index]
            guard case .origin = field.id, !field.isDisguised else { continue }
            let isOwn =
                OriginText.names(head.authority, in: bytes, field.value)
                || OriginText.names(publicHost, in: bytes, field.value)
            if !isOwn { return true }
        }
        return false
    }

    /// What `Sec-Fetch-Site` says; `nil` if it is not there or says nothing that is known.
    ///
    /// Of several lines, which no browser sends, any that names another site counts.
    private static func isForeign(
        bySite head: borrowing RequestHead, _ bytes: borrowing Span<UInt8>
    ) -> Bool? {
        var answer: Bool?
        for index in head.fields.indices {
            let field = head.fields[index]
            guard case .other = field.id, field.hash == siteHash,
                bytes.holdsFolded(siteName.span, at: field.name)
            else { continue }
            if bytes.holds(crossSite.span, at: field.value) { return true }
            let isKnown = ownSites.contains { bytes.holds($0.span, at: field.value) }
            if isKnown { answer = false }
        }
        return answer
    }

    private static let siteName = Array("sec-fetch-site".utf8)
    private static let siteHash = FieldName.hash(
        of: siteName.span, ByteRange(0, siteName.count))
    private static let crossSite = Array("cross-site".utf8)
    /// `none`: the user's own doing, such as a bookmark.
    private static let ownSites = ["same-origin", "same-site", "none"].map { Array($0.utf8) }
}

/// Compares an `Origin` (RFC 6454 §7) with a host.
private enum OriginText {
    /// Whether a serialised origin names this host and port.
    ///
    /// The scheme is not compared: TLS may end before this gateway, and a page of the same host
    /// without TLS is kept from its site's cookies by `Secure`. The scheme's own port may be left
    /// out on either side. `null`, an opaque origin, names no host.
    static func names(
        _ host: ByteRange, in bytes: borrowing Span<UInt8>, _ origin: ByteRange
    ) -> Bool {
        guard !host.isEmpty else { return false }
        let isSecure = bytes.holdsFolded(
            https.span, at: ByteRange(start: origin.start, count: min(8, origin.count)))
        let isPlain = bytes.holdsFolded(
            http.span, at: ByteRange(start: origin.start, count: min(7, origin.count)))
        guard isSecure || isPlain else { return false }
        let own = withoutPort(
            bytes, ByteRange(origin.start + (isSecure ? 8 : 7), origin.end), isSecure)
        let other = withoutPort(bytes, host, isSecure)
        guard own.count == other.count, !own.isEmpty else { return false }
        for index in 0..<own.count
        where ASCIIByte.lowered(bytes[own.start + index])
            != ASCIIByte.lowered(bytes[other.start + index])
        { return false }
        return true
    }

    private static func withoutPort(
        _ bytes: borrowing Span<UInt8>, _ host: ByteRange, _ isSecure: Bool
    ) -> ByteRange {
        let port = isSecure ? portOfHTTPS : portOfHTTP
        guard host.count > port.count else { return host }
        let start = host.end - port.count
        guard bytes.holds(port.span, at: ByteRange(start, host.end)) else { return host }
        return ByteRange(host.start, start)
    }

    private static let https = Array("https://".utf8)
    private static let http = Array("http://".utf8)
    private static let portOfHTTPS = Array(":443".utf8)
    private static let portOfHTTP = Array(":80".utf8)
}
