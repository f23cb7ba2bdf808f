import Bytes
import Config
import HTTP
import Policy

/// An inquiry carried as far as a request goes without sockets: read, decided upon, ready to be
/// written, all by the code that serves.
struct Rehearsal: ~Copyable {
    enum Ruling {
        /// The bytes are no request.
        case malformed(WireError)
        case decided(Verdict)
    }

    let question: Question
    let plan: Plan
    let ruling: Ruling
    let identity: ClientIdentity
    /// What the gateway answers by itself; `nil` if the request is forwarded.
    let answer: OwnAnswer?
    /// What the limits of its route make of it.
    let limits: LimitRehearsal
    /// What the webhook of its route makes of it; `nil` if it does not come as far.
    let webhook: WebhookRehearsal?
    private let head: RequestHead
    private let journal: Journal

    init(_ inquiry: Inquiry, by plan: Plan) throws(InquiryProblem) {
        let question = try Question(inquiry, to: plan.snapshot)
        let message = question.message
        var head = RequestHead()
        var reader = RequestReader()
        do throws(WireError) {
            _ = try reader.read(message.span, limits: plan.headLimits, into: &head)
        } catch {
            if error == .hostMalformed, !inquiry.namesHost { throw .urlHost(inquiry.url) }
            self.init(malformed: error, question, plan)
            return
        }
        self.init(head, in: message.span, question, plan)
    }

    private init(malformed error: WireError, _ question: Question, _ plan: Plan) {
        self.question = question
        self.plan = plan
        ruling = .malformed(error)
        identity = plan.pipeline.identity(of: question.arrival)
        limits = LimitRehearsal(nil, of: plan)
        webhook = nil
        head = RequestHead()
        var journal = Journal(text: Buffer(capacity: 256))
        journal.note(client: identity.client)
        journal.note(requestID: Self.standIn)
        answer = OwnAnswer(
            content: .problem(ProblemCode(error), .json), isHead: false,
            subject: StampSubject(isSecure: identity.isSecure, journal), connection: .close)
        self.journal = journal
    }

    private init(
        _ head: consuming RequestHead, in bytes: borrowing Span<UInt8>, _ question: Question,
        _ plan: Plan
    ) {
        var scratch = PolicyScratch(tagKey: LoopSeed.fixed.tagKey)
        var verdict = plan.pipeline.decide(
            head, in: bytes, from: question.arrival, at: question.now, scratch: &scratch)
        // No bucket is asked: a fresh one would let the request pass.
        var limits = LimitRehearsal(verdict.route, of: plan)
        var webhook: WebhookRehearsal?
        while let stage = verdict.awaits {
            if case .webhook = stage {
                webhook = WebhookRehearsal(
                    of: verdict, head, in: bytes, plan.snapshot, at: question.now)
                if webhook?.endsRequest == true { break }
            }
            guard limits.pass(stage, head, in: bytes, verdict, &scratch) else {
                verdict.refuse(.limitKeyMissing)
                break
            }
            plan.pipeline.goOn(
                with: &verdict, head, in: bytes, at: question.now, scratch: &scratch)
        }
        var text = Buffer(capacity: head.byteCount + Journal.addedBytesMax)
        text.append(bytes.extracting(0..<head.byteCount))
        var journal = Journal(text: text)
        journal.note(head)
        journal.note(client: verdict.identity.client)
        if verdict.identity.requestID.isEmpty {
            journal.note(requestID: Self.standIn)
        } else {
            journal.note(requestIDAt: verdict.identity.requestID)
        }
        var random = Self.standInRandom
        journal.note(
            TraceParent(
                head, bytes, isTrusted: verdict.identity.isTrustedPeer,
                isSecure: verdict.identity.isSecure, plan.hops.trace, random: &random))
        journal.note(verdict.principal, scratch)
        webhook?.note(in: &journal)
        let persistence = DownstreamMachine.Persistence(answering: head, isDraining: false)
        answer = Self.content(head, in: bytes, verdict, webhook, plan).map { content in
            OwnAnswer(
                content: content, isHead: head.method.isHead,
                subject: StampSubject(verdict, journal),
                connection: persistence.field(isModern: head.version.isModern))
        }
        self.webhook = webhook
        self.question = question
        self.plan = plan
        self.limits = limits
        ruling = .decided(verdict)
        identity = verdict.identity
        self.head = head
        self.journal = journal
    }

