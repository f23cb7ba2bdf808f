import Policy
import Telemetry

/// Something that an operator did, or tried to do.
struct AuditEvent: Sendable {
    enum Action: Sendable {
        case reload, maintenanceOn, maintenanceOff, forgetReplay
        /// A change that is none of those.
        case unknown

        var name: StaticString {
            switch self {
            case .reload: "reload"
            case .maintenanceOn: "maintenance_on"
            case .maintenanceOff: "maintenance_off"
            case .forgetReplay: "replay_forget"
            case .unknown: "unknown"
            }
        }
    }

    let action: Action
    /// Who: the other end's address, or `unix`.
    let actor: String
    let requestID: RequestID
    /// What was changed, such as a route; empty for all.
    var target = ""
    /// A token: `done`, or why nothing was done.
    var result: StaticString = "done"
}

/// Where audit events go.
final class AuditTrail: Sendable {
    private let log: LogPipeline

    init(_ log: LogPipeline) { self.log = log }

    /// Writes one down.
    func note(_ event: AuditEvent) {
        log.audit(
            who: event.actor, what: "\(event.action.name)", result: "\(event.result)", reason: "",
            target: event.target, requestID: event.requestID.text)
    }
}
