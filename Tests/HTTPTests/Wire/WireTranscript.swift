import Bytes

@testable import HTTP

/// Reads messages as a connection does, from bytes that come in pieces, and writes down what was
/// read.
struct WireTranscript {
    private let limits: HeadLimits
    private(set) var lines: [String] = []
    /// Bytes that came and were not consumed.
    private var waiting: [UInt8] = []
    private var pendingData: [UInt8] = []
    private var body = BodyReader(.none)
    private var isInBody = false
    private var isOver = false

    init(limits: HeadLimits) { self.limits = limits }

    /// The transcript of bytes that come in the given pieces.
    static func of(_ input: WireInput, in pieces: [ArraySlice<UInt8>]) -> [String] {
        var transcript = WireTranscript(limits: input.limits)
        switch input.kind {
        case .request: transcript.readRequests(pieces)
        case .response(let methods): transcript.readResponses(pieces, to: methods)
        case .chunked: transcript.readChunked(pieces)
        }
        return transcript.lines
    }

    private mutating func readRequests(_ pieces: [ArraySlice<UInt8>]) {
        var reader = RequestReader()
        var head = RequestHead()
        readMessages(pieces) { (transcript: inout WireTranscript) throws(WireError) in
            let progress = try reader.read(
                transcript.waiting.span, limits: transcript.limits, into: &head)
            guard progress == .complete else { return nil }
            let line = WireDescription.line(of: head, in: transcript.waiting)
            transcript.note(line, head.fields, byteCount: head.byteCount)
            return head.framing
        }
    }

    private mutating func readResponses(
        _ pieces: [ArraySlice<UInt8>], to methods: [HTTP.Method]
    ) {
        var reader = ResponseReader()
        var head = ResponseHead()
        var methods = methods[...]
        readMessages(pieces) { (transcript: inout WireTranscript) throws(WireError) in
            let progress = try reader.read(
                transcript.waiting.span, to: methods.first ?? .get, limits: transcript.limits,
                into: &head)
            guard progress == .complete else { return nil }
            let line = WireDescription.line(of: head, in: transcript.waiting)
            transcript.note(line, head.fields, byteCount: head.byteCount)
            if !head.isInterim { methods = methods.dropFirst() }
            return head.framing
        }
    }

    /// Reads heads and bodies in turn.
    ///
    /// - Parameter readHead: Notes the head that stands first and says how its body is framed;
    ///   `nil` if it is not whole.
    private mutating func readMessages(
        _ pieces: [ArraySlice<UInt8>],
        _ readHead: (inout WireTranscript) throws(WireError) -> BodyFraming?
    ) {
        for piece in pieces {
            waiting += piece
            while !isOver {
                if isInBody {
                    guard readBody() else { break }
                    continue
                }
                if waiting.isEmpty { break }
                do {
                    guard let framing = try readHead(&self) else { break }
                    body = BodyReader(framing)
                    isInBody = true
                } catch {
                    fail(error)
                    break
                }
            }
        }
        finish()
    }

    private mutating func note(_ line: String, _ fields: [Field], byteCount: Int) {
        lines.append(line)
        lines += WireDescription.fields(fields, in: waiting)
        waiting.removeFirst(byteCount)
    }

    private mutating func readChunked(_ pieces: [ArraySlice<UInt8>]) {
        body = BodyReader(.chunked)
        isInBody = true
        for piece in pieces {
            waiting += piece
            while !isOver, isInBody {
                guard readBody() else { break }
            }
        }
        if !isInBody, !waiting.isEmpty {
            lines.append("rest \(WireDescription.quoted(waiting))")
            waiting = []
        }
        finish()
    }

    /// Takes one step in a body.
    ///
    /// - Returns: Whether another step may be possible.
    private mutating func readBody() -> Bool {
        var trailers: [Field] = []
        let bytes = waiting
        do {
            switch try body.read(bytes.span, trailers: &trailers) {
            case .data(let range):
                pendingData += waiting[range.indices]
                waiting.removeFirst(range.end)
                return true
            case .needsMore(let consumed):
                waiting.removeFirst(consumed)
                return false
            case .end(let consumed):
                flush()
                lines += trailers.map { field in
                    "trailer " + WireDescription.line(of: field, in: waiting)
                }
                waiting.removeFirst(consumed)
                lines.append("end")
                isInBody = false
                return true
            }
        } catch {
            fail(error)
            return false
        }
    }

    private mutating func flush() {
        if !pendingData.isEmpty { lines.append("data \(WireDescription.quoted(pendingData))") }
        pendingData = []
    }

    private mutating func fail(_ error: WireError) {
        flush()
        lines.append("error \(WireDescription.text(error.token)) \(error.status)")
        isOver = true
    }

    /// The connection ends.
    private mutating func finish() {
        flush()
        guard !isOver else { return }
        if isInBody {
            do {
                try body.endOfInput()
                lines.append("end")
            } catch {
                lines.append("more")
            }
        } else if !waiting.isEmpty {
            lines.append("more")
        }
    }
}
