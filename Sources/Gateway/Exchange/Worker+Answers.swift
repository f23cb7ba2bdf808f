import Bytes
import HTTP
import Linux
import Policy
import Telemetry

/// Answers that the gateway gives by itself.
extension Worker where Kernel: ~Copyable {
    /// Answers the request in `desk.requestHead` without an exchange, and logs it.
    ///
    /// - Parameter limits: What its limits made of it, which is told here.
    /// - Returns: What becomes of the connection once the answer is sent.
    mutating func answer(
        _ d: UInt32, _ verdict: Verdict, _ journal: consuming Journal, _ limits: LimitTrace
    ) -> DownstreamMachine.Persistence {
        var record = AccessRecord(outcome: .answered)
        let content = content(of: verdict, journal, ledger: limits.ledger, &record)
        return answer(d, content, verdict, journal, record, limits)
    }

    /// What a verdict's answer says; its record learns how the request ended.
    mutating func content(
        of verdict: Verdict, _ journal: borrowing Journal, ledger: UInt32,
        _ record: inout AccessRecord
    ) -> OwnAnswer.Content {
        let format = problemFormat(of: journal)
        record.outcome = .answered
        switch verdict.action {
        case .health(.ready): return readiness()
        case .redirect where !canRedirect(verdict.route, journal):
            record.outcome = .uriTooLong
            return .problem(.uriTooLong, format)
        case .refuse(let refusal):
            record.outcome = Outcome(refusal.code)
            record.reason = refusal.reason.token
            switch refusal.reason {
            case .crossSite: sight.noteCrossSite(journal, isRefused: true)
            case .limitReached: tellRefusal(ledger, journal)
            case .maintenance: return maintenance(of: verdict, journal, format)
            default: break
            }
            return OwnAnswer.Content.problem(
                refusal.code, format, of: refusal, retryAfter: retryAfter(ledger))
        default: return OwnAnswer.Content(verdict.action, format)
        }
    }

    private func problemFormat(of journal: borrowing Journal) -> ProblemFormat {
        journal.text.withReadable { (bytes: borrowing Span<UInt8>) in
            ProblemFormat.preferred(by: desk.requestHead, in: bytes)
        }
    }

    private func canRedirect(_ route: Int?, _ journal: borrowing Journal) -> Bool {
        journal.text.withReadable { (bytes: borrowing Span<UInt8>) in
            plan.route(route).canRedirect(desk.requestHead, in: bytes)
        }
    }

    /// Answers the request in `desk.requestHead` with a problem, before an exchange was made of it.
    mutating func answer(
        _ d: UInt32, _ code: ProblemCode, _ verdict: Verdict, _ journal: consuming Journal,
        _ limits: LimitTrace
    ) -> DownstreamMachine.Persistence {
        let record = AccessRecord(outcome: Outcome(code))
        let format = problemFormat(of: journal)
        return answer(d, .problem(code, format), verdict, journal, record, limits)
    }

    private mutating func answer(
        _ d: UInt32, _ content: OwnAnswer.Content, _ verdict: Verdict,
        _ journal: consuming Journal, _ record: AccessRecord, _ limits: LimitTrace
    ) -> DownstreamMachine.Persistence {
        let persistence = DownstreamMachine.Persistence(
            answering: desk.requestHead, isDraining: turn.drain != nil)
        var record = record
        record.route = verdict.route.map { UInt16(truncatingIfNeeded: $0) }
        let answer = OwnAnswer(
            content: content, isHead: desk.requestHead.method.isHead,
            subject: StampSubject(verdict, journal),
            connection: persistence.field(isModern: desk.requestHead.version.isModern))
        compose(answer, d, route: verdict.route, journal, limits, &record)
        assert(!downstreams[d].wire.output.hasOverflowed, "all parts of an answer are bounded")
        sight.finish(record, journal, method: desk.requestHead.method)
        pool.give(journal.intoText())
        if limits.ledger != .max { desk.limits.ledgers.close(limits.ledger, to: &pool) }
        return persistence
    }

    /// Composes an answer into the client's output, and notes its status and size.
    ///
    /// It fits an output that holds nothing; whoever may have something there looks whether it did.
    mutating func compose(
        _ answer: OwnAnswer, _ d: UInt32, route: Int?, _ journal: borrowing Journal,
        _ limits: LimitTrace, _ record: inout AccessRecord
    ) {
        tellLimits(limits, status: answer.status(of: plan.route(route)))
        if !answer.isComposed { desk.answerBody.removeAll() }
        answer.writeBody(
            plan.route(route), journal: journal, limits: desk.limits.notes, into: &desk.answerBody)
        let bodyBytes = desk.answerBody.count
        downstreams[d].wire.openOutput(
            answer.headBytesMax(plan.route(route)) + bodyBytes, from: &pool)
        answer.writeHead(
            plan.route(route), pipeline: plan.pipeline, head: desk.requestHead, journal: journal,
            limits: desk.limits.notes, bodyBytes: bodyBytes, date: sight.date,
            into: &downstreams[d].wire.output)
        record.status = answer.status(of: plan.route(route))
        if !answer.isHead {
            downstreams[d].wire.output.append(desk.answerBody)
            record.bytesOut = UInt64(bodyBytes)
        }
    }

