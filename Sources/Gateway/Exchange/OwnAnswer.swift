import Bytes
import HTTP
import Policy
import Telemetry

/// A response that the gateway makes by itself, as a value: what it says, and how it is written.
struct OwnAnswer {
    enum Content {
        case problem(ProblemCode, ProblemFormat)
        /// 405, with the methods that would do.
        case wrongMethod(MethodSet, ProblemFormat)
        /// 401, with what would do (RFC 9110 §11.6.1).
        case unauthorized(challenge: StaticString, ProblemFormat)
        /// The route's fixed response.
        case fixed
        /// The route's redirect.
        case redirect
        case alive
        /// What `OPTIONS *` asks for.
        case methods(MethodSet)
        /// A CORS preflight's grant, all of which the route's stamp says.
        case granted

        /// What a verdict asks for.
        ///
        /// - Parameter format: How a problem is told.
        init(_ action: VerdictAction, _ format: ProblemFormat) {
            switch action {
            case .respond, .forward: self = .fixed
            case .redirect: self = .redirect
            case .health: self = .alive
            case .listMethods(let methods): self = .methods(methods)
            case .grantPreflight: self = .granted
            case .refuse(let refusal):
                switch refusal.code {
                case .methodNotAllowed: self = .wrongMethod(refusal.allow, format)
                case .unauthorized:
                    self = .unauthorized(challenge: refusal.reason.challenge, format)
                default: self = .problem(refusal.code, format)
                }
            }
        }
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
            case .wrongMethod, .methods: Self.allowBytesMax
            case .fixed: route.fixedType.count
            case .problem, .unauthorized, .alive, .granted: 0
            }
        return Self.fixedBytesMax + own + route.stamp.bytesMax
    }

    /// Status line, date, the type of an error, framing.
    fileprivate static let fixedBytesMax = 512
    /// 63 methods of up to 32 bytes.
    private static let allowBytesMax = 63 * 34 + 16

    /// Seconds after which a client is asked to come again.
    private static let retryAfter: UInt32 = 1

    func status(of route: borrowing RoutePlan) -> UInt16 {
        switch content {
        case .problem(let code, _): code.status
        case .wrongMethod: ProblemCode.methodNotAllowed.status
        case .unauthorized: ProblemCode.unauthorized.status
        case .fixed: route.fixed.status
        case .redirect: route.redirect?.status ?? 308
        case .alive: 200
        case .methods, .granted: 204
        }
    }

    /// Writes the body into an empty buffer; to be done before ``writeHead``, which says its
    /// length.
    func writeBody(
        _ route: borrowing RoutePlan, journal: borrowing Journal, into body: inout Buffer
    ) {
        switch content {
        case .problem(let code, let format):
            writeProblem(code, format, journal, into: &body)
        case .wrongMethod(_, let format):
            writeProblem(.methodNotAllowed, format, journal, into: &body)
        case .unauthorized(_, let format):
            writeProblem(.unauthorized, format, journal, into: &body)
        case .fixed: body.append(route.fixed.body)
        case .alive: body.append("{\"status\":\"alive\"}\n")
        case .redirect, .methods, .granted: break
        }
    }

    /// Writes the head, the empty line included.
    ///
    /// - Parameters:
    ///   - head: The request's, for a redirect's target; its ranges refer to the journal's text.
    func writeHead(
        _ route: borrowing RoutePlan, pipeline: borrowing Pipeline, head: borrowing RequestHead,
        journal: borrowing Journal, bodyBytes: Int, date: borrowing Buffer,
        into output: inout Buffer
    ) {
        let status = status(of: route)
        output.appendStatusLine(status)
        DownstreamHead.append(date: date, to: &output)
        writeFields(route, pipeline, head, journal, into: &output)
        journal.text.withReadable { (text: borrowing Span<UInt8>) in
            route.stamp.append(for: subject, as: kind, in: text, to: &output)
        }
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
        case .problem(let code, let format):
            writeProblemFields(code, format, route, into: &output)
        case .wrongMethod(let methods, let format):
            writeAllow(methods, pipeline, into: &output)
            writeProblemFields(.methodNotAllowed, format, route, into: &output)
        case .unauthorized(let challenge, let format):
            output.append("WWW-Authenticate: ")
            output.append(challenge)
            output.append("\r\n")
            writeProblemFields(.unauthorized, format, route, into: &output)
        case .fixed:
            guard !route.fixed.body.isEmpty else { return }
            output.append("Content-Type: ")
            output.append(route.fixedType)
            output.append("\r\n")
        case .redirect:
            journal.text.withReadable { (bytes: borrowing Span<UInt8>) in
                route.redirect?.append(to: &output, head: head, in: bytes)
            }
        case .alive: output.append("Content-Type: application/json\r\nCache-Control: no-store\r\n")
        case .methods(let methods): writeAllow(methods, pipeline, into: &output)
        case .granted: break
        }
    }

    /// What the route's stamp makes of it.
    var kind: AnswerKind {
        switch content {
        case .fixed, .redirect: .routes
        case .problem, .wrongMethod, .unauthorized, .alive: .uncached
        case .methods, .granted: .bare
        }
    }

    private func writeProblemFields(
        _ code: ProblemCode, _ format: ProblemFormat, _ route: borrowing RoutePlan,
        into output: inout Buffer
    ) {
        output.append("Content-Type: ")
        output.append(format.contentType)
        output.append("\r\nCache-Control: no-store\r\n")
        guard code.status == 503 else { return }
        output.append("Retry-After: ")
        output.append(decimal: UInt64(Self.retryAfter))
        output.append("\r\n")
    }

    private func writeAllow(
        _ methods: MethodSet, _ pipeline: borrowing Pipeline, into output: inout Buffer
    ) {
        output.append("Allow: ")
        pipeline.appendAllow(methods, to: &output)
        output.append("\r\n")
    }

    private func writeProblem(
        _ code: ProblemCode, _ format: ProblemFormat, _ journal: borrowing Journal,
        into body: inout Buffer
    ) {
        let problem = ProblemBody(
            code, format, retryAfter: code.status == 503 ? Self.retryAfter : nil)
        journal.text.withReadable { (bytes: borrowing Span<UInt8>) in
            problem.append(
                to: &body, requestID: bytes.extracting(journal.request.requestID.indices))
        }
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
