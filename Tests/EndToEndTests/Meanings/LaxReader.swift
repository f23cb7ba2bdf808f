/// A reader of requests that takes whatever it can make sense of, as many an app's does: LF ends lines,
/// folded lines are joined, numbers end where their digits do, names are compared without their hyphens.
///
/// Where readers differ from each other, the switches say which one it is.
struct LaxReader {
    /// Of several lengths or hosts the last one counts, not the first.
    var takesLast: Bool
    /// A length counts more than chunks.
    var prefersLength: Bool
    /// CR alone ends a line too.
    var breaksAtReturn: Bool

    static let all: [LaxReader] = [false, true].flatMap { last in
        [false, true].flatMap { length in
            [false, true].map {
                LaxReader(takesLast: last, prefersLength: length, breaksAtReturn: $0)
            }
        }
    }

    /// What a request means to its reader.
    struct Meaning: Equatable {
        let method: String
        let target: String
        let host: String
        let body: [UInt8]
    }

    /// Reads the requests that are whole.
    ///
    /// - Returns: Them, and how many bytes they take.
    func requests(in bytes: [UInt8]) -> (meanings: [Meaning], bytesRead: Int) {
        var meanings: [Meaning] = []
        var place = 0
        while let (meaning, end) = request(in: bytes, from: place) {
            meanings.append(meaning)
            place = end
        }
        return (meanings, place)
    }

    private func request(in bytes: [UInt8], from start: Int) -> (Meaning, Int)? {
        var place = start
        var first = ""
        while first.isEmpty {
            guard let text = line(in: bytes, &place) else { return nil }
            first = text
        }
        guard let fields = fields(in: bytes, &place) else { return nil }
        guard let body = body(of: fields, in: bytes, &place) else { return nil }
        let words = first.split { $0 == " " || $0 == "\t" }
        let meaning = Meaning(
            method: String(words.first ?? ""), target: String(words.dropFirst().first ?? ""),
            host: pick("host", of: fields) ?? "", body: body)
        return (meaning, place)
    }

    /// Reads a line, without its end and without white space around it.
    private func line(in bytes: [UInt8], _ place: inout Int) -> String? {
        rawLine(in: bytes, &place).map(trimmed)
    }

    private func rawLine(in bytes: [UInt8], _ place: inout Int) -> String? {
        var end = place
        while end < bytes.count, bytes[end] != 10, !isReturnAlone(bytes, end) { end += 1 }
        guard end < bytes.count else { return nil }
        let text = latin(bytes[place..<end])
        place = end + 1
        return text
    }

    private func isReturnAlone(_ bytes: [UInt8], _ index: Int) -> Bool {
        breaksAtReturn && bytes[index] == 13 && index + 1 < bytes.count && bytes[index + 1] != 10
    }

    private func trimmed(_ text: String) -> String {
        let isKept: (Character) -> Bool = { !$0.isWhitespace && $0 != "\0" }
        guard let first = text.firstIndex(where: isKept), let last = text.lastIndex(where: isKept)
        else { return "" }
        return String(text[first...last])
    }

    private typealias Fields = [(name: String, value: String)]

    private func fields(in bytes: [UInt8], _ place: inout Int) -> Fields? {
        var fields: Fields = []
        while true {
            guard let raw = rawLine(in: bytes, &place) else { return nil }
            let text = trimmed(raw)
            if text.isEmpty { return fields }
            if raw.first == " " || raw.first == "\t", !fields.isEmpty {
                fields[fields.count - 1].value += " " + text
                continue
            }
            let colon = text.firstIndex(of: ":") ?? text.endIndex
            let name = text[..<colon].lowercased().filter { $0.isLetter || $0.isNumber }
            fields.append((name, trimmed(String(text[colon...].dropFirst()))))
        }
    }

    private func pick(_ name: String, of fields: Fields) -> String? {
        let values = fields.filter { $0.name == name }.map(\.value)
        return takesLast ? values.last : values.first
    }

    private func body(of fields: Fields, in bytes: [UInt8], _ place: inout Int) -> [UInt8]? {
        let length = pick("contentlength", of: fields).map { number($0, radix: 10) }
        let isChunked = fields.contains {
            $0.name == "transferencoding" && $0.value.lowercased().contains("chunked")
        }
        if isChunked && !(prefersLength && length != nil) { return chunks(in: bytes, &place) }
        guard let length else { return [] }
        guard length <= bytes.count - place else { return nil }
        defer { place += length }
        return Array(bytes[place..<place + length])
    }

    private func chunks(in bytes: [UInt8], _ place: inout Int) -> [UInt8]? {
        var body: [UInt8] = []
        while true {
            guard let head = line(in: bytes, &place) else { return nil }
            let size = number(head, radix: 16)
            if size == 0 {
                guard fields(in: bytes, &place) != nil else { return nil }
                return body
            }
            guard size <= bytes.count - place else { return nil }
            body += bytes[place..<place + size]
            place += size
            guard line(in: bytes, &place) != nil else { return nil }
        }
    }

    /// The number that a text begins with; 0 for none, and no more than a test could ever send.
    private func number(_ text: String, radix: Int) -> Int {
        let digits = text.map { $0.isASCII ? Int(String($0), radix: radix) : nil }
        return digits.prefix { $0 != nil }.reduce(0) { min($0 * radix + ($1 ?? 0), 1 << 40) }
    }
}
