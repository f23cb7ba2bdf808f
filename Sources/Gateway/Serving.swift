package import Config
import Linux
import Policy
import Reactor
package import Telemetry

/// How serving could not begin.
package enum ServingProblem: Error, Sendable {
    /// A listener's or the admin listener's: exit code 69.
    case address(BindProblem)
    /// Files of certificates or keys that cannot be served with: exit code 78.
    case files([ProvisioningProblem])
    /// The log's file or its thread: exit code 1.
    case log(LogProblem)
    /// The kernel refused something that serving needs; what it said.
    case system(String)
}

/// A gateway from start to end: the calling thread runs the control loop, a thread each runs a
/// worker.
package final class Serving: Sendable {
    private let snapshot: Snapshot
    private let log: LogPipeline
    private let control: ControlLoop
    private let signals: SignalQueue
    private let crew: WorkerCrew
    private let admin: AdminListener?
    private let names: NameWatch
    private let keys: KeyWatch
    private let certificates: CertificateWatch
    private let reloader: Reloader
    private let outlets: Outlets

    /// Takes everything that can be missing: signals, addresses, the log's output.
    ///
    /// In this order: the log first, as nothing may serve unseen; addresses last, so that no
    /// client is let in, or turned away from an older process, before all else is there.
    ///
    /// - Parameters:
    ///   - build: What `/metrics` and the startup line say of this binary.
    ///   - source: Reads the configuration again; called on a thread of its own.
    /// - Throws: Nothing listens any more then.
    package init(
        _ snapshot: Snapshot, build: BuildLabels, source: @escaping @Sendable () -> LoadResult
    ) throws(ServingProblem) {
        self.snapshot = snapshot
        let count = snapshot.server.workers ?? Thread.usableCPUCount
        let changes = FileChanges(ofCertificates: snapshot)
        var files = ProvisioningFiles()
        let contexts = Provisioning.contexts(of: snapshot, after: nil, &files)
        guard files.problems.isEmpty else { throw .files(files.problems) }
        let board = CertificateBoard(contexts)
        do throws(LogProblem) {
            log = try LogPipeline(LogPlan(snapshot), queueCount: count)
        } catch {
            throw .log(error)
        }
        do throws(Errno) {
            // Before any thread: threads inherit which signals are blocked.
            signals = try SignalQueue()
            control = try ControlLoop()
            let crew = try WorkerCrew(
                snapshot, build: build, count: count, certificates: board, log: log)
            names = try NameWatch(snapshot, mailboxes: crew.mailboxes)
            keys = KeyWatch(snapshot, mailboxes: crew.mailboxes, log: log)
            certificates = CertificateWatch(
                snapshot, since: changes, board: board, mailboxes: crew.mailboxes, log: log)
            self.crew = crew
            outlets = try Outlets(crew, names: names, log: log, loop: control)
            reloader = Reloader(
                source, crew: crew,
                watches: Reloader.Watches(names: names, keys: keys, certificates: certificates),
                log: log, loop: control)
        } catch {
            throw .system(error.text)
        }
        do throws(BindProblem) {
            try crew.listen()
            admin = try AdminListener(
                snapshot, crew: crew, reloader: reloader, log: log, loop: control)
        } catch {
            crew.closeListeners()
            throw .address(error)
        }
    }

    /// Serves until a signal ends it and the drain is over.
    ///
    /// Blocks the calling thread, which becomes the control loop; to be called once.
    ///
    /// - Throws: If a thread of the log, the names, the keys or the workers cannot be started.
    package func run() throws(ServingProblem) {
        do throws(LogProblem) { try log.start() } catch { throw .log(error) }
        do throws(Errno) {
            try names.start(patience: .seconds(2))
            try keys.start()
            try certificates.start()
            try crew.start()
        } catch {
            throw .system(error.text)
        }
        noteStartup()
        log.audit(who: "process", what: "start", result: "done", reason: "")
        control.run { [self] in
            control.begin { await self.obeySignals() }
            if let admin { control.begin { await admin.serve() } }
            outlets.begin()
            await control.readable(crew.finished.number)
            await outlets.finish(within: Self.lastWords)
        }
        removeSocketFiles()
        log.audit(who: "process", what: "stop", result: "done", reason: "")
        note(.info, .shutdown, "ended")
        _ = log.stop(within: .seconds(2))
    }

    /// What is left for receivers of spans and error reports has so long to get there.
    private static let lastWords = Duration.seconds(1)

    /// Acts on signals: see docs/operating.md.
    private func obeySignals() async {
        var isDraining = false
        while true {
            await control.readable(signals.number)
            while let signal = signals.next() {
                switch signal {
                case .terminate, .interrupt:
                    if isDraining { endAtOnce() }
                    isDraining = true
                    note(.info, .shutdown, "draining")
                    crew.standing.commons.operations.health.noteDraining()
                    crew.drain(within: crew.standing.snapshot.server.drainTimeout)
                case .hangUp:
                    if !isDraining { control.begin { await self.reloadBySignal() } }
                case .user1:
                    log.reopen()
                    note(.info, .log, "log reopened")
                    log.audit(who: "signal", what: "reopen", result: "done", reason: "")
                }
            }
        }
    }

    private func reloadBySignal() async {
        let problem = await reloader.reload()
        log.audit(
            who: "signal", what: "reload", result: problem == nil ? "done" : "refused",
            reason: problem?.lines.first ?? "")
    }

    /// Whoever asks twice does not want to wait.
    private func endAtOnce() {
        log.audit(who: "signal", what: "stop", result: "done", reason: "at once")
        note(.warn, .shutdown, "ended at once")
        removeSocketFiles()
        _ = log.stop(within: .milliseconds(500))
        ProcessEnd.now(code: 0)
    }

    /// A unix socket's file outlives its socket: the next start would find it taken.
    private func removeSocketFiles() {
        for listener in snapshot.listeners {
            if case .unix(let path) = listener.bind { SocketFile.remove(path) }
        }
        if case .unix(let path)? = snapshot.admin?.bind { SocketFile.remove(path) }
    }

    private func noteStartup() {
        var line = LineBuilder(
            level: .info, event: .startup, message: "serving", time: LogClock.now())
        line.add("version", crew.standing.names.build.version)
        line.add("environment", snapshot.environment.rawValue)
        line.add("workers", crew.mailboxes.count)
        line.add(
            "listeners",
            snapshot.listeners.map { "\($0.name)=\($0.bind.text)" }.joined(separator: " "))
        if let admin = snapshot.admin { line.add("admin", admin.bind.text) }
        line.add("routes", snapshot.routes.count)
        line.add("upstreams", snapshot.upstreams.count)
        log.submit(&line)
    }

    private func note(_ level: LogLevel, _ event: EventName, _ message: StaticString) {
        guard level >= LogLevel(crew.standing.snapshot.log.level) else { return }
        var line = LineBuilder(level: level, event: event, message: message, time: LogClock.now())
        log.submit(&line)
    }
}
