/// One message of `Smuggling/*.md`.
struct SmugglingCase {
    let name: String
    let bytes: [UInt8]
    /// What the client gets, the last request left out.
    let statuses: [Int]
    /// Whether the connection goes on after it.
    let isKept: Bool

    /// Reads a file of cases.
    ///
    /// - Throws: ``Unmet`` for a file that is none.
    static func all(in file: String) throws -> [SmugglingCase] {
        var cases: [SmugglingCase] = []
        var name = ""
        var verdict: String?
        var text = ""
        for line in try Tree.text("Smuggling/\(file).md").split(
            separator: "\n", omittingEmptySubsequences: false)
        {
            if let open = verdict {
                if line == "```" {
                    cases.append(try SmugglingCase(name: name, verdict: open, text: text))
                    verdict = nil
                    text = ""
                } else {
                    text += line
                }
            } else if line.hasPrefix("### ") {
                name = String(line.dropFirst(4))
            } else if line.hasPrefix("```") {
                verdict = String(line.dropFirst(3))
            }
        }
        guard verdict == nil else { throw Unmet("\(file).md: \(name) has no end") }
        return cases
    }

    private init(name: String, verdict: String, text: String) throws {
        self.name = name
        let words = verdict.split(separator: " ")
        statuses = words.compactMap { Int($0) }
        isKept = words.last == "kept" || words.last == "200"
        guard let bytes = Self.bytes(text), !statuses.isEmpty else {
            throw Unmet("\(name): unreadable")
        }
        self.bytes = bytes
    }

    /// Resolves escapes; `nil` for one that is unknown.
    private static func bytes(_ text: String) -> [UInt8]? {
        var result: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                result.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "r"): result.append(13)
            case UInt8(ascii: "n"): result.append(10)
            case UInt8(ascii: "t"): result.append(9)
            case UInt8(ascii: "0"): result.append(0)
            case UInt8(ascii: "\\"): result.append(92)
            case UInt8(ascii: "x"):
                guard let value = UInt8(latin(rest.prefix(2)), radix: 16) else { return nil }
                result.append(value)
                rest = rest.dropFirst(2)
            case UInt8(ascii: "{"):
                let inner = latin(rest.prefix { $0 != UInt8(ascii: "}") })
                rest = rest.dropFirst(inner.count + 1)
                let words = inner.split(separator: " ", maxSplits: 1)
                guard words.count == 2, let count = Int(words[0]) else { return nil }
                result += Array(String(repeating: String(words[1]), count: count).utf8)
            default: return nil
            }
        }
        return result
    }
}
