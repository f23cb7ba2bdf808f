import Bytes

/// The configured names that access lines show, escaped and laid out once for each snapshot.
package struct AccessLabels: Sendable {
    /// `,"route":"NAME"` for each route.
    let routes: LabelTable
    /// For each upstream `,"upstream":"NAME"`, then the same with `,"upstream_address":"…"` for
    /// each of its addresses.
    let upstreams: LabelTable
    /// Where each upstream's labels begin in `upstreams`; one more at the end.
    let upstreamStarts: [Int]
    let redaction: QueryRedaction
    let hiddenHeaders: HiddenHeaders

    /// - Parameters:
    ///   - routes: Names in the order of the snapshot.
    ///   - upstreams: In the order of the snapshot.
    ///   - redactedQueryKeys: Keys whose values are hidden besides those that always are.
    ///   - redactedHeaders: Header fields whose values are hidden, in any case.
    package init(
        routes: [String], upstreams: [UpstreamLabel], redactedQueryKeys: [String],
        redactedHeaders: [String]
    ) {
        self.routes = LabelTable(routes.map { field("route", $0) })
        var labels: [[UInt8]] = []
        var starts: [Int] = []
        for upstream in upstreams {
            starts.append(labels.count)
            let name = field("upstream", upstream.name)
            labels.append(name)
            for address in upstream.addresses {
                labels.append(name + field("upstream_address", address))
            }
        }
        starts.append(labels.count)
        self.upstreams = LabelTable(labels)
        upstreamStarts = starts
        redaction = QueryRedaction(additionalKeys: redactedQueryKeys)
        hiddenHeaders = HiddenHeaders(redactedHeaders)
    }

    /// Whether lines must not show these header fields.
    package func hides(_ headers: HiddenHeaders) -> Bool { hiddenHeaders.contains(headers) }

    /// The label of an upstream and its address, or of the upstream alone if it has no such
    /// address.
    func upstreamLabel(_ upstream: UInt16, address: UInt16?) -> Int? {
        let index = Int(upstream)
        guard index &+ 1 < upstreamStarts.count else { return nil }
        let first = upstreamStarts[index]
        guard let address else { return first }
        let label = first &+ 1 &+ Int(address)
        return label < upstreamStarts[index &+ 1] ? label : first
    }
}

/// Of the header fields that lines show, those whose values they must not.
package struct HiddenHeaders: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// - Parameter names: In any case; fields that no line shows are none of the set.
    package init(_ names: [String]) {
        self = names.reduce(into: []) { set, name in
            switch name.lowercased() {
            case "host": set.insert(.host)
            case "user-agent": set.insert(.userAgent)
            case "referer": set.insert(.referer)
            case "origin": set.insert(.origin)
            default: break
            }
        }
    }

    package static let host = HiddenHeaders(rawValue: 1)
    package static let userAgent = HiddenHeaders(rawValue: 2)
    package static let referer = HiddenHeaders(rawValue: 4)
    package static let origin = HiddenHeaders(rawValue: 8)
}

/// An upstream as logs show it.
package struct UpstreamLabel: Sendable {
    package var name: String
    /// In the order in which ``AccessRecord/upstreamAddress`` counts them.
    package var addresses: [String]

    package init(name: String, addresses: [String]) {
        self.name = name
        self.addresses = addresses
    }
}

/// Ready bytes by index, in one block.
struct LabelTable: Sendable {
    let bytes: [UInt8]
    /// `ends[i] ..< ends[i + 1]` is label `i`.
    let ends: [Int]

    init(_ labels: [[UInt8]]) {
        var bytes: [UInt8] = []
        var ends = [0]
        for label in labels {
            bytes += label
            ends.append(bytes.count)
        }
        self.bytes = bytes
        self.ends = ends
    }

    var count: Int { ends.count - 1 }
}

/// `,"KEY":"VALUE"`, the value escaped.
private func field(_ key: StaticString, _ value: String) -> [UInt8] {
    let text = Array(value.utf8)
    // An escape takes at most six bytes for one.
    var buffer = Buffer(capacity: text.count * 6 + key.utf8CodeUnitCount + 8)
    var line = buffer.beginLine(reserving: 0)
    line.put(",\"")
    line.put(name: key)
    line.put("\":\"")
    line.putText(text.span)
    line.put("\"")
    buffer.endLine(line)
    return (0..<buffer.count).map { buffer[$0] }
}
