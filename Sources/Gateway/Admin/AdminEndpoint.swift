import HTTP

/// What there is to be asked for at the admin listener.
enum AdminEndpoint: Equatable {
    case page
    case live, ready, metrics
    case status, configuration, events
    case reload, maintenance
    /// An event that a webhook has accepted.
    case replay(webhook: String, id: String)

    /// - Parameter path: As sent, without query.
    /// - Returns: `nil` if nothing is there.
    init?(path: String) {
        guard let segments = AdminRequest.segments(of: path) else { return nil }
        switch segments {
        case [""] where path == "/": self = .page
        case ["livez"]: self = .live
        case ["readyz"]: self = .ready
        case ["metrics"]: self = .metrics
        case ["api", "v1", "status"]: self = .status
        case ["api", "v1", "config"]: self = .configuration
        case ["api", "v1", "events"]: self = .events
        case ["api", "v1", "reload"]: self = .reload
        case ["api", "v1", "maintenance"]: self = .maintenance
        default:
            guard segments.count == 6, Array(segments[..<3]) == ["api", "v1", "webhooks"],
                segments[4] == "replays", !segments[3].isEmpty, !segments[5].isEmpty
            else { return nil }
            self = .replay(webhook: segments[3], id: segments[5])
        }
    }

    /// By their names; GET admits HEAD.
    var methods: [Method] {
        switch self {
        case .page, .live, .ready, .metrics, .status, .configuration, .events: [.get, .head]
        case .reload: [.post]
        case .maintenance: [.put, .delete]
        case .replay: [.delete]
        }
    }

    func takes(_ method: Method) -> Bool {
        methods.contains { $0.rawValue == method.rawValue }
    }

    /// The value of `Allow`.
    var allow: String { methods.map { "\($0.name)" }.joined(separator: ", ") }

    /// What a request that changes something is written down as.
    func action(_ method: Method) -> AuditEvent.Action {
        switch (self, method) {
        case (.reload, _): .reload
        case (.maintenance, .put): .maintenanceOn
        case (.maintenance, _): .maintenanceOff
        case (.replay, _): .forgetReplay
        case (.page, _), (.live, _), (.ready, _), (.metrics, _), (.status, _),
            (.configuration, _), (.events, _):
            .unknown
        }
    }
}
