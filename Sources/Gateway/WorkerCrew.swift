import Config
import HTTP
import Linux
import Policy
import Reactor
import Synchronization
import Telemetry

/// The workers of a process, seen from outside their threads.
final class WorkerCrew: Sendable {
    /// What the loops serve, and where they count it.
    struct Standing: Sendable {
        let seating: Seating
        let commons: Commons
        let names: MetricNames
        /// By loop.
        let metrics: [LoopMetrics]

        /// Lists of things as they are seated.
        var snapshot: Snapshot { seating.snapshot }

        /// Those of the file, in its order.
        var routes: [Route] { seating.order.map { snapshot.routes[$0] } }

        /// Has health look at these counts.
        fileprivate func attend(to log: LogPipeline) {
            commons.operations.health.attend(
                to: HealthSources(
                    metrics, upstreamCount: snapshot.upstreams.count, log: log,
                    at: Clock.monotonic().nanoseconds))
        }
    }

    let mailboxes: [Mailbox<WorkerMessage>]
    /// Signalled once the last worker has ended.
    let finished: Wakeup
    /// Spans on their way out; nobody writes any unless `otlp` is configured.
    let spans: SpanPipeline
    /// `nil` until there is one; the mutex is its guard.
    private let reporter = Mutex<ErrorReporter?>(nil)
    /// How often the configuration was read again.
    let reloads = ReloadTally(startedAt: Clock.wall() / 1000)
    /// Guard: the mutex; another one once all loops have gone over to it.
    private let current: Mutex<Standing>
    private let log: LogPipeline
    /// A row for each listener, a socket for each worker in it.
    ///
    /// Guard: the mutex; empty once handed
    /// out.
    private let listeners = Mutex<[[ListeningSocket]]>([])
    /// Workers that have not ended.
    ///
    /// The last to leave signals ``finished``.
    private let liveCount: Atomic<Int>

    init(
        _ snapshot: Snapshot, build: BuildLabels, count: Int, certificates: CertificateBoard,
        log: LogPipeline
    ) throws(Errno) {
        self.log = log
        let seating = Seating(snapshot)
        let names = MetricNames(seating, build: build)
        let metrics = (0..<count).map { _ in LoopMetrics(names: names) }
        let standing = Standing(
            seating: seating,
            commons: Commons(snapshot, secret: .drawn(), certificates: certificates),
            names: names, metrics: metrics)
        standing.attend(to: log)
        current = Mutex(standing)
        var mailboxes: [Mailbox<WorkerMessage>] = []
        for _ in 0..<count { mailboxes.append(try Mailbox()) }
        self.mailboxes = mailboxes
        finished = try Wakeup()
        do throws(LogProblem) {
            spans = try SpanPipeline(loopCount: count)
        } catch {
            throw Errno(error.errno)
        }
        liveCount = Atomic(count)
    }

    /// What is served now.
    var standing: Standing { current.withLock { $0 } }

    /// Has all loops go over to another configuration, and waits until they have.
    ///
    /// Blocks the calling thread, which is none of theirs; one call at a time.
    ///
    /// - Parameter addresses: What names of servers resolve to, by a seating.
    func adopt(
        _ next: Snapshot, addresses: (Seating) -> [ResolvedServer]
    ) throws(ReloadProblem) -> Seating {
        let (survey, handover) = try meetings()
        for mailbox in mailboxes { mailbox.post(.survey(survey)) }
        guard let usage = survey.result(within: Self.answerMilliseconds) else {
            throw ReloadProblem("the loops do not answer")
        }
        let former = standing
        let seating = former.seating.succeeded(by: next, usage: usage)
        try secure(seating, former.commons.certificates)
        let names = MetricNames(seating, build: former.names.build)
        let seats = MetricSeats(seating, names)
        let following = Standing(
            seating: seating, commons: Commons(seating, after: former.commons), names: names,
            metrics: mailboxes.map { _ in LoopMetrics(names: names, seats: seats) })
        let found = addresses(seating)
        // A plan for each loop: counting references to one would have the loops wait. All of them
        // before the first is sent: loops go over as close together as they can.
        let adoptions = mailboxes.indices.map { index in
            Adoption(
                plan: Plan(seating, commons: following.commons, seed: .fixed),
                upstreams: seating.upstreams, metrics: following.metrics[index], names: names,
                formerNames: former.names, addresses: found, done: handover)
        }
        for (mailbox, adoption) in zip(mailboxes, adoptions) { mailbox.post(.adopt(adoption)) }
        // From here on there is no way back: a loop that is busy goes over later.
        while !handover.wait(milliseconds: Self.answerMilliseconds) {
            guard liveCount.load(ordering: .acquiring) > 0 else { break }
        }
        following.attend(to: log)
        current.withLock { $0 = following }
        // It may have begun meanwhile.
        if former.commons.operations.health.isDraining {
            following.commons.operations.health.noteDraining()
        }
        return seating
    }

