import Bytes
import Config
import Crypto
import HTTP
import Linux
import Policy
import Reactor
import Synchronization
import Telemetry

/// Answers operators.
final class AdminDesk: Sendable {
    let crew: WorkerCrew
    let loop: ControlLoop
    private let log: LogPipeline
    private let guardian: AdminGuard
    private let attempts = TokenAttempts()
    private let trail: AuditTrail
    private let reloads: ReloadDesk
    private let board: StatusBoard
    private let startTime = Clock.wall()

    init(
        _ settings: AdminSettings, crew: WorkerCrew, reloads: ReloadDesk, log: LogPipeline,
        loop: ControlLoop
    ) {
        self.crew = crew
        board = StatusBoard(crew, loop: loop)
        self.reloads = reloads
        self.log = log
        self.loop = loop
        guardian = AdminGuard(settings)
        trail = AuditTrail(log)
    }

    /// What becomes of a request.
    enum Answer {
        case response(AdminResponse)
        /// The status, again and again.
        case events
    }

    func answer(_ request: AdminRequest) async -> Answer {
        if guardian.checkHost(of: request) != nil {
            return problem(.misdirectedRequest, request)
        }
        guard let endpoint = AdminEndpoint(path: request.path) else {
            return problem(.notFound, request)
        }
        guard endpoint.takes(request.method) || request.isHeadOfGet(endpoint) else {
            var response = AdminResponse.problem(.methodNotAllowed, id: request.id)
            response.fields.append(("Allow", endpoint.allow))
            return .response(response)
        }
        if request.isSafe { return read(endpoint, request) }
        if let refusal = await refusal(of: request, endpoint) { return .response(refusal) }
        return .response(await change(endpoint, request))
    }

    private func problem(
        _ code: ProblemCode, _ request: AdminRequest, _ detail: String? = nil
    ) -> Answer {
        .response(.problem(code, detail, id: request.id))
    }

    // MARK: Reading

    private func read(_ endpoint: AdminEndpoint, _ request: AdminRequest) -> Answer {
        switch endpoint {
        case .page: .response(.page(OperatorPage.whole))
        case .live: .response(.json(.object([("status", .text("alive"))])))
        case .ready: .response(readiness)
        case .metrics:
            .response(
                metricsPage(PageFormat(accept: request.values(of: "accept").joined(separator: ",")))
            )
        case .status: .response(.json(status))
        case .configuration:
            .response(
                AdminResponse(
                    200, "application/json", crew.standing.snapshot.admin?.rendering ?? []))
        case .events: .events
        case .reload, .maintenance, .replay: problem(.methodNotAllowed, request)
        }
    }

    private var readiness: AdminResponse {
        let report = crew.standing.commons.operations.health.report(
            at: Clock.monotonic().nanoseconds)
        let version = crew.standing.names.build.version
        return .json(
            report.json(version: version, at: Clock.wall()), status: report.status.code)
    }

    private func metricsPage(_ format: PageFormat) -> AdminResponse {
        let standing = crew.standing
        let page = MetricsPage.render(
            format, loops: standing.metrics, names: standing.names, process: ProcessSample.read(),
            gateway: crew.sample)
        return AdminResponse(200, format.contentType, page)
    }

    /// What `/api/v1/status` says at this moment.
    var status: JSONTree {
        let now = Clock.monotonic()
        return StatusPage(
            standing: crew.standing, recent: board.recent(at: now), now: now,
            wallTime: Clock.wall(), startTime: startTime, logLines: logLines,
            process: ProcessSample.read(), reloads: crew.reloads.sample
        ).json
    }

    private var logLines: LogLineCounts {
        LogLineCounts(queued: log.lineCount, dropped: log.droppedCount)
    }

    // MARK: Who may change something

    /// Why a request may change nothing; it is written down.
    private func refusal(
        of request: AdminRequest, _ endpoint: AdminEndpoint
    ) async -> AdminResponse? {
        guard attempts.admitsAnother else {
            note(endpoint, request, "slowed")
            return .problem(
                .rateLimited, "Wrong tokens are being answered; try again.", retryAfter: 1,
                id: request.id)
        }
        guard let refusal = guardian.checkChange(by: request) else { return nil }
        switch refusal {
        case .foreignHost: return .problem(.misdirectedRequest, id: request.id)
        case .crossSite:
            note(endpoint, request, "cross_site")
            return .problem(
                .forbidden, "Pages of other sites change nothing here.", id: request.id)
        case .readOnly:
            note(endpoint, request, "read_only")
            return .problem(
                .forbidden, "Nothing is changed here: no admin.token is configured.",
                id: request.id)
        case .noToken: return unauthorized(endpoint, request, "no_token")
        case .wrongToken:
            attempts.begin()
            await loop.sleep(for: TokenAttempts.delay)
            attempts.end()
            return unauthorized(endpoint, request, "wrong_token")
        }
    }

    private func unauthorized(
        _ endpoint: AdminEndpoint, _ request: AdminRequest, _ result: StaticString
    ) -> AdminResponse {
        note(endpoint, request, result)
        var response = AdminResponse.problem(.unauthorized, id: request.id)
        response.fields.append(("WWW-Authenticate", "Bearer realm=\"apus-admin\""))
        return response
    }

    /// Writes down what became of a change.
    func note(
        _ endpoint: AdminEndpoint, _ request: AdminRequest, _ result: StaticString,
        target: String = ""
    ) {
        trail.note(
            AuditEvent(
                action: endpoint.action(request.method), actor: request.peer,
                requestID: request.id, target: target, result: result))
    }

    // MARK: Changing

    private func change(_ endpoint: AdminEndpoint, _ request: AdminRequest) async -> AdminResponse {
        switch endpoint {
        case .reload: await reload(request)
        case .maintenance: setMaintenance(request)
        case .replay(let webhook, let id): await forget(id, of: webhook, request)
        case .page, .live, .ready, .metrics, .status, .configuration, .events:
            .problem(.methodNotAllowed, id: request.id)
        }
    }

    private func reload(_ request: AdminRequest) async -> AdminResponse {
        switch await reloads.reload() {
        case .done:
            note(.reload, request, "done")
            return .json(.object([("result", .text("done"))]))
        case .refused(let problems):
            note(.reload, request, "refused")
            return .json(
                .object([
                    ("result", .text("refused")),
                    ("problems", .list(problems.map { .text($0) })),
                ]), status: 409)
        }
    }
}

extension AdminRequest {
    fileprivate func isHeadOfGet(_ endpoint: AdminEndpoint) -> Bool {
        method.isHead && endpoint.takes(.get)
    }
}

extension RequestID {
    /// As answers and log lines have it.
    var text: String {
        var buffer = Buffer(capacity: Self.textBytes)
        append(to: &buffer)
        return String(decoding: buffer.copy(), as: UTF8.self)
    }
}
