import Bytes

/// `key=value` pairs, separated by spaces; a value is quoted if it is empty or holds a space, `=`,
/// a quote or an escape, and its escapes are those of JSON.
enum LogfmtLine {
    static func append(_ line: borrowing Span<UInt8>, to output: inout Buffer) {
        var members = LineMembers()
        var isFirst = true
        while let member = members.next(line) {
            if !isFirst { output.append(" ") }
            isFirst = false
            append(member, of: line, to: &output)
        }
        output.append("\n")
    }

    /// Appends one pair.
    static func append(
        _ member: LineMembers.Member, of line: borrowing Span<UInt8>, to output: inout Buffer
    ) {
        output.append(line.extracting(member.key))
        output.append("=")
        let isQuoted = member.isText && needsQuotes(line.extracting(member.value))
        if isQuoted { output.append("\"") }
        output.append(line.extracting(member.value))
        if isQuoted { output.append("\"") }
    }

    private static func needsQuotes(_ value: borrowing Span<UInt8>) -> Bool {
        if value.isEmpty { return true }
        for index in value.indices {
            let byte = value[index]
            // A quote within a value stands behind a backslash.
            if byte <= 0x20 || byte == 0x3D || byte == 0x5C { return true }
        }
        return false
    }
}
