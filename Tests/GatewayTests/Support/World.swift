import Bytes
import Config
import HTTP
import Linux
import Policy
import Reactor
import Simulation
import Telemetry
import Testing

@testable import Gateway

/// A worker with its kernel, its clients and its app, all in one test's hand.
///
/// Nothing here takes time: the clock stands until the test moves it.
final class World {
    let kernel: SimulatedKernel
    let names: MetricNames
    let metrics: LoopMetrics
    let commons: Commons
    let app = AppPlay()
    let redis: RedisPlay
    /// As loops of one process share it.
    var store: StorePlan? { commons.store }
    var worker: Worker<SimulatedTransport>
    var clients: [Client] = []
    /// Spans of recorded requests, if the configuration has `otlp`.
    let spans = LogQueue(capacity: 1 << 20)
    private let queue = LogQueue(capacity: 1 << 22)
    private let mailbox: Mailbox<WorkerMessage>
    private var log = ""
    /// Turns that nothing came of, one after the other, before a worker is said to spin.
    private static let turnsMax = 20_000

    /// - Parameter text: The configuration; see ``Settings``.
    convenience init(
        _ text: String = Settings.plain, faults: SimulatedFaults = SimulatedFaults(),
        environment: [String: String] = [:], redis settings: RedisSettings? = nil
    ) throws {
        var snapshot = try Self.load(text, environment: environment)
        if let settings { snapshot.redis = settings }
        try self.init(snapshot, commons: Commons(snapshot, secret: .fixed), faults: faults)
    }

    /// - Parameters:
    ///   - commons: Of the process, which several loops may be of.
    ///   - start: What its clock says.
    init(
        _ snapshot: Snapshot, commons: Commons, faults: SimulatedFaults,
        start: MonotonicInstant = MonotonicInstant(nanoseconds: 5_000_000_000_000)
    ) throws {
        kernel = SimulatedKernel(listenerCount: snapshot.listeners.count, now: start)
        kernel.faults = faults
        for server in snapshot.upstreams.flatMap(\.servers) {
            if let address = SocketAddress(server.address) { kernel.receptions[address] = .accepts }
        }
        redis = RedisPlay(snapshot.redis)
        for address in redis.addresses { kernel.receptions[address] = .accepts }
        var names = MetricNames(
            routes: snapshot.routes.map(\.name), upstreams: snapshot.upstreams.map(\.name),
            listeners: snapshot.listeners.map(\.name), methods: Method.allCases.map(\.name),
            build: BuildLabels(version: "", swift: "", openssl: ""))
        names.corsPolicies = snapshot.cors.map(\.rules.name)
        names.limits = snapshot.rateLimits.map(\.name)
        names.webhooks = snapshot.webhooks.map(\.name)
        self.names = names
        metrics = LoopMetrics(names: names)
        mailbox = try Mailbox()
        self.commons = commons
        worker = Worker(
            SimulatedTransport(kernel),
            plan: Plan(snapshot, commons: commons, seed: .fixed),
            sight: Sight(
                snapshot, metrics: metrics, queue: queue, errors: commons.operations.errors,
                spans: spans),
            mailbox: mailbox)
    }

    /// What a configuration's text says.
    static func load(_ text: String, environment: [String: String] = [:]) throws -> Snapshot {
        let result = Loading.load(text: text, path: "test.yaml", environment: environment)
        return try #require(result.snapshot, "\(result.problems.map(\.text))")
    }

    // MARK: Playing

    /// A client connects; it is accepted in the next turn.
    @discardableResult
    func connect(listener: Int = 0, sending text: String = "") throws -> Client {
        let peer = SocketAddress.ipv4(0xC000_0200 + UInt32(clients.count % 200), port: 40_000)
        let stream = try #require(kernel.arrive(on: listener, from: peer))
        let client = Client(stream)
        clients.append(client)
        client.send(text)
        return client
    }

    /// Lets everybody do what they can until nobody can do more.
    func run() {
        for _ in 0..<Self.turnsMax {
            runWorker()
            let servers = kernel.upstreamStreams
            let redisMoved = redis.play(servers)
            let appMoved = app.play(
                servers.filter { !redis.addresses.contains($0.address) }.map(\.stream))
            let clientsMoved = clients.reduce(false) { $1.read() || $0 }
            if !appMoved && !redisMoved && !clientsMoved { return }
        }
        Issue.record("clients and app never come to an end")
    }

    /// Lets the worker alone do what it can.
    func runWorker() {
        for _ in 0..<Self.turnsMax {
            guard !worker.turn.isDone else { return }
            worker.takeTurn()
            if kernel.wasQuiet { return }
        }
        Issue.record("the worker spins")
    }

    /// Lets time pass, every deadline in it at its moment.
    func pass(_ length: Duration) {
        let end = kernel.now.advanced(by: length)
        run()
        var stepsLeft = Self.turnsMax
        while !isDone, let next = kernel.sleepsUntil, next <= end, stepsLeft > 0 {
            kernel.advance(to: next)
            run()
            stepsLeft -= 1
        }
        #expect(stepsLeft > 0, "a deadline never passes")
        kernel.advance(to: end)
        run()
    }

