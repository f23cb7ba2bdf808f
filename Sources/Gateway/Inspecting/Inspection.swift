import Bytes
package import Config
import HTTP
import Policy

/// Says what the gateway would do with a request, without a socket.
///
/// The request is read, decided upon and written by the code that serves: what is shown is what
/// would happen. Only the values of `Date` and of a new request id are stood in for, so that the
/// same question always gets the same answer.
package enum Inspection {
    /// The explanation, several lines of text.
    package static func explain(
        _ inquiry: Inquiry, by snapshot: Snapshot
    ) throws(InquiryProblem) -> String {
        let question = try Question(inquiry, to: snapshot)
        let plan = Plan(snapshot, connections: ConnectionCount(), seed: 0)
        var page = ExplanationPage()
        page.title("\(inquiry.method) \(inquiry.url)")
        let message = question.message
        let bytes = message.span
        var head = RequestHead()
        var reader = RequestReader()
        do throws(WireError) {
            _ = try reader.read(bytes, limits: plan.headLimits, into: &head)
        } catch {
            if error == .hostMalformed, !inquiry.namesHost { throw .urlHost(inquiry.url) }
            explain(error, question, plan, &page)
            return page.text
        }
        explain(head, bytes, question, plan, &page)
        return page.text
    }

    /// Explains why bytes are no request.
    private static func explain(
        _ error: WireError, _ question: Question, _ plan: Plan, _ page: inout ExplanationPage
    ) {
        let identity = plan.pipeline.identity(of: question.arrival)
        page.add(identity, question, requestID: standInID)
        page.section("routes")
        page.line("not asked: the request is malformed (\(error.token))")
        var journal = Journal(text: Buffer(capacity: 256))
        journal.note(client: identity.client)
        journal.note(requestID: standIn)
        let answer = OwnAnswer(
            content: .problem(ProblemCode(error), .json), isHead: false,
            subject: StampSubject(isSecure: identity.isSecure, journal), connection: .close)
        add(answer, of: plan.routeless, RequestHead(), journal, plan, because: nil, &page)
        page.add(plan.snapshot, route: nil)
    }

    private static func explain(
        _ head: borrowing RequestHead, _ bytes: borrowing Span<UInt8>, _ question: Question,
        _ plan: Plan, _ page: inout ExplanationPage
    ) {
        var scratch = PolicyScratch()
        let verdict = plan.pipeline.decide(
            head, in: bytes, from: question.arrival, at: question.now, scratch: &scratch)
        let journal = journal(of: head, bytes, verdict, plan, scratch)
        let requestID = bytes.text(verdict.identity.requestID)
        page.add(
            verdict.identity, question, requestID: requestID.isEmpty ? standInID : requestID)
        page.section("routes")
        if case .refuse(let refusal) = verdict.action, !refusal.reason.comesFromRouting {
            page.line("not asked: the request is refused before (\(refusal.reason.token))")
        } else if case .listMethods = verdict.action {
            page.line("not asked: the request is about the server as a whole")
        } else {
            page.add(
                plan.pipeline.explain(head, in: bytes, from: question.arrival),
                routes: plan.snapshot.routes, taker: verdict.route)
        }
        if let policy = plan.route(verdict.route).stamp.cors {
            page.add(verdict, of: policy, head, in: bytes)
        }
        if let route = verdict.route { page.add(plan.snapshot.routes[route], verdict) }
        if case .forward(let upstream) = verdict.action,
            plan.route(verdict.route).admits(head.framing)
        {
            forward(head, verdict, to: upstream, journal, question, plan, &page)
        } else {
            answer(head, bytes, verdict, journal, plan, &page)
        }
        page.add(plan.snapshot, route: verdict.route)
    }

    private static func journal(
        of head: borrowing RequestHead, _ bytes: borrowing Span<UInt8>, _ verdict: Verdict,
        _ plan: Plan, _ scratch: borrowing PolicyScratch
    ) -> Journal {
        var journal = Journal(
            head, in: bytes, text: Buffer(capacity: head.byteCount + Journal.addedBytesMax))
        journal.note(client: verdict.identity.client)
        if verdict.identity.requestID.isEmpty {
            journal.note(requestID: standIn)
        } else {
            journal.note(requestIDAt: verdict.identity.requestID)
        }
        var random = standInRandom
        journal.note(
            TraceParent(
                head, bytes, isTrusted: verdict.identity.isTrustedPeer, plan.hops.trace,
                random: &random))
        journal.note(verdict.principal, scratch)
        return journal
    }

    // MARK: What happens

    private static func forward(
        _ head: borrowing RequestHead, _ verdict: Verdict, to index: Int,
        _ journal: borrowing Journal, _ question: Question, _ plan: Plan,
        _ page: inout ExplanationPage
    ) {
        let upstream = plan.snapshot.upstreams[index]
        page.section("action")
        page.add(upstream, isTunnelOffered: head.options.contains(.upgrade))
        let edits = plan.route(verdict.route).edits
        var output = Buffer(
            capacity: journal.text.count + UpstreamHead.addedBytesMax + edits.requestLines.count)
        UpstreamHead.write(
            head, of: journal, for: verdict.identity, arrival: question.arrival,
            host: plan.hosts[index].sent(toServer: 0), forwarded: plan.hops.forwarded,
            edits: edits, into: &output)
        page.section("sent to \(upstream.servers[0].text)")
        page.lines(shown(output))
        addStamp(plan.route(verdict.route).stamp, StampSubject(verdict, journal), journal, &page)
    }

    /// Adds what every response of the app gets.
    private static func addStamp(
        _ stamp: ResponseStamp, _ subject: StampSubject, _ journal: borrowing Journal,
        _ page: inout ExplanationPage
    ) {
        /// The lines of an app's response that has these fields and no others.
        func added(_ present: FieldNameSet) -> [Substring] {
            var head = ResponseHead()
            head.present = present
            var output = Buffer(capacity: stamp.bytesMax)
            let nothing: [UInt8] = []
            journal.text.withReadable { (text: borrowing Span<UInt8>) in
                stamp.append(
                    head, of: nothing.span, except: [], for: subject, in: text, to: &output)
            }
            return shown(output).split(separator: "\r\n")
        }
        let security = stamp.security
        let always = added([.contentSecurityPolicy, .cacheControl])
        page.section("added to the response")
        page.lines(always.joined(separator: "\r\n"))
        let yielding = added([]).filter { !always.contains($0) }
        if !yielding.isEmpty {
            page.section("added unless the app sends its own")
            page.lines(yielding.joined(separator: "\r\n"))
        }
        if !security.removed.isEmpty {
            page.section("taken out of the response")
            page.line("the app's own copies of what is added above, and what is removed by name")
            if stamp.cors != nil { page.line("what the app says of CORS: Access-Control-*") }
            if security.removed.known.contains(.server) {
                page.line("what tells how the app is made: Server, X-Powered-By and their like")
            }
        }
    }

    private static func answer(
        _ head: borrowing RequestHead, _ bytes: borrowing Span<UInt8>, _ verdict: Verdict,
        _ journal: borrowing Journal, _ plan: Plan, _ page: inout ExplanationPage
    ) {
        let format = ProblemFormat.preferred(by: head, in: bytes)
        var content = OwnAnswer.Content(verdict.action, format)
        let route = plan.route(verdict.route)
        if case .forward = verdict.action { content = .problem(.bodyTooLarge, format) }
        if case .redirect = verdict.action, !route.canRedirect(head, in: bytes) {
            content = .problem(.uriTooLong, format)
        }
        let persistence = DownstreamMachine.Persistence(
            answering: head, isDraining: false)
        let answer = OwnAnswer(
            content: content, isHead: head.method.isHead, subject: StampSubject(verdict, journal),
            connection: persistence.field(isModern: head.version.isModern))
        var why: RefusalReason?
        if verdict.route != nil, case .refuse(let refusal) = verdict.action { why = refusal.reason }
        add(answer, of: route, head, journal, plan, because: why, &page)
    }

    /// Adds an answer of the gateway as it would leave.
    ///
    /// - Parameter why: Of a route that refuses what it matches.
    private static func add(
        _ answer: OwnAnswer, of route: RoutePlan, _ head: borrowing RequestHead,
        _ journal: borrowing Journal, _ plan: Plan, because why: RefusalReason?,
        _ page: inout ExplanationPage
    ) {
        var body = Buffer(capacity: BufferPool.largeBytes)
        answer.writeBody(route, journal: journal, into: &body)
        var date = Buffer(capacity: 16)
        date.append("<now>")
        var output = Buffer(capacity: answer.headBytesMax(route))
        answer.writeHead(
            route, pipeline: plan.pipeline, head: head, journal: journal, bodyBytes: body.count,
            date: date, into: &output)
        page.section("action")
        page.line("answered by the gateway")
        if let why { page.line("the route refuses it: \(why.token)") }
        page.section("answer")
        page.lines(shown(output))
        if !answer.isHead { page.add(body: shown(body)) }
    }

    // MARK: Stand-ins

    /// Stands for a new id while bytes are written.
    private static let standIn = RequestID(milliseconds: 0, 0, 0)
    private static let standInID = "<new>"
    /// For a new trace; its numbers are shown as ``standInID`` too.
    private static let standInRandom = RandomSource(seed: 0)
    private static let standInDigits: [String] = {
        var random = standInRandom
        let words = (0..<3).map { _ in random.next() }
        return words.map { word in
            let digits = String(word, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }
    }()

    private static func shown(_ buffer: borrowing Buffer) -> String {
        var text = Buffer(capacity: RequestID.textBytes)
        standIn.append(to: &text)
        return String(decoding: buffer.copy(), as: UTF8.self)
            .replacing(String(decoding: text.copy(), as: UTF8.self), with: standInID)
            .replacing(standInDigits[1] + standInDigits[2], with: standInID)
            .replacing(standInDigits[0], with: standInID)
    }
}

extension RefusalReason {
    /// Whether routes were asked: what they said of the request then explains the refusal.
    fileprivate var comesFromRouting: Bool {
        switch self {
        case .noRoute, .methodNotAllowed, .accessDenied, .crossSite, .contentTypeRefused,
            .foreignOrigin, .preflightOrigin, .preflightMethod, .preflightHeaders, .authMissing,
            .authMalformed, .authUnknownKey, .authWrongSecret, .jwtTooLarge, .jwtMalformed,
            .jwtAlgorithm, .jwtCritical, .jwtUnknownKey, .jwtSignature, .jwtClaims, .jwtExpired,
            .jwtNotYetValid, .jwtIssuer, .jwtAudience, .jwtSubject:
            true
        case .methodRefused, .badEscape, .nulInPath, .pathAboveRoot, .pathNotRooted, .ambiguousPath:
            false
        }
    }
}

extension Span<UInt8> {
    fileprivate func text(_ range: ByteRange) -> String {
        var text: [UInt8] = []
        for index in range.indices { text.append(self[index]) }
        return String(decoding: text, as: UTF8.self)
    }
}
