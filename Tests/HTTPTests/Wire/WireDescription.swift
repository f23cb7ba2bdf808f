import Bytes

@testable import HTTP

/// The lines of a transcript.
enum WireDescription {
    static func line(of head: borrowing RequestHead, in bytes: [UInt8]) -> String {
        var parts = [string(bytes, head.methodName)]
        switch head.form {
        case .origin: break
        case .absolute: parts.append("absolute")
        case .asterisk: parts.append("asterisk")
        }
        let target = string(bytes, head.path) + string(bytes, head.query)
        if !target.isEmpty { parts.append(target) }
        var line = parts.joined(separator: " ")
        if !head.authority.isEmpty { line += ", host \(string(bytes, head.authority))" }
        return line + tail(head.version, head.framing, head.options)
    }

    static func line(of head: borrowing ResponseHead, in bytes: [UInt8]) -> String {
        var line = "\(head.status)"
        if !head.reason.isEmpty { line += " " + quoted(Array(bytes[head.reason.indices])) }
        return line + tail(head.version, head.framing, head.options)
    }

    private static func tail(
        _ version: HTTPVersion, _ framing: BodyFraming, _ options: ConnectionOptions
    ) -> String {
        var parts: [String] = []
        if version == .http10 { parts.append("1.0") }
        switch framing {
        case .none: break
        case .length(let count): parts.append("length \(count)")
        case .chunked: parts.append("chunked")
        case .untilClose: parts.append("until close")
        }
        if options.contains(.close) { parts.append("close") }
        if options.contains(.keepAlive) { parts.append("keep-alive") }
        if options.contains(.upgrade) { parts.append("upgrade") }
        if options.contains(.expectContinue) { parts.append("continue") }
        if options.contains(.trailers) { parts.append("trailers") }
        return parts.map { ", " + $0 }.joined()
    }

    static func fields(_ fields: [Field], in bytes: [UInt8]) -> [String] {
        fields.map { "field " + line(of: $0, in: bytes) }
    }

    /// `"Name" "value"`, the known name's case, and the traits.
    static func line(of field: Field, in bytes: [UInt8]) -> String {
        var parts = [
            quoted(Array(bytes[field.name.indices])), quoted(Array(bytes[field.value.indices])),
        ]
        if field.id != .other { parts.append("\(field.id)") }
        if field.traits.contains(.canonical) { parts.append("canonical") }
        if field.traits.contains(.nominated) { parts.append("nominated") }
        if field.traits.contains(.disguised) { parts.append("disguised") }
        return parts.joined(separator: " ")
    }

    static func name(and field: Field, in bytes: [UInt8]) -> String {
        quoted(Array(bytes[field.name.indices])) + quoted(Array(bytes[field.value.indices]))
    }

    static func string(_ bytes: [UInt8], _ range: ByteRange) -> String {
        String(decoding: bytes[range.indices], as: UTF8.self)
    }

    static func text(_ text: StaticString) -> String { "\(text)" }

    /// In the notation of the cases.
    ///
    /// With `runs`, runs of more than 40 equal bytes are written as their length.
    static func quoted(_ bytes: [UInt8], runs: Bool = true) -> String {
        var result = "\""
        var place = 0
        while place < bytes.count {
            let byte = bytes[place]
            let runEnd = bytes[place...].firstIndex { $0 != byte } ?? bytes.count
            if runs, runEnd - place > 40 {
                result += "\\{\(runEnd - place) \(escaped(byte))}"
                place = runEnd
            } else {
                result += escaped(byte)
                place += 1
            }
        }
        return result + "\""
    }

    private static func escaped(_ byte: UInt8) -> String {
        switch byte {
        case 13: return "\\r"
        case 10: return "\\n"
        case 9: return "\\t"
        case 0: return "\\0"
        case UInt8(ascii: "\\"): return "\\\\"
        case 0x20..<0x7f: return String(UnicodeScalar(byte))
        default:
            let digits = String(byte, radix: 16)
            return "\\x" + (digits.count == 1 ? "0" + digits : digits)
        }
    }
}
