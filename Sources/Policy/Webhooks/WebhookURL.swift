import Bytes
import HTTP

/// The URL that a provider signed, as far as it does not stand in the request itself.
///
/// Providers write it with and without a port, whatever they were told: there are two writings.
struct WebhookURL: Sendable {
    /// What stands before the request's target, without and with a port; `nil` if each request
    /// tells it.
    let configured: [[UInt8]]?

    /// - Parameter url: ``WebhookNaming/publicURL``.
    init(_ url: String?) {
        guard let url, let parts = Parts(url) else {
            configured = nil
            return
        }
        var path = parts.path
        if path.last == 0x2f { path.removeLast() }
        configured = [
            parts.scheme + parts.host + path, parts.scheme + parts.host + parts.port + path,
        ]
    }

    /// The URL as it is, if it has a path of its own.
    static func registered(_ url: String?) -> [UInt8]? {
        guard let url, let parts = Parts(url), parts.path.count > 1 else { return nil }
        return Array(url.utf8)
    }

    /// `https://`, `example.com`, `:443` and `/path?query`, the port made up if it is not there.
    private struct Parts {
        let scheme: [UInt8]
        let host: [UInt8]
        let port: [UInt8]
        let path: [UInt8]

        init?(_ url: String) {
            let bytes = Array(url.utf8)
            guard let start = url.utf8.firstRange(of: "://".utf8)?.upperBound else { return nil }
            let behind = url.utf8[start...]
            let authority = Array(behind.prefix { $0 != 0x2f && $0 != 0x3f })
            let length = bytes.count - behind.count
            scheme = Array(bytes[..<length])
            path = Array(behind.dropFirst(authority.count))
            let end = WebhookURL.hostEnd(ByteRange(0, authority.count), in: authority.span)
            guard end > 0 else { return nil }
            host = Array(authority[..<end])
            let given = Array(authority[end...])
            let made = url.hasPrefix("https:") ? ":443" : ":80"
            port = given.count > 1 ? given : Array(made.utf8)
        }
    }

    /// Where the host of an authority ends, before its port.
    private static func hostEnd(
        _ authority: ByteRange, in bytes: borrowing Span<UInt8>
    ) -> Int {
        var place = authority.end
        while place > authority.start {
            place &-= 1
            let byte = bytes[place]
            if byte == 0x3a { return place }
            guard ASCIIByte.decimalDigit(byte) != nil else { break }
        }
        return authority.end
    }

    /// Writes down what stands before a request's target.
    ///
    /// - Returns: `false` if nothing tells the host.
    func append(
        _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>,
        from identity: ClientIdentity, to text: inout Buffer, _ target: inout WebhookTarget
    ) -> Bool {
        if let configured {
            target.bare = Self.append(to: &text) { $0.append(configured[0]) }
            target.ported = Self.append(to: &text) { $0.append(configured[1]) }
            return true
        }
        // Only a trusted peer's word on the host was noted.
        let authority = identity.forwardedHost.isEmpty ? head.authority : identity.forwardedHost
        guard !authority.isEmpty else { return false }
        let end = Self.hostEnd(authority, in: bytes)
        let isSecure = identity.isSecure
        let start = text.count
        if isSecure { text.append("https://") } else { text.append("http://") }
        text.append(bytes, ByteRange(authority.start, end))
        target.bare = ByteRange(start, text.count)
        let second = text.count
        if isSecure { text.append("https://") } else { text.append("http://") }
        text.append(bytes, ByteRange(authority.start, end))
        if end &+ 1 < authority.end {
            text.append(bytes, ByteRange(end, authority.end))
        } else if isSecure {
            text.append(":443")
        } else {
            text.append(":80")
        }
        target.ported = ByteRange(second, text.count)
        return true
    }

    private static func append(
        to text: inout Buffer, _ body: (inout Buffer) -> Void
    ) -> ByteRange {
        let start = text.count
        body(&text)
        return ByteRange(start, text.count)
    }
}
