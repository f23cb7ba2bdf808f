import Bytes
import HTTP
import Policy
import Telemetry

/// What must outlive a request's head: the head itself, to send it again and to log it, and the
/// texts that were settled with it.
///
/// The head is copied as it came, so that the ranges of the reader hold here too.
struct Journal: ~Copyable {
    /// The head, then the client's address, then the request id and the trace's text.
    private(set) var text: Buffer
    /// Where the parts of the log line stand in ``text``.
    private(set) var request: AccessRequest
    /// The value of the request's first `Upgrade`, the only one that is passed on.
    private(set) var upgrade: ByteRange = .empty
    /// The `traceparent` that goes upstream.
    private(set) var traceParent: ByteRange = .empty
    /// What else is known of the trace.
    private(set) var trace: TraceTraits = []
    /// Whom the route's `auth` found the request to be from: a name of a key or a subject.
    private(set) var principal: ByteRange = .empty
    /// The value of `Apus-Webhook` for a delivery that was verified.
    private(set) var webhook: ByteRange = .empty
    /// The event's id in it, as the provider calls it.
    private(set) var webhookID: ByteRange = .empty

    /// Bytes that are noted behind the head at most: an address (45), an id (36), a `traceparent`
    /// (55), a name or subject (255), an app's `Retry-After` (64), a provider and its event's id
    /// (240), the ids of spans (40).
    static let addedBytesMax = 768

    /// - Parameter text: The head alone, with room for ``addedBytesMax`` more; nothing if it could
    ///   not be read.
    init(text: consuming Buffer) {
        self.text = text
        request = AccessRequest()
    }

    /// Notes where the parts of the head stand with which ``text`` begins.
    mutating func note(_ head: borrowing RequestHead) {
        request.method = head.methodName
        request.host = head.authority
        // An absolute target without a path means the root (RFC 9110 §4.2.3): the slash that stands
        // before its authority does for it.
        request.path =
            head.path.isEmpty ? ByteRange(start: head.authority.start - 1, count: 1) : head.path
        request.query = head.query
        request.protocol = head.version.isModern ? .http11 : .http10
        for index in head.fields.indices {
            switch head.fields[index].id {
            case .userAgent: request.userAgent = head.fields[index].value
            case .referer: request.referer = head.fields[index].value
            case .upgrade where upgrade.isEmpty: upgrade = head.fields[index].value
            default: break
            }
        }
    }

    /// - Parameter client: `nil` for a peer on a unix socket.
    mutating func note(client: IPAddress?) {
        let start = text.count
        if let client { client.append(to: &text) } else { text.append("unix") }
        request.clientIP = ByteRange(start, text.count)
    }

    mutating func note(requestID: RequestID) {
        let start = text.count
        requestID.append(to: &text)
        request.requestID = ByteRange(start, text.count)
    }

    /// Keeps the name or subject that a request was admitted by.
    ///
    /// - Parameter scratch: Holds it, from the decision on this request.
    mutating func note(_ principal: Principal, _ scratch: borrowing PolicyScratch) {
        if case .unnamed = principal { return }
        let start = text.count
        scratch.appendPrincipal(to: &text)
        self.principal = ByteRange(start, text.count)
        if case .apiKey = principal { request.keyName = self.principal }
    }

    /// Keeps what the app is told of a delivery that was verified: a structured field of two
    /// members, such as `provider=stripe; id="evt_1"`.
    ///
    /// - Parameter id: Visible ASCII, 128 bytes at most; none if it is empty.
    mutating func note(webhookOf provider: String, id: borrowing Span<UInt8>) {
        let start = text.count
        text.append("provider=")
        text.append(provider.utf8.span)
        if !id.isEmpty {
            text.append("; id=\"")
            let idStart = text.count
            // In runs: ids with something to escape are rare.
            var run = 0
            for index in id.indices
            where id[index] == UInt8(ascii: "\"") || id[index] == UInt8(ascii: "\\") {
                text.append(id.extracting(run..<index))
                text.append("\\")
                run = index
            }
            text.append(id.extracting(run..<id.count))
            webhookID = ByteRange(idStart, text.count)
            text.append("\"")
        }
        webhook = ByteRange(start, text.count)
    }

    /// Keeps an app's `Retry-After`, which is gone before the answer that repeats it is written.
    ///
    /// - Parameter value: At most ``UpstreamError/retryAfterBytesMax`` bytes of `input`.
    /// - Returns: Where it stands.
    mutating func note(retryAfter value: ByteRange, of input: borrowing Buffer) -> ByteRange {
        let start = text.count
        input.withReadable { (bytes: borrowing Span<UInt8>) in text.append(bytes, value) }
        return ByteRange(start, text.count)
    }

    /// Keeps the id that a trusted peer sent.
    ///
    /// - Parameter value: Its place in the head.
    mutating func note(requestIDAt value: ByteRange) { request.requestID = value }

    mutating func note(_ trace: TraceParent) {
        traceParent = ByteRange(start: text.count, count: TraceParent.textBytes)
        request.traceID = TraceParent.traceID(inTextAt: text.count)
        trace.append(to: &text)
        self.trace = trace.traits
    }

    /// Where the ids of a recorded request's spans stand.
    var spanIDs: ByteRange {
        ByteRange(start: traceParent.end, count: TraceParent.idBytes)
    }

    /// Ends the journal.
    ///
    /// - Returns: Its buffer, for the pool.
    consuming func intoText() -> Buffer { text }

    /// Takes the journal out of an exchange that is to end; an empty one is left.
    mutating func take() -> Journal {
        let taken = consume self
        self = Journal(text: Buffer())
        return taken
    }

    /// Takes the buffer alone, for the pool.
    mutating func takeText() -> Buffer { text.take() }

    /// Whether what a 101 switches to is something this request asked for (RFC 9110 §7.8).
    ///
    /// - Parameter input: What the response's head was read from.
    func offers(_ response: borrowing ResponseHead, of input: borrowing Buffer) -> Bool {
        guard let index = response.fields.firstIndex(where: { $0.id == .upgrade }) else {
            return false
        }
        let value = response.fields[index].value
        return input.withReadable { (answer: borrowing Span<UInt8>) in
            text.withReadable { (question: borrowing Span<UInt8>) in
                TokenList.isSubset(answer, value, of: question, upgrade)
            }
        }
    }
}