    func post(_ message: WorkerMessage) {
        mailbox.post(message)
        kernel.ring()
    }

    /// Has the worker finish, and waits for it.
    func drain(within length: Duration = .seconds(30)) {
        post(.drain(until: kernel.now.advanced(by: length)))
        run()
    }

    // MARK: Seeing

    var isDone: Bool { worker.turn.isDone }
    /// Client connections that the worker holds.
    var downstreamCount: Int { worker.downstreams.count }
    /// Server connections that the worker holds, idle ones included.
    var upstreamCount: Int { worker.upstreams.count }
    var exchangeCount: Int { worker.exchanges.count }
    /// Access lines and events that were written.
    var lineCount: UInt64 { queue.lineCount }
    /// What Redis is to be charged with.
    var debtCount: Int { worker.desk.limits.store.debts.count }
    /// Buffers in use.
    var bufferCount: Int { worker.pool.lentCount }

    /// All log lines so far.
    var lines: [String] {
        log += String(decoding: queue.takeAll(), as: UTF8.self)
        return log.split(separator: "\n").map(String.init)
    }

    /// The access lines so far.
    var records: [LogLine] { lines.map(LogLine.init).filter { $0["event"] == "request" } }

    /// The outcomes so far, in the order of the log.
    var outcomes: [String] { records.map { $0["outcome"] ?? "-" } }

    /// The value of a metric's line, by its name and labels as they stand on the page.
    func metric(_ name: String) -> Int? {
        let page = MetricsPage.text(names, metrics)
        let line = page.split(separator: "\n").first { $0.hasPrefix(name + " ") }
        return line.flatMap { Int($0.dropFirst(name.count + 1)) }
    }

    /// Has all clients leave and idle connections end, then checks that nothing is left behind.
    func expectNothingLeaks(_ note: String = "", sourceLocation: SourceLocation = #_sourceLocation)
    {
        for client in clients { client.leave() }
        run()
        // Longer than any timeout of the configurations here, so that everything idle ends.
        pass(.seconds(400))
        let leaks = [
            "client connections": worker.downstreams.count,
            "server connections": worker.upstreams.count,
            "exchanges": worker.exchanges.count,
            "deliveries": worker.desk.webhooks.deliveries.count,
            "held bodies": worker.desk.held.count, "inspectors": worker.desk.inspectors.count,
            "buffers": worker.pool.lentCount,
            // Connections to Redis stay.
            "descriptors": kernel.openCount - worker.store.links.count,
            "idle": worker.pools.reduce(0) { $0 + $1.idleCount },
            "endpoint connections": worker.pools.reduce(0) { sum, pool in
                pool.endpoints.reduce(sum) { $0 + $1.connectionCount }
            },
        ].filter { $0.value != 0 }
        #expect(leaks.isEmpty, "left behind \(note)", sourceLocation: sourceLocation)
        #expect(kernel.misuses.isEmpty, "\(note)", sourceLocation: sourceLocation)
        expectCountersAreBack(note, sourceLocation)
    }

    private func expectCountersAreBack(_ note: String, _ sourceLocation: SourceLocation) {
        let isCountBack = commons.connections.enter(limit: 1)
        commons.connections.leave()
        #expect(isCountBack, "the process' count \(note)", sourceLocation: sourceLocation)
        let page = MetricsPage.text(names, metrics)
        for line in page.split(separator: "\n")
        where line.hasPrefix("apus_upstream_connections{")
            || line.hasPrefix("apus_connections_active{")
        {
            #expect(line.hasSuffix(" 0"), "\(line) \(note)", sourceLocation: sourceLocation)
        }
    }
}

extension MetricsPage {
    /// The page of one loop, as text.
    static func text(_ names: MetricNames, _ metrics: LoopMetrics) -> String {
        String(
            decoding: render(
                .prometheus, loops: [metrics], names: names, process: ProcessSample.read(),
                gateway: GatewaySample(
                    logLines: LogLineCounts(queued: 0, dropped: 0),
                    breaker: BreakerSample(
                        states: ["admitting", "refusing", "probing"], current: 0),
                    reloads: ReloadSample(takenAt: 0))),
            as: UTF8.self)
    }
}

/// One line of the log, flat JSON as it is.
struct LogLine {
    private var members: [String: String] = [:]

    init(_ text: String) {
        // Values here hold neither quotes nor commas: requests of these tests are plain.
        for member in text.dropFirst().dropLast().split(separator: ",") {
            let parts = member.split(separator: ":", maxSplits: 1).map {
                $0.filter { $0 != "\"" }
            }
            if parts.count == 2 { members[parts[0]] = parts[1] }
        }
    }

    subscript(_ name: String) -> String? { members[name] }
}
