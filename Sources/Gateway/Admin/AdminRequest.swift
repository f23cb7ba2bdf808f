import Bytes
import HTTP
import Linux
import Policy

/// What an operator asks, read whole: there is time for copies here.
struct AdminRequest: Sendable {
    let method: Method
    /// As sent, without query.
    let path: String
    /// Decoded; `nil` for a query that cannot be.
    let query: [(name: String, value: String)]?
    /// Host and port in lower case; empty in HTTP/1.0 without `Host`.
    let authority: String
    /// Names in lower case, in the order of their coming.
    let fields: [(name: String, value: String)]
    let body: [UInt8]
    /// The other end: an address, or `unix`.
    let peer: String
    /// Of our own making; the answer and the audit line have it.
    let id: RequestID

    /// All values of a field, by its name in lower case.
    func values(of name: String) -> [String] {
        fields.filter { $0.name == name }.map(\.value)
    }

    /// The value of a parameter of the query: none, the one, or more than one.
    func parameter(_ name: String) -> Parameter {
        guard let query else { return .unreadable }
        let values = query.filter { $0.name == name }.map(\.value)
        guard let first = values.first else { return .absent }
        return values.count == 1 ? .given(first) : .unreadable
    }

    enum Parameter: Equatable {
        case absent
        case given(String)
        case unreadable
    }

    /// Whether it may change something (RFC 9110 §9.2.1).
    var isSafe: Bool {
        switch method {
        case .get, .head, .options, .trace: true
        case .post, .put, .delete, .patch, .connect, .other: false
        }
    }
}

extension AdminRequest {
    /// - Parameters:
    ///   - bytes: What the head's ranges refer to.
    ///   - peer: Where the connection comes from.
    init(
        _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>, body: [UInt8],
        from peer: SocketAddress, id: RequestID
    ) {
        func text(_ range: ByteRange) -> String {
            var text = ""
            for index in range.indices { text.unicodeScalars.append(Unicode.Scalar(bytes[index])) }
            return text
        }
        method = head.method
        path = text(head.path)
        query = Self.parameters(of: text(head.query))
        authority = text(head.authority).lowercased()
        var fields: [(name: String, value: String)] = []
        for index in head.fields.indices {
            let field = head.fields[index]
            fields.append((text(field.name).lowercased(), text(field.value)))
        }
        self.fields = fields
        self.body = body
        self.id = id
        switch Peer(peer) {
        case .ip(let address, _): self.peer = address.description
        case .unix: self.peer = "unix"
        }
    }

    /// The parameters of a query with its `?`; `nil` if an escape is none.
    static func parameters(of query: String) -> [(name: String, value: String)]? {
        var parameters: [(name: String, value: String)] = []
        for part in query.dropFirst().split(separator: "&") {
            let sides = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            let value = sides.count > 1 ? sides[1] : ""
            guard let name = decoded(sides[0], plusIsSpace: true),
                let value = decoded(value, plusIsSpace: true)
            else { return nil }
            parameters.append((name, value))
        }
        return parameters
    }

    /// The segments of a path, each decoded; `nil` if an escape is none.
    static func segments(of path: String) -> [String]? {
        var segments: [String] = []
        for part in path.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
            guard let segment = decoded(part, plusIsSpace: false) else { return nil }
            segments.append(segment)
        }
        return segments
    }

    /// `nil` for a broken escape, or what is no UTF-8.
    private static func decoded(_ text: Substring, plusIsSpace: Bool) -> String? {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "%"):
                guard let high = rest.popFirst().flatMap(hexadecimal),
                    let low = rest.popFirst().flatMap(hexadecimal)
                else { return nil }
                bytes.append(high << 4 | low)
            case UInt8(ascii: "+") where plusIsSpace: bytes.append(0x20)
            default: bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    private static func hexadecimal(_ byte: UInt8) -> UInt8? {
        switch byte {
        case 0x30...0x39: byte - 0x30
        case 0x41...0x46: byte - 0x37
        case 0x61...0x66: byte - 0x57
        default: nil
        }
    }
}
