import Synchronization

/// Which routes operators have put into maintenance, or out of it, while the process runs.
///
/// All loops share it. What is asked for each request is one load; the lock is taken only while a
/// switch is set. Routes go by their names, so that a switch outlives the configuration in which it
/// was set.
package final class MaintenanceBoard: Sendable {
    /// What an operator said last.
    package enum Switch: Sendable {
        case on(MaintenanceNotice)
        /// Off, whatever the configuration says.
        case off
    }

    private struct Switches {
        var all: Switch?
        var routes: [String: Switch] = [:]
    }

    /// The guard of the switches, and of every store to ``isAnySet``.
    private let switches = Mutex(Switches())
    private let anySet = Atomic<Bool>(false)

    /// One without any switch set.
    package init() {}

    /// Whether there is anything to be looked up.
    @inline(__always)
    var isAnySet: Bool { anySet.load(ordering: .relaxed) }

    /// Sets the switch of one route, or of all; for all it is the last word on each of them.
    ///
    /// - Parameters:
    ///   - route: A name; `nil` for all.
    ///   - isConfigured: Whether any route is in maintenance by its configuration; without that,
    ///     off is the same as nothing said.
    package func set(_ new: Switch, route: String?, isConfigured: Bool) {
        switches.withLock { switches in
            if let route {
                switches.routes[route] = new
            } else {
                switches.all = new
                switches.routes = [:]
            }
            if !isConfigured { Self.tidy(&switches) }
            anySet.store(
                switches.all != nil || !switches.routes.isEmpty, ordering: .releasing)
        }
    }

    /// Forgets what says no more than that all is as usual.
    private static func tidy(_ switches: inout Switches) {
        if case .off? = switches.all { switches.all = nil }
        guard switches.all == nil else { return }
        switches.routes = switches.routes.filter { _, word in
            if case .off = word { false } else { true }
        }
    }

    /// What holds for a route now; `nil` if it serves.
    ///
    /// Costs an allocation where its configuration says so: for operators.
    package func notice(of route: Route) -> MaintenanceNotice? {
        if case .health = route.action { return nil }
        switch word(on: route.name) {
        case .on(let notice): return notice
        case .off: return nil
        case nil: return route.gate.maintenance.map(MaintenanceNotice.init)
        }
    }

    /// The last word on a route; `nil` if none was said.
    package func word(on route: String) -> Switch? {
        switches.withLock { $0.routes[route] ?? $0.all }
    }
}

/// Maintenance of a configuration's routes: what it says itself, and what operators say since.
final class MaintenanceRules: Sendable {
    private let board: MaintenanceBoard
    private let names: [String]
    /// By route.
    private let configured: [MaintenanceNotice?]
    /// By route: whether it tells load balancers of this process, which is well.
    private let isExempt: [Bool]
    let isAnyConfigured: Bool

    init(_ routes: [Route], _ board: MaintenanceBoard) {
        self.board = board
        names = routes.map(\.name)
        configured = routes.map { $0.gate.maintenance.map(MaintenanceNotice.init) }
        isExempt = routes.map { if case .health = $0.action { true } else { false } }
        isAnyConfigured = configured.contains { $0 != nil }
    }

    /// Whether any route may be in maintenance: all that is asked on usual days.
    @inline(__always)
    var mayHold: Bool { isAnyConfigured || board.isAnySet }

    /// What holds for a route now; `nil` if it serves.
    func notice(of route: Int) -> MaintenanceNotice? {
        guard !isExempt[route] else { return nil }
        switch board.word(on: names[route]) {
        case .on(let notice): return notice
        case .off: return nil
        case nil: return configured[route]
        }
    }
}
