/// Reads the answers that a client got, one behind the other.
struct AnswerReader {
    struct Answer {
        var head: String
        var body = ""
        var isWhole = false
        /// Whether nothing but the connection's end says where it ends.
        var endsWithConnection = false

        func value(_ name: String) -> String? {
            for line in head.components(separatedBy: "\r\n") {
                let parts = line.split(separator: ":", maxSplits: 1)
                if parts.count == 2, parts[0].lowercased() == name {
                    return String(parts[1].drop { $0 == " " })
                }
            }
            return nil
        }
    }

    private var rest: ArraySlice<UInt8>

    init(_ bytes: [UInt8]) { rest = bytes[...] }

    var isAtEnd: Bool { rest.isEmpty }

    /// The next final answer, perhaps cut short; `nil` if nothing is left.
    mutating func next(toHead isHead: Bool) -> Answer? {
        while !rest.isEmpty {
            guard let end = rest.firstRange(of: Array("\r\n\r\n".utf8)) else {
                rest = []
                return Answer(head: "")
            }
            var answer = Answer(head: String(decoding: rest[..<end.upperBound], as: UTF8.self))
            rest = rest[end.upperBound...]
            let status = Int(answer.head.dropFirst(9).prefix(3)) ?? 0
            if status < 200 { continue }
            readBody(of: &answer, hasNone: isHead || status == 204 || status == 304)
            return answer
        }
        return nil
    }

    private mutating func readBody(of answer: inout Answer, hasNone: Bool) {
        if hasNone {
            answer.isWhole = true
        } else if let length = answer.value("content-length").flatMap({ Int($0) }) {
            answer.isWhole = rest.count >= length
            answer.body = String(decoding: rest.prefix(length), as: UTF8.self)
            rest = rest.dropFirst(length)
        } else if answer.value("transfer-encoding") == "chunked" {
            readChunks(of: &answer)
        } else {
            answer.endsWithConnection = true
            answer.body = String(decoding: rest, as: UTF8.self)
            rest = []
        }
    }

    private mutating func readChunks(of answer: inout Answer) {
        while let line = rest.firstRange(of: Array("\r\n".utf8)) {
            let digits = String(decoding: rest[..<line.lowerBound], as: UTF8.self)
            rest = rest[line.upperBound...]
            guard let size = Int(digits, radix: 16) else { break }
            if size == 0 {
                answer.isWhole = rest.count >= 2
                rest = rest.dropFirst(2)
                return
            }
            answer.body += String(decoding: rest.prefix(size), as: UTF8.self)
            guard rest.count >= size + 2 else { break }
            rest = rest.dropFirst(size + 2)
        }
        rest = []
    }
}
