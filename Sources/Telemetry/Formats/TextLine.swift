import Bytes

/// A line for the eyes: time, level and what happened first, the rest as pairs.
///
/// `12:34:56.789 INFO  GET app.example.com/items?page=2 200 12.345ms route=app outcome=proxied …`
/// for a request, `12:34:56.789 WARN  upstream: server could not be connected to reason=…` for
/// anything else.
struct TextLine {
    private let isColoured: Bool
    private var time = 0..<0
    private var level = 0..<0
    private var event = 0..<0
    private var message = 0..<0
    /// Of a request: method, host, path, query, status and duration, as far as they are known.
    private var parts = InlineArray<6, Range<Int>>(repeating: 0..<0)

    init(isColoured: Bool) { self.isColoured = isColoured }

    mutating func append(_ line: borrowing Span<UInt8>, to output: inout Buffer) {
        var members = LineMembers()
        while let member = members.next(line) { take(member, line) }
        appendTime(line, to: &output)
        appendLevel(line, to: &output)
        let isRequest = line.part(event, is: "request")
        if isRequest { appendRequest(line, to: &output) } else { appendEvent(line, to: &output) }
        appendRest(line, isRequest: isRequest, to: &output)
        output.append("\n")
    }

    private mutating func take(_ member: LineMembers.Member, _ line: borrowing Span<UInt8>) {
        switch LogField.named(line, member.key) {
        case .time: time = member.value
        case .level: level = member.value
        case .event: event = member.value
        case .message: message = member.value
        case .method: parts[0] = member.value
        case .host: parts[1] = member.value
        case .path: parts[2] = member.value
        case .query: parts[3] = member.value
        case .status: parts[4] = member.value
        case .duration: parts[5] = member.value
        default: break
        }
    }

    private func appendTime(_ line: borrowing Span<UInt8>, to output: inout Buffer) {
        paint("\u{1B}[2m", &output)
        // Of `2026-03-01T12:34:56.789Z` the day is known to who looks on.
        let clock = time.count == 24 ? time.dropFirst(11).dropLast() : time
        output.append(line.extracting(clock))
        paint("\u{1B}[0m", &output)
    }

    private func appendLevel(_ line: borrowing Span<UInt8>, to output: inout Buffer) {
        output.append(" ")
        if line.part(level, is: "info") {
            paint("\u{1B}[32m", &output)
        } else if line.part(level, is: "warn") {
            paint("\u{1B}[33m", &output)
        } else if !line.part(level, is: "debug") {
            paint("\u{1B}[31m", &output)
        }
        for index in level { output.append(line[index] & 0xDF) }
        paint("\u{1B}[0m", &output)
        for _ in level.count..<max(5, level.count) { output.append(" ") }
    }

    private func appendRequest(_ line: borrowing Span<UInt8>, to output: inout Buffer) {
        output.append(" ")
        output.append(line.extracting(parts[0]))
        if !parts[0].isEmpty { output.append(" ") }
        output.append(line.extracting(parts[1]))
        output.append(line.extracting(parts[2]))
        if !parts[3].isEmpty {
            output.append("?")
            output.append(line.extracting(parts[3]))
        }
        if !parts[4].isEmpty {
            if !parts[2].isEmpty { output.append(" ") }
            switch line[parts[4].lowerBound] {
            case 0x32: paint("\u{1B}[32m", &output)
            case 0x34: paint("\u{1B}[33m", &output)
            case 0x35: paint("\u{1B}[31m", &output)
            default: break
            }
            output.append(line.extracting(parts[4]))
            paint("\u{1B}[0m", &output)
        }
        output.append(" ")
        output.append(line.extracting(parts[5]))
        output.append("ms")
    }

    private func appendEvent(_ line: borrowing Span<UInt8>, to output: inout Buffer) {
        output.append(" ")
        paint("\u{1B}[1m", &output)
        output.append(line.extracting(event))
        paint("\u{1B}[0m", &output)
        output.append(": ")
        output.append(line.extracting(message))
    }

    /// Appends what has no place of its own.
    private func appendRest(
        _ line: borrowing Span<UInt8>, isRequest: Bool, to output: inout Buffer
    ) {
        var members = LineMembers()
        while let member = members.next(line) {
            switch LogField.named(line, member.key) {
            case .time, .level, .event, .message: continue
            case .method, .host, .path, .query, .status, .duration:
                if isRequest { continue }
            default: break
            }
            output.append(" ")
            paint("\u{1B}[2m", &output)
            LogfmtLine.append(member, of: line, to: &output)
            paint("\u{1B}[0m", &output)
        }
    }

    private func paint(_ escape: StaticString, _ output: inout Buffer) {
        if isColoured { output.append(name: escape) }
    }
}