    /// Refuses bytes that are no request; they and whatever follows them are worth no second look.
    mutating func refuse(_ d: UInt32, _ error: WireError) {
        let code = ProblemCode(error)
        var record = AccessRecord(outcome: Outcome(code))
        record.reason = error.token
        refuse(d, code, record, suspicion: error.isSmuggling ? error : nil)
    }

    /// Answers a client whose request was never read whole, and ends the connection.
    ///
    /// - Parameter suspicion: What makes the request look like an attack, for a security event.
    mutating func refuse(
        _ d: UInt32, _ code: ProblemCode, _ record: AccessRecord, suspicion: WireError?
    ) {
        var record = record
        let identity = plan.pipeline.identity(of: arrival(d))
        var journal = Journal(text: pool.take(.small))
        journal.note(client: identity.client)
        journal.note(requestID: newRequestID())
        let answer = OwnAnswer(
            content: .problem(code, .json), isHead: false,
            subject: StampSubject(isSecure: identity.isSecure, journal), connection: .close)
        compose(answer, d, route: nil, journal, .none, &record)
        sight.finish(record, journal, method: .other)
        if let suspicion { sight.noteSmuggling(suspicion, journal) }
        pool.give(journal.intoText())
        end(d, .endsUnread)
    }

    @inline(__always) func arrival(_ d: UInt32) -> Arrival {
        Arrival(
            peer: downstreams[d].peer, listener: Int(downstreams[d].listener),
            isSecure: downstreams[d].wire.stream.isSecure)
    }

}

extension StampSubject {
    init(_ verdict: Verdict, _ journal: borrowing Journal) {
        self.init(
            cors: verdict.cors, isSecure: verdict.identity.isSecure,
            requestID: journal.request.requestID)
    }

    /// Of a request that no route was looked for.
    init(isSecure: Bool, _ journal: borrowing Journal) {
        self.init(cors: .none, isSecure: isSecure, requestID: journal.request.requestID)
    }
}

extension DownstreamMachine.Persistence {
    /// What an answer of the gateway makes of a connection: a body that nobody has read would be
    /// taken for the next request.
    init(answering head: borrowing RequestHead, isDraining: Bool) {
        if !head.framing.isNone {
            self = .endsUnread
        } else {
            self = head.keepsAlive && !isDraining ? .kept : .ends
        }
    }

    /// What the client is told.
    ///
    /// - Parameter isModern: Whether it speaks HTTP/1.1.
    func field(isModern: Bool) -> DownstreamHead.ConnectionField {
        switch self {
        case .kept: isModern ? .absent : .keepAlive
        case .ends, .endsUnread, .cut: .close
        }
    }
}

extension ProblemCode {
    /// What a client is told of a malformed request.
    init(_ error: WireError) {
        switch error.status {
        case 414: self = .uriTooLong
        case 417: self = .expectationFailed
        case 431: self = .headersTooLarge
        case 501: self = .notImplemented
        case 505: self = .versionNotSupported
        default: self = .badRequest
        }
    }
}

extension Outcome {
    /// How an exchange ended that was answered with `code`.
    init(_ code: ProblemCode) {
        switch code {
        case .badRequest: self = .badRequest
        case .conflict: self = .conflict
        case .unauthorized: self = .unauthorized
        case .forbidden: self = .forbidden
        case .unsupportedMediaType: self = .unsupportedMediaType
        case .webhookRejected: self = .webhookRejected
        case .maintenance: self = .maintenance
        case .rateLimited: self = .rateLimited
        case .notFound: self = .notFound
        case .methodNotAllowed: self = .methodNotAllowed
        case .requestTimeout: self = .requestTimeout
        case .bodyTooLarge: self = .bodyTooLarge
        case .uriTooLong: self = .uriTooLong
        case .expectationFailed: self = .expectationFailed
        case .misdirectedRequest: self = .misdirected
        case .headersTooLarge: self = .headersTooLarge
        case .notImplemented: self = .notImplemented
        case .upstreamUnreachable: self = .upstreamUnreachable
        case .upstreamInvalid: self = .upstreamInvalid
        case .overloaded: self = .overloaded
        case .upstreamTimeout: self = .upstreamTimeout
        case .versionNotSupported: self = .versionNotSupported
        case .upstreamError: self = .upstreamError
        }
    }
}
