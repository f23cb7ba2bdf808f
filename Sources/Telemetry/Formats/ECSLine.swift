import Bytes

/// JSON with the names of the Elastic Common Schema; what it has no name for is under `apus.`.
enum ECSLine {
    static func append(_ line: borrowing Span<UInt8>, to output: inout Buffer) {
        var members = LineMembers()
        output.append("{")
        while let member = members.next(line) {
            let field = LogField.named(line, member.key)
            if let field {
                output.append(field == .time ? "\"" : ",\"")
                output.append(name: field.ecs)
            } else {
                output.append(",\"apus.")
                output.append(line.extracting(member.key))
            }
            output.append("\":")
            append(member, field, of: line, to: &output)
            // The names that readers of such logs look for come first.
            if field == .level { output.append(",\"ecs.version\":\"8.11.0\"") }
        }
        output.append("}\n")
    }

    private static func append(
        _ member: LineMembers.Member, _ field: LogField?, of line: borrowing Span<UInt8>,
        to output: inout Buffer
    ) {
        switch field {
        case .duration: appendNanoseconds(line.extracting(member.value), to: &output)
        case .protocol where member.value.count > 5:
            output.append("\"")
            // Without `HTTP/`.
            output.append(line.extracting(member.value.dropFirst(5)))
            output.append("\"")
        default:
            if member.isText { output.append("\"") }
            output.append(line.extracting(member.value))
            if member.isText { output.append("\"") }
        }
    }

    /// Appends milliseconds with three decimals as nanoseconds.
    private static func appendNanoseconds(_ text: borrowing Span<UInt8>, to output: inout Buffer) {
        var isBegun = false
        for index in text.indices where text[index] != 0x2E {
            if !isBegun, text[index] == 0x30 { continue }
            isBegun = true
            output.append(text[index])
        }
        output.append(isBegun ? "000" : "0")
    }
}
