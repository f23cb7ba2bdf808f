import Bytes
import HTTP

extension CORSPolicy {
    /// Whether an `Origin` is that of the resource itself: browsers send one with every request but
    /// GET and HEAD, wherever it comes from.
    ///
    /// An https origin is our own also where plain HTTP arrives: TLS ended in front of us. The
    /// other way round it is foreign, as anybody on the network can make http pages. `null` is our
    /// own if the browser says so, which scripts cannot forge: forms of pages whose Referrer-Policy
    /// is `no-referrer` send it to their own origin (Fetch §3.2, "append a request Origin header").
    static func isOwn(
        _ origin: ByteRange, _ head: borrowing RequestHead, _ bytes: borrowing Span<UInt8>,
        _ identity: ClientIdentity
    ) -> Bool {
        if bytes.isNullOrigin(origin) { return saysSameOrigin(head, bytes) }
        let isHTTPS = bytes.begins(with: "https://", at: origin)
        guard isHTTPS || (!identity.isSecure && bytes.begins(with: "http://", at: origin)) else {
            return false
        }
        let host = ByteRange(origin.start &+ (isHTTPS ? 8 : 7), origin.end)
        let asked = identity.forwardedHost.isEmpty ? head.authority : identity.forwardedHost
        let bare = bytes.withoutPort(isHTTPS ? ":443" : ":80", asked)
        return !host.isEmpty && bytes.holdsFolded(bytes.extracting(host.indices), at: bare)
    }

    private static func saysSameOrigin(
        _ head: borrowing RequestHead, _ bytes: borrowing Span<UInt8>
    ) -> Bool {
        let name = secFetchSite
        for index in head.fields.indices where head.fields[index].id == .other {
            let field = head.fields[index]
            if bytes.holdsFolded(name.span, at: field.name) {
                return bytes.holds("same-origin", at: field.value)
            }
        }
        return false
    }

    private static let secFetchSite = Array("sec-fetch-site".utf8)
}

extension Span<UInt8> {
    /// `range` without this port at its end.
    fileprivate func withoutPort(_ port: StaticString, _ range: ByteRange) -> ByteRange {
        let start = range.end &- port.utf8CodeUnitCount
        guard start >= range.start, holds(port, at: ByteRange(start, range.end)) else {
            return range
        }
        return ByteRange(range.start, start)
    }
}