    /// What a request is answered with; `nil` if it is forwarded.
    private static func content(
        _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>, _ verdict: Verdict,
        _ webhook: WebhookRehearsal?, _ plan: Plan
    ) -> OwnAnswer.Content? {
        let format = ProblemFormat.preferred(by: head, in: bytes)
        let route = plan.route(verdict.route)
        if let webhook, webhook.endsRequest { return webhook.content(format) }
        switch verdict.action {
        case .forward:
            return route.admits(head.framing) ? nil : .problem(.bodyTooLarge, format)
        case .redirect where !route.canRedirect(head, in: bytes):
            return .problem(.uriTooLong, format)
        default: return OwnAnswer.Content(verdict.action, format)
        }
    }

    /// Stands for a new id while bytes are written.
    static let standIn = RequestID(milliseconds: 0, 0, 0)
    /// Gives the numbers of a new trace.
    static let standInRandom = RandomSource(seed: 0)
}

extension Rehearsal {
    /// `nil` for bytes that are no request.
    var verdict: Verdict? {
        if case .decided(let verdict) = ruling { verdict } else { nil }
    }

    var route: RoutePlan { plan.route(verdict?.route) }

    /// The upstream that the request is forwarded to; `nil` if the gateway answers.
    var upstream: Int? {
        guard answer == nil, case .forward(let upstream)? = verdict?.action else { return nil }
        return upstream
    }

    /// Why a route refuses what it matches; `nil` if it does not.
    var refusalOfRoute: RefusalReason? {
        guard let verdict, verdict.route != nil, case .refuse(let refusal) = verdict.action else {
            return nil
        }
        return refusal.reason
    }

    /// Whether the request asks for another protocol on its connection.
    var isTunnelOffered: Bool { head.options.contains(.upgrade) }

    /// The id that the request keeps; `nil` for a new one.
    var requestID: String? {
        let range = identity.requestID
        return range.isEmpty ? nil : text(range)
    }

    /// The request's `Origin`.
    var origin: String? { head.first(.origin).map { text($0.value) } }

    /// What each route makes of the request.
    func explainRoutes() -> [RouteExplanation] {
        plan.pipeline.explain(head, in: question.message.span, from: question.arrival)
    }

    /// The head that an upstream's first server gets.
    func sent(to upstream: Int) -> String {
        let edits = route.edits
        var output = Buffer(
            capacity: journal.text.count + UpstreamHead.addedBytesMax + edits.requestLines.count)
        UpstreamHead.write(
            head, of: journal, for: identity, arrival: question.arrival,
            host: plan.hosts[upstream].sent(toServer: 0), forwarded: plan.hops.forwarded,
            edits: edits, into: &output)
        return String(decoding: output.copy(), as: UTF8.self)
    }

    /// The head and the body of the gateway's own answer.
    func written(_ answer: OwnAnswer, date: borrowing Buffer) -> (head: String, body: String) {
        let route = route
        var body = Buffer(capacity: BufferPool.largeBytes)
        let limits = limits.notes(status: answer.status(of: route))
        if let webhook, answer.isComposed {
            body.append(webhook.body)
        } else {
            answer.writeBody(route, journal: journal, limits: limits, into: &body)
        }
        var output = Buffer(capacity: answer.headBytesMax(route))
        answer.writeHead(
            route, pipeline: plan.pipeline, head: head, journal: journal, limits: limits,
            bodyBytes: body.count, date: date, into: &output)
        return (
            String(decoding: output.copy(), as: UTF8.self),
            answer.isHead ? "" : String(decoding: body.copy(), as: UTF8.self)
        )
    }

    /// The field lines that an app's response is given, whatever it says; and those that it is
    /// given unless it has its own.
    func stamped() -> (always: [String], yielding: [String]) {
        let always = stamped(onto: [.contentSecurityPolicy, .cacheControl])
        return (always, stamped(onto: []).filter { !always.contains($0) })
    }

    /// The lines for a response that has these fields and no others.
    private func stamped(onto present: FieldNameSet) -> [String] {
        guard let verdict else { return [] }
        let stamp = route.stamp
        let subject = StampSubject(verdict, journal)
        var head = ResponseHead()
        head.present = present
        let notes = limits.notes(status: nil)
        var output = Buffer(capacity: stamp.bytesMax + notes.lines.count)
        let nothing: [UInt8] = []
        journal.text.withReadable { (text: borrowing Span<UInt8>) in
            stamp.append(head, of: nothing.span, except: [], for: subject, in: text, to: &output)
        }
        output.append(notes.lines)
        return String(decoding: output.copy(), as: UTF8.self).split(separator: "\r\n")
            .map(String.init)
    }

    private func text(_ range: ByteRange) -> String {
        String(decoding: range.indices.map { question.message[$0] }, as: UTF8.self)
    }
}
