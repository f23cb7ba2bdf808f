/// A request or a response as it was read off a wire.
struct Message: Sendable {
    struct Field: Sendable, Equatable {
        let name: String
        let value: String
    }

    let startLine: String
    let fields: [Field]
    var body: [UInt8] = []
    var trailers: [Field] = []
    /// The head's bytes as they came.
    let raw: String

    init?(head: String) {
        var lines = head.split(separator: "\r\n", omittingEmptySubsequences: false)
        while lines.last == "" { lines.removeLast() }
        guard let first = lines.first else { return nil }
        raw = head
        startLine = String(first)
        fields = lines.dropFirst().map(Self.field)
    }

    static func field(_ line: Substring) -> Field {
        let colon = line.firstIndex(of: ":") ?? line.endIndex
        let value = line[colon...].dropFirst().drop { $0 == " " }
        return Field(name: String(line[..<colon]), value: String(value))
    }

    /// Values of a field, whatever the case of its name.
    func all(_ name: String) -> [String] {
        fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }

    /// The value of a field that stands once.
    subscript(_ name: String) -> String? {
        let values = all(name)
        return values.count == 1 ? values[0] : nil
    }

    var status: Int { Int(startLine.split(separator: " ").dropFirst().first ?? "") ?? 0 }
    var method: String { String(startLine.split(separator: " ").first ?? "") }
    var target: String { String(startLine.split(separator: " ").dropFirst().first ?? "") }
    var text: String { latin(body) }
    var isChunked: Bool { self["Transfer-Encoding"]?.lowercased() == "chunked" }
}

extension Wire {
    /// Reads a head.
    ///
    /// - Returns: `nil` if the peer ended before it sent anything.
    func head(within seconds: Double = patience) throws -> Message? {
        let mark = Array("\r\n\r\n".utf8)
        let deadline = uptime() + seconds
        while pending.isEmpty {
            if isEnded { return nil }
            let left = deadline - uptime()
            guard left > 0, try receive(within: left) else {
                throw Unmet("no head in \(seconds) s")
            }
        }
        let end = try read("a head", within: seconds) { $0.range(of: mark)?.upperBound }
        return Message(head: latin(take(end)))
    }

    /// Reads a request and its body.
    ///
    /// - Returns: `nil` once the client has ended.
    func request(within seconds: Double = patience) throws -> Message? {
        guard var message = try head(within: seconds) else { return nil }
        if message.isChunked {
            (message.body, message.trailers) = try chunks()
        } else if let length = message["Content-Length"] {
            message.body = try read(count: Int(length) ?? 0)
        }
        return message
    }

    /// Reads a response and its body.
    ///
    /// - Parameter method: Of the request it answers.
    func response(to method: String = "GET", within seconds: Double = patience) throws -> Message {
        guard var message = try head(within: seconds) else { throw Unmet("ended, no response") }
        let status = message.status
        if method == "HEAD" || status < 200 || status == 204 || status == 304 { return message }
        if message.isChunked {
            (message.body, message.trailers) = try chunks()
        } else if let length = message["Content-Length"] {
            message.body = try read(count: Int(length) ?? 0)
        } else {
            message.body = try readToEnd()
        }
        return message
    }

    /// Reads a body in chunks, with its trailers.
    func chunks() throws -> ([UInt8], [Message.Field]) {
        var body: [UInt8] = []
        while let chunk = try chunk() { body += chunk }
        var trailers: [Message.Field] = []
        while true {
            let line = try read(through: "\r\n").dropLast()
            if line.isEmpty { return (body, trailers) }
            trailers.append(Message.field(line))
        }
    }

    /// Reads one chunk; `nil` for the last one, of which the trailers remain.
    func chunk() throws -> [UInt8]? {
        let line = try read(through: "\r\n").dropLast()
        guard let size = Int(line, radix: 16) else { throw Unmet("\"\(line)\" is no chunk size") }
        guard size > 0 else { return nil }
        let bytes = try read(count: size)
        let end = try read(count: 2)
        guard latin(end) == "\r\n" else { throw Unmet("no line end behind a chunk") }
        return bytes
    }

    /// Sends a request and reads its response.
    func ask(_ request: String) throws -> Message {
        try send(request)
        return try response(to: String(request.prefix { $0 != " " }))
    }
}

/// A request without body.
///
/// - Parameter fields: Lines, each with its end.
func get(_ target: String, _ fields: String = "", host: String = "app.test") -> String {
    "GET \(target) HTTP/1.1\r\nHost: \(host)\r\n\(fields)\r\n"
}

/// A request with a length.
func post(_ target: String, _ body: String, _ fields: String = "") -> String {
    "POST \(target) HTTP/1.1\r\nHost: app.test\r\n"
        + "Content-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)"
}

/// A response with a length.
func ok(_ body: String = "hello", _ fields: String = "") -> String {
    "HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)"
}
