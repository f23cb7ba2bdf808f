import Config
import Linux
import Policy
import Reactor
import Synchronization
import Telemetry

/// Why the running configuration stays as it is.
struct ReloadProblem: Error, Equatable {
    /// A line for each thing that is wrong.
    let lines: [String]

    init(_ line: String) { lines = [line] }
    init(_ lines: [String]) { self.lines = lines }
}

/// Reads the configuration again and has everything go over to it, or nothing.
///
/// It works on a thread of its own, one reading at a time: neither loops nor operators wait while a
/// file is read and a plan made of it.
final class Reloader: Sendable {
    /// Reads the file.
    typealias Source = @Sendable () -> LoadResult

    private let source: Source
    private let crew: WorkerCrew
    private let watches: Watches
    private let log: LogPipeline
    private let loop: ControlLoop
    /// Guard: the mutex; used on the control loop alone.
    private let isBusy = Mutex(false)

    /// What a configuration names that changes by itself.
    struct Watches {
        let names: NameWatch
        let keys: KeyWatch
        let certificates: CertificateWatch
    }

    init(
        _ source: @escaping Source, crew: WorkerCrew, watches: Watches, log: LogPipeline,
        loop: ControlLoop
    ) {
        self.source = source
        self.crew = crew
        self.watches = watches
        self.log = log
        self.loop = loop
    }

    /// Reads the file again; who comes while another one does waits for its turn.
    ///
    /// - Returns: Why nothing has changed; `nil` if all serves by what the file says.
    func reload() async -> ReloadProblem? {
        while !enter() { await loop.sleep(for: .milliseconds(20)) }
        defer { isBusy.withLock { $0 = false } }
        do throws(Errno) {
            let reading = try Reading()
            _ = try Thread(name: "apus-reload") { [self] in
                let problem = work()
                reading.problem.withLock { $0 = problem }
                reading.isOver.signal()
            }
            await loop.readable(reading.isOver.number)
            return finish(reading.problem.withLock { $0 })
        } catch {
            return finish(ReloadProblem(error.text))
        }
    }

    private func enter() -> Bool {
        isBusy.withLock { isBusy in
            guard !isBusy else { return false }
            isBusy = true
            return true
        }
    }

    private func work() -> ReloadProblem? {
        let result = source()
        guard let snapshot = result.snapshot else {
            return ReloadProblem(
                result.problems.filter { $0.severity == .error }.map(\.text))
        }
        let fixed = FixedSettings.changes(from: crew.standing.snapshot, to: snapshot)
        guard fixed.isEmpty else { return ReloadProblem(fixed) }
        guard !crew.standing.commons.operations.health.isDraining else {
            return ReloadProblem("the process is draining")
        }
        var problem: ReloadProblem?
        watch {
            () throws(Errno) in
            try watches.keys.adopt {
                do throws(ReloadProblem) {
                    return try adopt(snapshot)
                } catch {
                    problem = error
                    return nil
                }
            }
        }
        if problem == nil {
            watch { () throws(Errno) in try watches.names.adopt(crew.standing.snapshot) }
        }
        return problem
    }

    private func adopt(_ snapshot: Snapshot) throws(ReloadProblem) -> Snapshot {
        try watches.certificates.adopt(snapshot) { () throws(ReloadProblem) in
            try crew.adopt(snapshot) { watches.names.prepare($0.snapshot) }.snapshot
        }
        return crew.standing.snapshot
    }

    /// Does what needs a thread; without one the configuration serves all the same.
    private func watch(_ body: () throws(Errno) -> Void) {
        do throws(Errno) { try body() } catch {
            note(.error, "files or names are not watched", error.text)
        }
    }

    private func finish(_ problem: ReloadProblem?) -> ReloadProblem? {
        if let problem {
            crew.reloads.noteRefused()
            for line in problem.lines.prefix(20) { note(.error, "configuration not taken", line) }
        } else {
            crew.reloads.noteTaken(at: Clock.wall() / 1000)
            note(.info, "configuration taken", nil)
        }
        return problem
    }

    private func note(_ level: LogLevel, _ message: StaticString, _ reason: String?) {
        guard level >= LogLevel(crew.standing.snapshot.log.level) else { return }
        var line = LineBuilder(
            level: level, event: .reload, message: message, time: LogClock.now())
        if let reason {
            line.add("reason", reason)
        } else {
            line.add("routes", crew.standing.seating.order.count)
        }
        log.submit(&line)
    }
}

/// What the thread that reads hands back.
private final class Reading: Sendable {
    /// Guard: the mutex.
    let problem = Mutex<ReloadProblem?>(nil)
    let isOver: Wakeup

    init() throws(Errno) { isOver = try Wakeup() }
}

/// What a process keeps from its start to its end.
enum FixedSettings {
    /// What differs of it, by the names of the file.
    static func changes(from old: Snapshot, to new: Snapshot) -> [String] {
        var names: [String] = []
        if old.listeners.map(FixedListener.init) != new.listeners.map(FixedListener.init) {
            names.append("listeners")
        }
        if old.server.workers != new.server.workers { names.append("server.workers") }
        if old.admin?.fixed != new.admin?.fixed { names.append("admin") }
        if old.redis != new.redis { names.append("redis") }
        if old.log.output != new.log.output { names.append("log.output") }
        if old.log.format != new.log.format { names.append("log.format") }
        if old.audit != new.audit { names.append("audit") }
        if old.limits.connectionCountMax != new.limits.connectionCountMax {
            names.append("limits.connections")
        }
        // Requests that wait for its decision would wait at another stage.
        for limit in new.rateLimits {
            guard let known = old.rateLimits.first(where: { $0.name == limit.name }) else {
                continue
            }
            if known.stage != limit.stage { names.append("rate_limits.\(limit.name).key") }
        }
        return names.map { "\($0): differs from what serves; this takes a restart" }
    }
}

/// Of a listener, what takes a restart: whether it speaks TLS does, how it does not.
private struct FixedListener: Equatable {
    private var settings: ListenerSettings
    private let isSecure: Bool

    init(_ settings: ListenerSettings) {
        self.settings = settings
        isSecure = settings.tls != nil
        self.settings.tls = nil
    }
}

extension AdminSettings {
    /// Without what the configuration looks like, which changes with it.
    fileprivate var fixed: AdminSettings {
        var settings = self
        settings.rendering = []
        return settings
    }
}
