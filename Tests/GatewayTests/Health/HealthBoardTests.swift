import Policy
import Telemetry
import Testing

@testable import Gateway

struct HealthBoardTests {
    private static let second: UInt64 = 1_000_000_000

    private func board(breaker: Breaker? = nil) throws -> HealthBoard {
        let text = Settings.text(servers: "\"10.0.0.1:1\", \"10.0.0.2:1\"").replacing(
            "routes:", with: "  other: { servers: [\"10.0.0.3:1\"] }\nroutes:")
        return HealthBoard(
            try World.load(text), breaker: breaker, certificates: CertificateBoard(),
            shown: [0, 1], after: nil)
    }

    private func status(_ board: HealthBoard, at now: UInt64, _ name: String) -> HealthStatus? {
        board.report(at: now).checks.first { $0.name == name }?.status
    }

    @Test func `a process of which nothing is known is well`() throws {
        let report = try board().report(at: 1)
        #expect(report.status == .healthy)
        #expect(
            report.checks.map(\.name)
                == ["upstream:app", "upstream:other", "listener:public", "log"])
        #expect(report.status.code == 200)
    }

    @Test func `servers that fail count until they are connected to, or are forgotten`() throws {
        let board = try board()
        let now = 1000 * Self.second
        board.noteFailed(0, server: 0, at: now)
        #expect(status(board, at: now, "upstream:app") == .degraded)
        board.noteFailed(0, server: 1, at: now)
        // The other upstream still serves.
        #expect(status(board, at: now, "upstream:app") == .degraded)
        #expect(board.report(at: now).status == .degraded)
        board.noteFailed(1, server: 0, at: now)
        #expect(status(board, at: now, "upstream:app") == .unhealthy)
        #expect(board.report(at: now).status.code == 503)
        board.noteConnected(1, server: 0)
        #expect(board.report(at: now).status == .degraded)
        // Nobody asks a gateway that is out of service, so that it has to forget.
        #expect(board.report(at: now + HealthBoard.memory).status == .healthy)
    }

    @Test func `failures and pauses degrade`() throws {
        let board = try board()
        let now = 1000 * Self.second
        board.noteAcceptingPaused(0, at: now)
        #expect(status(board, at: now, "listener:public") == .degraded)
        #expect(board.report(at: now).status.code == 200)
        #expect(board.report(at: now + HealthBoard.memory).status == .healthy)
        let names = MetricNames(
            routes: [], upstreams: ["app", "other"], listeners: [], methods: [],
            build: BuildLabels(version: "", swift: "", openssl: ""))
        let loops = [LoopMetrics(names: names), LoopMetrics(names: names)]
        let log = try LogPipeline(output: .file(path: "/dev/null"), queueCount: 1)
        board.attend(to: HealthSources(loops, upstreamCount: 2, log: log, at: now))
        let later = now + HealthBoard.memory
        for _ in 0..<4 { loops[0].upstreamFailed(1, reason: .timeout) }
        #expect(status(board, at: later, "upstream:other") == .healthy)
        loops[1].upstreamFailed(1, reason: .reset)
        #expect(status(board, at: later + 1, "upstream:other") == .degraded)
        #expect(status(board, at: later + 1, "upstream:app") == .healthy)
        // As many answers as failures are one too few.
        for _ in 0..<6 { loops[0].upstreamFinished(1, microseconds: 1) }
        #expect(status(board, at: later + 2, "upstream:other") == .healthy)
    }

    @Test func `redis away degrades and no more`() throws {
        let breaker = Breaker(
            BreakerSettings(
                failures: 1, window: .seconds(10), cooldown: .seconds(1),
                cooldownMax: .seconds(30), slow: nil))
        let board = try board(breaker: breaker)
        #expect(status(board, at: 1, "redis") == .healthy)
        _ = breaker.noteFailure(at: 1, jitter: 0)
        #expect(status(board, at: 1, "redis") == .degraded)
        #expect(board.report(at: 1).status.code == 200)
    }

    @Test func `a process that ends is draining, whatever else`() throws {
        let board = try board()
        _ = board.page(at: 1, wallTime: 0)
        board.noteDraining()
        #expect(board.report(at: 1).status == .draining)
        #expect(board.page(at: 1, wallTime: 0).code == 503)
    }

    @Test func `a page holds for a tenth of a second and tells no address`() throws {
        let board = try board()
        let first = board.page(at: 1, wallTime: 0)
        board.noteFailed(0, server: 0, at: 1)
        #expect(board.page(at: 50_000_000, wallTime: 0).body == first.body)
        let next = String(decoding: board.page(at: 200_000_000, wallTime: 0).body, as: UTF8.self)
        #expect(next.contains("\"upstream:app\":{\"status\":\"degraded\""))
        #expect(next.contains("\"reason\":\"not_connected\",\"servers\":2,\"failing\":1"))
        #expect(!next.contains("10.0.0"))
        #expect(!next.contains("version"))
        #expect(next.contains("\"timestamp\":\"1970-01-01T00:00:00.000Z\""))
    }

    @Test func `the latest errors are kept, and few of them a second`() {
        let errors = RecentErrors()
        for number in 0..<(RecentErrors.countMax + 3) {
            errors.note(
                RecentErrors.Entry(
                    time: Int64(number), route: "a", upstream: nil, status: 502, outcome: "b",
                    reason: nil, requestID: ""))
        }
        #expect(errors.latest.count == RecentErrors.countMax)
        #expect(errors.latest.map(\.time).prefix(2) == [52, 51])
        #expect(errors.latest.last?.time == 3)
        var pace = ErrorPace()
        #expect((0..<100).count { _ in pace.admits(at: 7 * Self.second) } == 5)
        let isAdmitted = pace.admits(at: 8 * Self.second)
        #expect(isAdmitted)
    }
}
