import Bytes
import HTTP

@testable import Policy

/// A request head made of parts, laid out in bytes as a reader would have found it.
struct SentRequest {
    var method = "GET"
    /// Path and perhaps a query; empty for an absolute target without a path.
    var target = "/"
    var host = "example.com"
    var fields: [(name: String, value: String)] = []
    var arrival = Arrival(
        peer: .ip(IPAddress(v4: 0x0a00_0001), port: 4711), listener: 0, isSecure: false)
    /// What that of its connection settled.
    var handshake: ClientHandshake?

    init(_ method: String = "GET", _ target: String = "/", host: String = "example.com") {
        self.method = method
        self.target = target
        self.host = host
    }

    func with(_ name: String, _ value: String) -> SentRequest {
        var other = self
        other.fields.append((name, value))
        return other
    }

    func from(_ arrival: Arrival) -> SentRequest {
        var other = self
        other.arrival = arrival
        return other
    }

    /// Lends the head and the bytes that its ranges refer to.
    func read<R: ~Copyable>(
        _ body: (borrowing RequestHead, borrowing Span<UInt8>) -> R
    ) -> R {
        var bytes: [UInt8] = []
        func placed(_ text: some Sequence<UInt8>) -> ByteRange {
            let start = bytes.count
            bytes += text
            return ByteRange(start, bytes.count)
        }
        var head = RequestHead()
        head.methodName = placed(method.utf8)
        head.method =
            Method.allCases.first { $0 != .other && $0.name.description == method } ?? .other
        let path = target.utf8.prefix { $0 != 0x3f }
        head.path = placed(path)
        head.query = placed(target.utf8.dropFirst(path.count))
        head.form = target == "*" ? .asterisk : target.hasPrefix("/") ? .origin : .absolute
        head.authority = placed(host.utf8)
        for (name, value) in fields {
            let range = placed(name.utf8)
            let known = FieldName.identify(bytes.span, range)
            if !known.isDisguised { head.present.insert(known.id) }
            head.fields.append(
                Field(
                    name: range, value: placed(value.utf8), id: known.id, hash: known.hash,
                    traits: known.isDisguised ? .disguised : []))
            if !known.isDisguised { head.present.insert(known.id) }
        }
        return body(head, bytes.span)
    }
}

/// What `body` appends to an empty buffer, as text.
func appended(_ body: (inout Buffer) -> Void) -> String {
    var buffer = Buffer(capacity: 65_536)
    body(&buffer)
    return buffer.withReadable { bytes in
        String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
    }
}

/// What the upstream is told about the client of a request, as text.
func forwarded(
    _ identity: ClientIdentity, _ head: borrowing RequestHead, _ bytes: borrowing Span<UInt8>,
    _ arrival: Arrival, _ settings: ForwardedSettings = .standard
) -> String {
    var journal = bytes.indices.map { bytes[$0] }
    let start = journal.count
    if let client = identity.client { journal += Array(client.description.utf8) }
    var buffer = Buffer(capacity: 65_536)
    Forwarding.append(
        to: &buffer, identity, head, journal.span, arrival, settings,
        client: ByteRange(start, journal.count))
    return String(decoding: buffer.copy(), as: UTF8.self)
}

func address(_ text: String) -> IPAddress {
    guard let address = IPAddress(text) else { preconditionFailure("no address: \(text)") }
    return address
}
