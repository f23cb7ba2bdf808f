import Config
import HTTP
import Linux
import Policy
import Reactor
import Synchronization
import Telemetry

/// The workers of a process, seen from outside their threads.
final class WorkerCrew: Sendable {
    let names: MetricNames
    let metrics: [LoopMetrics]
    let mailboxes: [Mailbox<WorkerMessage>]
    /// Signalled once the last worker has ended.
    let finished: Wakeup
    let snapshot: Snapshot
    private let log: LogPipeline
    /// A row for each listener, a socket for each worker in it.
    ///
    /// Guard: the mutex; empty once handed
    /// out.
    private let listeners = Mutex<[[ListeningSocket]]>([])
    let commons: Commons
    /// How often the configuration was read again.
    let reloads = ReloadTally(startedAt: Clock.wall() / 1000)
    /// Workers that have not ended.
    ///
    /// The last to leave signals ``finished``.
    private let liveCount: Atomic<Int>

    init(_ snapshot: Snapshot, build: BuildLabels, count: Int, log: LogPipeline) throws(Errno) {
        self.snapshot = snapshot
        self.log = log
        commons = Commons(snapshot, secret: .drawn())
        var names = MetricNames(
            routes: snapshot.routes.map(\.name), upstreams: snapshot.upstreams.map(\.name),
            listeners: snapshot.listeners.map(\.name), methods: Method.allCases.map(\.name),
            build: build)
        names.corsPolicies = snapshot.cors.map(\.rules.name)
        names.limits = snapshot.rateLimits.map(\.name)
        names.webhooks = snapshot.webhooks.map(\.name)
        self.names = names
        let counted = names
        metrics = (0..<count).map { _ in LoopMetrics(names: counted) }
        var mailboxes: [Mailbox<WorkerMessage>] = []
        for _ in 0..<count { mailboxes.append(try Mailbox()) }
        self.mailboxes = mailboxes
        finished = try Wakeup()
        liveCount = Atomic(count)
    }

    /// What `/metrics` shows beside counts of loops.
    var sample: GatewaySample {
        let breaker = commons.store.map { store in
            BreakerSample(
                states: BreakerState.allCases.map(\.name),
                current: Int(store.breaker.state.rawValue))
        }
        var sample = GatewaySample(
            logLines: LogLineCounts(queued: log.lineCount, dropped: log.droppedCount),
            breaker: breaker, reloads: reloads.sample)
        sample.servers = commons.servers.map(\.counts)
        if !names.webhooks.isEmpty {
            sample.evictedReplayCount = commons.replays.table.evictedCount
        }
        return sample
    }

    /// Takes all addresses.
    func listen() throws(BindProblem) {
        for listener in snapshot.listeners {
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
                listeners: rows.map { $0[index] }, mailbox: mailboxes[index].wakeup)
            let seat = TransportSeat(transport)
            _ = try Thread(name: "apus-worker-\(index)") { [self] in
                guard let transport = seat.take() else { return }
                run(index, transport)
            }
        }
    }

    private func run(_ index: Int, _ transport: consuming LinuxTransport) {
        let plan = Plan(snapshot, commons: commons, seed: .drawn())
        let sight = Sight(
            snapshot, metrics: metrics[index], queue: log.queue(index),
            errors: commons.operations.errors)
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
