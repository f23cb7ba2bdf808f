/// A JSON value to be written; objects keep their order, so that a rendering is always the same.
///
/// No text needs more than escapes: a string of Swift is valid UTF-8 by itself.
package indirect enum JSONTree: Sendable {
    case text(String)
    case integer(Int)
    /// A number in units of 1 / 10ⁿ, n being `places`: 1234 and 3 for 1.234.
    case decimal(Int, places: Int)
    case null
    case bool(Bool)
    case list([JSONTree])
    case object([(String, JSONTree)])

    /// Two spaces for each level, a line for each member; lists of plain values on one line.
    package func rendered(indent: String = "") -> String {
        let inner = indent + "  "
        switch self {
        case .text(let text): return Self.quoted(text)
        case .integer, .decimal, .null: return compact
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

    /// On one line, without spaces.
    package var compact: String {
        switch self {
        case .text(let text): Self.quoted(text)
        case .integer(let number): "\(number)"
        case .decimal(let units, let places): Self.decimal(units, places)
        case .null: "null"
        case .bool(let bool): bool ? "true" : "false"
        case .list(let values): "[" + values.map(\.compact).joined(separator: ",") + "]"
        case .object(let members):
            "{" + members.map { "\(Self.quoted($0.0)):\($0.1.compact)" }.joined(separator: ",")
                + "}"
        }
    }

    private static func decimal(_ units: Int, _ places: Int) -> String {
        var digits = "\(units.magnitude)"
        guard places > 0 else { return "\(units)" }
        while digits.count <= places { digits = "0" + digits }
        return (units < 0 ? "-" : "") + "\(digits.dropLast(places)).\(digits.suffix(places))"
    }

    private var isPlain: Bool {
        switch self {
        case .text, .integer, .decimal, .null, .bool: true
        case .list, .object: false
        }
    }

    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case "\n": quoted += "\\n"
            case "\u{0}"..<" ", "\u{7f}", "\u{2028}", "\u{2029}":
                let code = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - code.count) + code
            default: quoted += String(scalar)
            }
        }
        return quoted + "\""
    }
}
