import Bytes
import HTTP
import Policy
import Telemetry

/// A response that the gateway makes by itself, as a value: what it says, and how it is written.
struct OwnAnswer {
    enum Content {
        case problem(ProblemBody, telling: ProblemField)
        /// The route's fixed response.
        case fixed
        /// The route's redirect.
        case redirect
        /// The listener's.
        case redirectToHTTPS(HTTPSRedirect, host: ByteRange)
        case alive
        /// What `OPTIONS *` asks for.
        case methods(MethodSet)
        /// A CORS preflight's grant, all of which the route's stamp says.
        case granted
        /// 200 for an event that the app has answered before.
        case replayed
        /// A body that the desk holds already.
        case composed(ComposedBody)

        /// What a verdict asks for.
        ///
        /// - Parameter format: How a problem is told.
        init(_ action: VerdictAction, _ format: ProblemFormat) {
            switch action {
            case .respond, .forward: self = .fixed
            case .redirect: self = .redirect
            case .redirectToHTTPS(let redirect, let host):
                self = .redirectToHTTPS(redirect, host: host)
            case .health: self = .alive
            case .listMethods(let methods): self = .methods(methods)
            case .grantPreflight: self = .granted
            case .refuse(let refusal): self = .problem(refusal.code, format, of: refusal)
            }
        }

        /// - Parameters:
        ///   - refusal: What the problem is, if a policy says so.
        ///   - retryAfter: Seconds, where there is something to wait for.
        static func problem(
            _ code: ProblemCode, _ format: ProblemFormat, of refusal: Refusal? = nil,
            retryAfter: UInt32? = nil
        ) -> Content {
            let field: ProblemField =
                switch (code, refusal) {
                case (.methodNotAllowed, let refusal?): .allow(refusal.allow)
                case (.unauthorized, let refusal?): .challenge(refusal.reason.challenge)
                default: .nothing
                }
            let retryAfter = retryAfter ?? (code.status == 503 ? OwnAnswer.retryAfter : nil)
            return .problem(ProblemBody(code, format, retryAfter: retryAfter), telling: field)
        }
    }

    /// The field that only some problems have.
    enum ProblemField {
        case nothing
        /// 405: the methods that would do.
        case allow(MethodSet)
        /// 401: what would do (RFC 9110 §11.6.1).
        case challenge(StaticString)
        /// What an app said of when to come again, in the journal's text.
        case retryAfterOfApp(ByteRange)
    }

    var content: Content
    var isHead: Bool
    var subject: StampSubject
    var connection: DownstreamHead.ConnectionField

    /// Upper bound of the head, the route's stamp included.
    func headBytesMax(_ route: borrowing RoutePlan) -> Int {
        let own =
            switch content {
            case .redirect: route.locationBytesMax
            case .redirectToHTTPS: HTTPSRedirect.locationBytesMax
            case .problem(_, .allow), .methods: Self.allowBytesMax
            case .fixed: route.fixedType.count
            case .problem, .alive, .granted, .replayed, .composed: 0
            }
        return Self.fixedBytesMax + own + route.stamp.bytesMax + route.limits.fieldBytesMax
    }

    /// Status line, date, the type of an error, framing.
    fileprivate static let fixedBytesMax = 512
    /// 63 methods of up to 32 bytes.
    private static let allowBytesMax = 63 * 34 + 16

    /// Seconds after which a client is asked to come again.
    private static let retryAfter: UInt32 = 1

    func status(of route: borrowing RoutePlan) -> UInt16 {
        switch content {
        case .problem(let problem, _): problem.status
        case .fixed: route.fixed.status
        case .redirect: route.redirect?.status ?? 308
        case .redirectToHTTPS: HTTPSRedirect.status
        case .alive, .replayed: 200
        case .composed(let body): body.status
        case .methods, .granted: 204
        }
    }

    /// Whether its body is there already.
    var isComposed: Bool { if case .composed = content { true } else { false } }

    /// Writes the body into an empty buffer; to be done before ``writeHead``, which says its
    /// length.
    func writeBody(
        _ route: borrowing RoutePlan, journal: borrowing Journal, limits: borrowing LimitNotes,
        into body: inout Buffer
    ) {
        switch content {
        case .problem(let problem, _):
            let page = route.errorPages?.page(for: problem)
            journal.text.withReadable { (bytes: borrowing Span<UInt8>) in
                let id = bytes.extracting(journal.request.requestID.indices)
                if let page {
                    page.append(to: &body, requestID: id)
                } else {
                    problem.append(to: &body, requestID: id, violated: limits.violated)
                }
            }
        case .fixed: body.append(route.fixed.body)
        case .alive: body.append("{\"status\":\"alive\"}\n")
        case .redirect, .redirectToHTTPS, .methods, .granted, .replayed, .composed: break
        }
    }

