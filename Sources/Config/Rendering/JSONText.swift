/// A JSON value to be written; objects keep their order, so that a rendering is always the same.
indirect enum JSONText {
    case text(String)
    case integer(Int)
    case bool(Bool)
    case list([JSONText])
    case object([(String, JSONText)])

    /// Two spaces for each level, a line for each member; lists of plain values on one line.
    func rendered(indent: String = "") -> String {
        let inner = indent + "  "
        switch self {
        case .text(let text): return Self.quoted(text)
        case .integer(let number): return "\(number)"
        case .bool(let bool): return bool ? "true" : "false"
        case .list(let values):
            let isFlat = values.allSatisfy(\.isPlain)
            let rendered = values.map { $0.rendered(indent: inner) }
            if isFlat { return "[\(rendered.joined(separator: ", "))]" }
            return "[\n\(inner)\(rendered.joined(separator: ",\n\(inner)"))\n\(indent)]"
        case .object(let members):
            let lines = members.map { "\(Self.quoted($0.0)): \($0.1.rendered(indent: inner))" }
            if lines.isEmpty { return "{}" }
            return "{\n\(inner)\(lines.joined(separator: ",\n\(inner)"))\n\(indent)}"
        }
    }

    private var isPlain: Bool {
        switch self {
        case .text, .integer, .bool: true
        case .list, .object: false
        }
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\n": quoted += "\\n"
            case "\u{0}"..<" ":
                let code = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - code.count) + code
            default: quoted += String(scalar)
            }
        }
        return quoted + "\""
    }
}