    /// Reads all files of certificates, for loops to begin TLS with when they go over.
    ///
    /// What no request is sent to any more may keep what it had.
    private func secure(
        _ seating: Seating, _ board: CertificateBoard
    ) throws(ReloadProblem) {
        var files = ProvisioningFiles()
        let contexts = Provisioning.contexts(of: seating.snapshot, after: board.contexts, &files)
        let problems = files.problems.filter { problem in
            guard case .upstream(let seat) = problem.owner else { return true }
            return seating.upstreams.contains(seat)
        }
        guard problems.isEmpty else { throw ReloadProblem(problems.map(\.text)) }
        board.set(contexts, [])
    }

    private func meetings() throws(ReloadProblem) -> (Survey, Handover) {
        do throws(Errno) {
            return (try Survey(loops: mailboxes.count), try Handover(loops: mailboxes.count))
        } catch {
            throw ReloadProblem(error.text)
        }
    }

    private static let answerMilliseconds: Int32 = 5000

    /// What `/metrics` shows beside counts of loops.
    var sample: GatewaySample {
        let standing = standing
        let commons = standing.commons
        let breaker = commons.store.map { store in
            BreakerSample(
                states: BreakerState.allCases.map(\.name),
                current: Int(store.breaker.state.rawValue))
        }
        var sample = GatewaySample(
            logLines: LogLineCounts(queued: log.lineCount, dropped: log.droppedCount),
            breaker: breaker, reloads: reloads.sample)
        let now = Clock.wall()
        sample.certificates = commons.certificates.entries.map {
            CertificateSample(
                listener: $0.listener, name: $0.name, secondsLeft: $0.secondsLeft(at: now))
        }
        sample.servers = standing.names.servers(of: standing.seating, commons)
        if standing.snapshot.otlp != nil { sample.spans = spans.counts }
        if standing.snapshot.sentry != nil {
            sample.reports = reporter.withLock { $0 }?.counts
        }
        if !standing.names.webhooks.isEmpty {
            sample.evictedReplayCount = commons.replays.table.evictedCount
        }
        return sample
    }

    /// Has ``sample`` tell what became of error reports.
    func attend(to reporter: ErrorReporter) { self.reporter.withLock { $0 = reporter } }

    /// Takes all addresses.
    func listen() throws(BindProblem) {
        for listener in standing.snapshot.listeners {
            let row = try Binding.listen(
                on: listener.bind, as: listener.name, count: mailboxes.count)
            listeners.withLock { $0.append(row) }
        }
    }

    /// Closes the addresses that no worker has taken over yet.
    func closeListeners() {
        listeners.withLock { rows in
            for socket in rows.joined() { socket.close() }
            rows = []
        }
    }

    /// Starts a thread for each worker.
    func start() throws(Errno) {
        let rows = listeners.withLock { rows in
            defer { rows = [] }
            return rows
        }
        for index in mailboxes.indices {
            let transport = try LinuxTransport(
                listeners: rows.map { $0[index] },
                sessionsMax: 2 * standing.snapshot.limits.connectionCountMax + 1024,
                mailbox: mailboxes[index].wakeup)
            let seat = TransportSeat(transport)
            _ = try Thread(name: "apus-worker-\(index)") { [self] in
                guard let transport = seat.take() else { return }
                run(index, transport)
            }
        }
    }

    private func run(_ index: Int, _ transport: consuming LinuxTransport) {
        // Nothing is read again before all loops have begun.
        let standing = standing
        let plan = Plan(standing.snapshot, commons: standing.commons, seed: .drawn())
        let sight = Sight(
            standing.snapshot, metrics: standing.metrics[index], queue: log.queue(index),
            errors: standing.commons.operations.errors, spans: spans.ring(index))
        var worker = Worker(transport, plan: plan, sight: sight, mailbox: mailboxes[index])
        worker.run()
        if liveCount.subtract(1, ordering: .acquiringAndReleasing).newValue == 0 {
            finished.signal()
        }
    }

    /// Has every worker finish what is in flight and end.
    func drain(within timeout: Duration) {
        let deadline = Clock.monotonic().advanced(by: timeout)
        for mailbox in mailboxes { mailbox.post(.drain(until: deadline)) }
    }
}

/// Hands a move-only transport to the thread that will own it.
private final class TransportSeat: Sendable {
    private let seat: Mutex<LinuxTransport?>

    init(_ transport: consuming sending LinuxTransport) {
        seat = Mutex(transport)
    }

    func take() -> sending LinuxTransport? {
        seat.withLock { $0.take() }
    }
}