    /// Writes the head, the empty line included.
    ///
    /// - Parameters:
    ///   - head: The request's, for a redirect's target; its ranges refer to the journal's text.
    ///   - limits: What the route's limits made of the request.
    func writeHead(
        _ route: borrowing RoutePlan, pipeline: borrowing Pipeline, head: borrowing RequestHead,
        journal: borrowing Journal, limits: borrowing LimitNotes, bodyBytes: Int,
        date: borrowing Buffer, into output: inout Buffer
    ) {
        let status = status(of: route)
        output.appendStatusLine(status)
        DownstreamHead.append(date: date, to: &output)
        writeFields(route, pipeline, head, journal, into: &output)
        journal.text.withReadable { (text: borrowing Span<UInt8>) in
            route.stamp.append(for: subject, as: kind(route), in: text, to: &output)
        }
        output.append(limits.lines)
        if status != 204 && status != 304 {
            output.append("Content-Length: ")
            output.append(decimal: UInt64(bodyBytes))
            output.append("\r\n")
        }
        DownstreamHead.append(.init(isChunked: false, connection: connection), to: &output)
    }

    private func writeFields(
        _ route: borrowing RoutePlan, _ pipeline: borrowing Pipeline, _ head: borrowing RequestHead,
        _ journal: borrowing Journal, into output: inout Buffer
    ) {
        switch content {
        case .problem(let problem, let field):
            write(field, of: problem, pipeline, journal, into: &output)
            output.append("Content-Type: ")
            output.append(
                route.errorPages?.page(for: problem)?.contentType ?? problem.format.contentType)
            output.append("\r\nCache-Control: no-store\r\n")
        case .fixed:
            guard !route.fixed.body.isEmpty else { return }
            output.append("Content-Type: ")
            output.append(route.fixedType)
            output.append("\r\n")
        case .redirect:
            journal.text.withReadable { (bytes: borrowing Span<UInt8>) in
                route.redirect?.append(to: &output, head: head, in: bytes)
            }
        case .redirectToHTTPS(let redirect, let host):
            journal.text.withReadable { (bytes: borrowing Span<UInt8>) in
                redirect.append(to: &output, host: host, head: head, in: bytes)
            }
        case .alive: output.append("Content-Type: application/json\r\nCache-Control: no-store\r\n")
        case .methods(let methods): writeAllow(methods, pipeline, into: &output)
        case .replayed: output.append("Apus-Webhook: replayed\r\nCache-Control: no-store\r\n")
        case .composed(let body):
            if body.retryAfter > 0 {
                output.append("Retry-After: ")
                output.append(decimal: UInt64(body.retryAfter))
                output.append("\r\n")
            }
            output.append("Content-Type: ")
            output.append(body.type)
            output.append("\r\nCache-Control: no-store\r\n")
        case .granted: break
        }
    }

    /// What the route's stamp makes of it.
    func kind(_ route: borrowing RoutePlan) -> AnswerKind {
        switch content {
        case .fixed, .redirect: .routes
        case .problem(let problem, _):
            problem.format.isHTML && route.errorPages?.page(for: problem) == nil
                ? .document : .uncached
        case .alive, .replayed: .uncached
        case .composed(let body): body.isDocument ? .document : .uncached
        case .redirectToHTTPS, .methods, .granted: .bare
        }
    }

    private func write(
        _ field: ProblemField, of problem: ProblemBody, _ pipeline: borrowing Pipeline,
        _ journal: borrowing Journal, into output: inout Buffer
    ) {
        switch field {
        case .nothing:
            guard let seconds = problem.retryAfter else { return }
            output.append("Retry-After: ")
            output.append(decimal: UInt64(seconds))
        case .allow(let methods): return writeAllow(methods, pipeline, into: &output)
        case .challenge(let challenge):
            output.append("WWW-Authenticate: ")
            output.append(challenge)
        case .retryAfterOfApp(let value):
            output.append("Retry-After: ")
            journal.text.withReadable { (text: borrowing Span<UInt8>) in
                output.append(text, value)
            }
        }
        output.append("\r\n")
    }

    private func writeAllow(
        _ methods: MethodSet, _ pipeline: borrowing Pipeline, into output: inout Buffer
    ) {
        output.append("Allow: ")
        pipeline.appendAllow(methods, to: &output)
        output.append("\r\n")
    }
}

extension RoutePlan {
    /// Whether what the route's redirect makes of a request fits an answer.
    ///
    /// - Parameter bytes: What the head's ranges refer to.
    func canRedirect(_ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>) -> Bool {
        guard let redirect else { return false }
        return redirect.byteCountMax(for: head, in: bytes) <= locationBytesMax
    }

    /// What is left of the largest buffer for a redirect's `Location`.
    fileprivate var locationBytesMax: Int {
        BufferPool.largeBytes - OwnAnswer.fixedBytesMax - stamp.bytesMax
    }
}
