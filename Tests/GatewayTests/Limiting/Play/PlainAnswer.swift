/// A whole answer with a length, as a client of a play reads it.
struct PlainAnswer {
    let status: Int
    let head: String
    let body: String
    let byteCount: Int

    /// - Returns: `nil` if it is not whole.
    init?(_ bytes: ArraySlice<UInt8>) {
        guard let end = Self.end(of: bytes) else { return nil }
        let head = String(decoding: bytes[..<end], as: UTF8.self)
        guard let length = Self.value("content-length", in: head).flatMap({ Int($0) }),
            bytes.endIndex - end >= length, let status = Int(head.dropFirst(9).prefix(3))
        else { return nil }
        self.head = head
        self.status = status
        body = String(decoding: bytes[end..<end + length], as: UTF8.self)
        byteCount = end + length - bytes.startIndex
    }

    /// Where the body begins.
    private static func end(of bytes: ArraySlice<UInt8>) -> Int? {
        var index = bytes.startIndex
        while index + 3 < bytes.endIndex {
            if bytes[index] == 13, bytes[index + 2] == 13, bytes[index + 3] == 10 {
                return index + 4
            }
            index += 1
        }
        return nil
    }

    func value(_ name: String) -> String? { Self.value(name, in: head) }

    private static func value(_ name: String, in head: String) -> String? {
        for line in head.utf8.split(separator: 10) {
            guard let colon = line.firstIndex(of: 58) else { continue }
            guard line.distance(from: line.startIndex, to: colon) == name.utf8.count,
                String(line[..<colon])?.lowercased() == name
            else { continue }
            return String(line[line.index(after: colon)...])?
                .split(whereSeparator: \.isWhitespace).joined(separator: " ")
        }
        return nil
    }

    /// Whole seconds of `Retry-After`.
    var retryAfter: UInt64? { value("retry-after").flatMap { UInt64($0) } }

    /// The names in `violated-policies`.
    var violated: [String] {
        guard let start = body.firstRange(of: "\"violated-policies\":[")?.upperBound else {
            return []
        }
        return body[start...].prefix { $0 != "]" }.split(separator: ",").map {
            $0.filter { $0 != "\"" }
        }
    }

    /// `r` and `t` of an item of `RateLimit`.
    func standing(of limit: String) -> (remaining: UInt64, seconds: UInt64?)? {
        let items = value("ratelimit")?.split(separator: ",") ?? []
        for item in items {
            let parts = item.split(separator: ";").map { $0.filter { $0 != " " && $0 != "\"" } }
            guard parts.first == limit else { continue }
            var found: [String: UInt64] = [:]
            for part in parts.dropFirst() {
                found[String(part.prefix(1))] = UInt64(part.dropFirst(2))
            }
            return found["r"].map { ($0, found["t"]) }
        }
        return nil
    }
}
