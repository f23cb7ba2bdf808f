import Bytes
import Linux
import Policy
import Telemetry

/// Answers that tell of the process itself, composed on the desk.
extension Worker where Kernel: ~Copyable {
    /// Whether this process is well.
    mutating func readiness() -> OwnAnswer.Content {
        let page = plan.commons.operations.health.page(
            at: transport.now.nanoseconds, wallTime: transport.wallTime)
        desk.answerBody.removeAll()
        desk.answerBody.append(page.body)
        return .composed(ComposedBody("application/json", status: page.code))
    }

    /// What clients are told while a route is in maintenance.
    mutating func maintenance(
        of verdict: Verdict, _ journal: borrowing Journal, _ format: ProblemFormat
    ) -> OwnAnswer.Content {
        // It may have ended since the verdict.
        let notice = plan.pipeline.maintenanceNotice(of: verdict.route)
        let seconds = notice?.settings.retryAfter ?? MaintenanceSettings.retryAfterUsual
        guard let notice, !notice.message.isEmpty else {
            return .problem(.maintenance, format, retryAfter: seconds)
        }
        let problem = ProblemBody(.maintenance, format, retryAfter: seconds)
        desk.answerBody.removeAll()
        journal.text.withReadable { (bytes: borrowing Span<UInt8>) in
            problem.append(
                to: &desk.answerBody,
                requestID: bytes.extracting(journal.request.requestID.indices),
                violated: Buffer(), message: notice.message)
        }
        return .composed(
            ComposedBody(
                format.contentType, status: problem.status, retryAfter: seconds,
                isDocument: format.isHTML))
    }
}

/// What is said of a body that stands on the desk.
struct ComposedBody {
    let type: StaticString
    let status: UInt16
    /// Seconds; 0 for nothing.
    let retryAfter: UInt32
    /// Whether a browser makes a page of it.
    let isDocument: Bool

    init(
        _ type: StaticString, status: UInt16 = 200, retryAfter: UInt32 = 0, isDocument: Bool = false
    ) {
        self.type = type
        self.status = status
        self.retryAfter = retryAfter
        self.isDocument = isDocument
    }
}
