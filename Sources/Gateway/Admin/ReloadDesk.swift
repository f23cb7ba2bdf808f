/// What came of asking for a new configuration.
enum ReloadResult: Sendable {
    /// It serves from now on.
    case done
    /// It has faults, and nothing has changed: each of them as `apus check` tells it.
    case refused(problems: [String])
}

/// Where a new configuration is asked for.
final class ReloadDesk: Sendable {
    private let reloader: Reloader

    init(_ reloader: Reloader) { self.reloader = reloader }

    /// Reads the configuration's file again, and has it serve if it is whole.
    func reload() async -> ReloadResult {
        guard let problem = await reloader.reload() else { return .done }
        return .refused(problems: problem.lines)
    }
}
