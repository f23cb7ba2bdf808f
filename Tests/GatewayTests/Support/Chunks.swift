/// Reads chunked bodies, for tests.
enum Chunks {
    /// The decoded body of a message; `nil` if it is not whole.
    static func decode(_ message: String) -> String? {
        let bytes = Array(message.utf8)
        guard let head = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        var rest = bytes[head.upperBound...]
        var body: [UInt8] = []
        while let line = rest.firstRange(of: Array("\r\n".utf8)) {
            let digits = String(decoding: rest[..<line.lowerBound], as: UTF8.self)
            guard let size = Int(digits, radix: 16) else { return nil }
            rest = rest[line.upperBound...]
            guard size > 0 else { return String(decoding: body, as: UTF8.self) }
            guard rest.count >= size + 2 else { return nil }
            body += rest.prefix(size)
            rest = rest.dropFirst(size + 2)
        }
        return nil
    }
}
