import Bytes

/// The configured names that spans show, laid out once for each snapshot.
package struct SpanLabels: Sendable {
    /// The names alone.
    let routes: LabelTable
    /// For each upstream its attributes without a server, then with each of its servers.
    let upstreams: LabelTable
    /// As `upstreams`: what URLs of requests to the server begin with; empty without one.
    let origins: LabelTable
    /// Where each upstream's labels begin in `upstreams`; one more at the end.
    private let starts: [Int]
    let redaction: QueryRedaction
    let hiddenHeaders: HiddenHeaders

    /// - Parameters:
    ///   - routes: Names in the order of the snapshot.
    ///   - upstreams: In the order of the snapshot.
    ///   - labels: Of the log, whose secrets spans do not show either.
    package init(routes: [String], upstreams: [UpstreamLabel], hiding labels: AccessLabels) {
        self.routes = LabelTable(routes.map { Array($0.utf8) })
        var attributes: [[UInt8]] = []
        var origins: [[UInt8]] = []
        var starts: [Int] = []
        for upstream in upstreams {
            starts.append(attributes.count)
            attributes.append(Self.attributes(of: upstream.name, server: nil))
            origins.append([])
            for address in upstream.addresses {
                let server = ServerName(address)
                attributes.append(Self.attributes(of: upstream.name, server: server))
                origins.append(Array((server.origin ?? "").utf8))
            }
        }
        starts.append(attributes.count)
        self.upstreams = LabelTable(attributes)
        self.origins = LabelTable(origins)
        self.starts = starts
        redaction = labels.redaction
        hiddenHeaders = labels.hiddenHeaders
    }

    /// The place of an upstream and its server in the tables; of the upstream alone if it has no
    /// such server.
    func upstream(_ upstream: UInt16, address: UInt16?) -> Int? {
        let index = Int(upstream)
        guard index &+ 1 < starts.count else { return nil }
        guard let address else { return starts[index] }
        let place = starts[index] &+ 1 &+ Int(address)
        return place < starts[index &+ 1] ? place : starts[index]
    }

    private static func attributes(of upstream: String, server: ServerName?) -> [UInt8] {
        var buffer = Buffer(capacity: 256 + upstream.utf8.count + (server?.size ?? 0))
        buffer.appendAttribute(SpanField.attributes, "apus.upstream", text: upstream)
        if let server {
            buffer.appendAttribute(SpanField.attributes, "server.address", text: server.host)
            if let port = server.port {
                buffer.appendAttribute(SpanField.attributes, "server.port", number: UInt64(port))
            }
        }
        return buffer.copy()
    }
}

/// A server's address as written, taken apart.
private struct ServerName {
    /// A name, an address without brackets, or a path.
    let host: String
    /// `nil` for a unix socket.
    let port: UInt16?
    /// Scheme, host and port of its URLs; `nil` for a unix socket.
    let origin: String?

    init(_ text: String) {
        if text.hasPrefix("unix:") {
            host = String(text.dropFirst(5))
            port = nil
            origin = nil
            return
        }
        let scheme = "http://"
        let rest = text.hasPrefix(scheme) ? text.dropFirst(scheme.count) : text[...]
        let authority = rest.prefix { $0 != "/" }
        origin = scheme + authority
        let colon = authority.lastIndex(of: ":")
        let digits = colon.map { authority[$0...].dropFirst() }
        if let colon, let digits, let number = UInt16(digits) {
            host = Self.bare(authority[..<colon])
            port = number
        } else {
            host = Self.bare(authority)
            port = 80
        }
    }

    var size: Int { host.utf8.count }

    private static func bare(_ host: Substring) -> String {
        let isBracketed = host.hasPrefix("[") && host.hasSuffix("]")
        return String(isBracketed ? host.dropFirst().dropLast() : host)
    }
}
