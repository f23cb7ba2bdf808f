import Bytes

@testable import HTTP

/// What must hold for any bytes.
///
/// Tests try it on the corpora, and the fuzzers on what they come up with.
///
/// Each check gives `nil`, or says what does not hold.
enum WireInvariants {
    /// Small enough for a fuzzer to exceed.
    static let limits = HeadLimits(startLineBytesMax: 100, fieldBytesMax: 300, fieldCountMax: 12)

    static func check(_ kind: WireInput.Kind, _ bytes: [UInt8], division: Int) -> String? {
        let test = WireInput(kind: kind, limits: limits, bytes: bytes)
        let whole = WireTranscript.of(test, in: [bytes[...]])
        let place = bytes.isEmpty ? 0 : division % bytes.count
        let halves = WireTranscript.of(test, in: [bytes[..<place], bytes[place...]])
        if halves != whole { return "split at \(place): \(halves) is not \(whole)" }
        if bytes.count < 400 {
            let single = WireTranscript.of(test, in: bytes.indices.map { bytes[$0...$0] })
            if single != whole { return "byte by byte: \(single) is not \(whole)" }
        }
        switch kind {
        case .request: return WireRewriting.checkRequest(bytes)
        case .response(let methods): return WireRewriting.checkResponse(bytes, methods.first)
        case .chunked: return WireRewriting.checkChunked(bytes)
        }
    }
}

/// What is written anew in canonical form must be read as what it was.
enum WireRewriting {
    private static let limits = HeadLimits(
        startLineBytesMax: 8192, fieldBytesMax: 65536, fieldCountMax: 1000)
    private static let framingNames: FieldNameSet = [.contentLength, .transferEncoding]

    static func checkRequest(_ bytes: [UInt8]) -> String? {
        var head = RequestHead()
        guard
            isComplete({ () throws(WireError) in
                var reader = RequestReader()
                return try reader.read(bytes.span, limits: WireInvariants.limits, into: &head)
            })
        else { return nil }
        let dropped = FieldNameSet.hopByHop.union(framingNames).union([.host])
        var buffer = Buffer(capacity: 65536)
        buffer.appendRequestLine(of: head, path: head.path, in: bytes.span)
        if head.authority.isEmpty {
            buffer.appendField(name: "Host", value: "nobody")
        } else {
            buffer.appendField(name: "Host", value: head.authority, of: bytes.span)
        }
        buffer.appendForwarded(head.fields, of: bytes.span, except: dropped)
        append(head.framing, to: &buffer)
        let written = copy(buffer)
        var again = RequestHead()
        guard
            isComplete({ () throws(WireError) in
                var reader = RequestReader()
                return try reader.read(written.span, limits: limits, into: &again)
            })
        else { return "refused when written anew: \(WireDescription.quoted(written))" }
        let isSameTarget =
            text(written, again.query) == text(bytes, head.query)
            && [text(bytes, head.path), "\"/\"", "\"*\""].contains(text(written, again.path))
        let isSame =
            again.byteCount == written.count && again.method == head.method
            && text(written, again.methodName) == text(bytes, head.methodName)
            && again.framing == head.framing && again.form != .absolute
            && (head.authority.isEmpty
                || text(written, again.authority) == text(bytes, head.authority))
        guard isSame, isSameTarget else {
            return "another head when written anew: \(WireDescription.quoted(written))"
        }
        return compare(kept(head.fields, bytes, dropped), kept(again.fields, written, dropped))
    }

    static func checkResponse(_ bytes: [UInt8], _ method: HTTP.Method?) -> String? {
        let method = method ?? .get
        var head = ResponseHead()
        guard
            isComplete({ () throws(WireError) in
                var reader = ResponseReader()
                return try reader.read(
                    bytes.span, to: method, limits: WireInvariants.limits, into: &head)
            })
        else { return nil }
        let dropped = FieldNameSet.hopByHop.union(framingNames)
        var buffer = Buffer(capacity: 65536)
        buffer.appendStatusLine(head.status, reason: head.reason, of: bytes.span)
        buffer.appendForwarded(head.fields, of: bytes.span, except: dropped)
        append(head.framing, to: &buffer)
        let written = copy(buffer)
        var again = ResponseHead()
        guard
            isComplete({ () throws(WireError) in
                var reader = ResponseReader()
                return try reader.read(written.span, to: method, limits: limits, into: &again)
            })
        else { return "refused when written anew: \(WireDescription.quoted(written))" }
        guard again.byteCount == written.count, again.status == head.status,
            text(written, again.reason) == text(bytes, head.reason),
            again.framing == head.framing
        else { return "another head when written anew: \(WireDescription.quoted(written))" }
        return compare(kept(head.fields, bytes, dropped), kept(again.fields, written, dropped))
    }

    static func checkChunked(_ bytes: [UInt8]) -> String? {
        guard let first = chunks(bytes) else { return nil }
        var buffer = Buffer(capacity: 65536)
        for chunk in first.data {
            buffer.appendChunkHead(byteCount: chunk.count)
            buffer.append(chunk)
            buffer.appendChunkEnd()
        }
        buffer.append("0\r\n")
        for line in first.trailers { buffer.append(Array(line.utf8)) }
        buffer.appendLineEnd()
        guard let second = chunks(copy(buffer)) else { return "refused when written anew" }
        let isSame = Array(first.data.joined()) == Array(second.data.joined())
        return isSame && first.trailers == second.trailers ? nil : "another body when written anew"
    }

    /// The data and the trailer lines of a whole body; `nil` if it is anything else.
    private static func chunks(_ bytes: [UInt8]) -> (data: [[UInt8]], trailers: [String])? {
        var reader = BodyReader(.chunked)
        var trailers: [Field] = []
        var data: [[UInt8]] = []
        var rest = bytes
        while true {
            guard let progress = try? reader.read(rest.span, trailers: &trailers) else {
                return nil
            }
            switch progress {
            case .needsMore: return nil
            case .data(let range):
                data.append(Array(rest[range.indices]))
                rest.removeFirst(range.end)
            case .end:
                var buffer = Buffer(capacity: 65536)
                var lines: [String] = []
                for field in trailers {
                    buffer.removeAll()
                    buffer.appendForwarded([field], of: rest.span, except: [])
                    lines.append(String(decoding: copy(buffer), as: UTF8.self))
                }
                // Bytes above 0x7f do not survive in a string: such trailers are left out.
                return (data, lines.filter { $0.utf8.allSatisfy { $0 < 128 } })
            }
        }
    }

    private static func isComplete(_ read: () throws(WireError) -> HeadProgress) -> Bool {
        (try? read()) == .complete
    }

    private static func append(_ framing: BodyFraming, to buffer: inout Buffer) {
        switch framing {
        case .none, .untilClose: break
        case .length(let count): buffer.appendField(name: "Content-Length", decimal: count)
        case .chunked: buffer.appendField(name: "Transfer-Encoding", value: "chunked")
        }
        buffer.appendLineEnd()
    }

    private static func kept(
        _ fields: [Field], _ bytes: [UInt8], _ dropped: FieldNameSet
    ) -> [String] {
        fields.filter { field in
            !dropped.contains(field.id)
                && field.traits.isDisjoint(with: [.nominated, .disguised])
        }.map { WireDescription.name(and: $0, in: bytes) }
    }

    private static func compare(_ before: [String], _ after: [String]) -> String? {
        before == after ? nil : "\(before) became \(after)"
    }

    static func text(_ bytes: [UInt8], _ range: ByteRange) -> String {
        WireDescription.quoted(Array(bytes[range.indices]), runs: false)
    }

    static func copy(_ buffer: borrowing Buffer) -> [UInt8] {
        buffer.withReadable { bytes in
            var copy: [UInt8] = []
            for index in 0..<bytes.count { copy.append(bytes[index]) }
            return copy
        }
    }
}
