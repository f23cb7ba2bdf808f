import Telemetry
import Testing

@Suite struct LoopMetricsTests {
    @Test func `requests are counted by route, method and status`() {
        let loop = LoopMetrics(names: sampleNames)
        for _ in 0..<3 {
            loop.requestFinished(finishedRecord(status: 200, microseconds: 1), method: 0)
        }
        loop.requestFinished(finishedRecord(status: 503, microseconds: 1), method: 1)
        loop.requestFinished(finishedRecord(status: nil, microseconds: 1), method: 0)
        loop.requestFinished(finishedRecord(status: 404, microseconds: 1, route: nil), method: 2)
        let page = page([loop])
        let name = "apus_http_requests_total"
        #expect(value(of: "\(name){route=\"app\",method=\"GET\",status=\"200\"}", in: page) == "3")
        #expect(value(of: "\(name){route=\"app\",method=\"POST\",status=\"503\"}", in: page) == "1")
        #expect(value(of: "\(name){route=\"app\",method=\"GET\",status=\"-\"}", in: page) == "1")
        #expect(value(of: "\(name){route=\"-\",method=\"OTHER\",status=\"404\"}", in: page) == "1")
        #expect(page.filter { $0.hasPrefix(name) }.count == 4)
    }

    @Test func `series beyond the table are counted as one`() {
        let loop = LoopMetrics(names: sampleNames)
        var expected: [UInt16: Int] = [:]
        for status: UInt16 in 100..<600 {
            for method: UInt8 in 0..<3 {
                loop.requestFinished(
                    finishedRecord(status: status, microseconds: 1), method: method)
                expected[status, default: 0] += 1
            }
        }
        let series = page([loop]).filter { $0.hasPrefix("apus_http_requests_total{") }
        let counts = series.compactMap { $0.split(separator: " ").last.flatMap { Int($0) } }
        #expect(series.count == 768 + 1)
        #expect(counts.reduce(0, +) == 1500)
        let overflow = "apus_http_requests_total{route=\"-\",method=\"OTHER\",status=\"other\"}"
        #expect(value(of: overflow, in: series) == String(1500 - 768))
        #expect(series.dropLast().allSatisfy { $0.hasSuffix(" 1") })
    }

    @Test func `known series are still found when the table is full`() {
        let loop = LoopMetrics(names: sampleNames)
        for round in 1...2 {
            for status: UInt16 in 100..<600 {
                for method: UInt8 in 0..<3 {
                    loop.requestFinished(
                        finishedRecord(status: status, microseconds: 1), method: method)
                }
            }
            let series = page([loop]).filter { $0.hasPrefix("apus_http_requests_total{") }
            #expect(series.dropLast().allSatisfy { $0.hasSuffix(" \(round)") })
        }
    }

    @Test(
        arguments: [
            (0, "0.0005"), (499, "0.0005"), (500, "0.0005"), (501, "0.001"), (1000, "0.001"),
            (1001, "0.0025"), (2500, "0.0025"), (2501, "0.005"), (5000, "0.005"), (5001, "0.01"),
            (10_000, "0.01"), (10_001, "0.025"), (25_000, "0.025"), (25_001, "0.05"),
            (50_000, "0.05"), (50_001, "0.1"), (100_000, "0.1"), (100_001, "0.25"),
            (250_000, "0.25"), (250_001, "0.5"), (500_000, "0.5"), (500_001, "1"),
            (1_000_000, "1"), (1_000_001, "2.5"), (2_500_000, "2.5"), (2_500_001, "5"),
            (5_000_000, "5"), (5_000_001, "10"), (10_000_000, "10"), (10_000_001, "30"),
            (30_000_000, "30"), (30_000_001, "+Inf"), (1 << 40, "+Inf"),
        ] as [(UInt64, String)])
    func `a duration falls into the first bucket that holds it`(_ value: UInt64, _ bound: String) {
        let loop = LoopMetrics(names: sampleNames)
        loop.requestFinished(finishedRecord(status: 200, microseconds: value), method: 0)
        let buckets = page([loop]).filter {
            $0.hasPrefix("apus_http_request_duration_seconds_bucket{route=\"app\"")
        }
        #expect(buckets.count == 16)
        #expect(buckets.first { $0.hasSuffix(" 1") }?.contains("le=\"\(bound)\"") == true)
        #expect(buckets.last?.hasSuffix("le=\"+Inf\"} 1") == true)
    }

    @Test func `loops are added up`() {
        let loops = (0..<3).map { _ in LoopMetrics(names: sampleNames) }
        for (index, loop) in loops.enumerated() {
            for _ in 0...index {
                loop.requestFinished(finishedRecord(status: 200, microseconds: 1500), method: 0)
            }
            loop.connectionOpened(listener: 0)
            loop.upstreamFailed(0, reason: .closedEarly)
            loop.lineSampled()
        }
        loops[0].connectionClosed(listener: 0)
        let page = page(loops)
        let route = "{route=\"app\"}"
        let requests = "apus_http_requests_total{route=\"app\",method=\"GET\",status=\"200\"}"
        #expect(value(of: requests, in: page) == "6")
        #expect(value(of: "apus_http_request_duration_seconds_sum\(route)", in: page) == "0.009000")
        #expect(value(of: "apus_http_request_duration_seconds_count\(route)", in: page) == "6")
        #expect(value(of: "apus_http_request_bytes_total\(route)", in: page) == "60")
        #expect(value(of: "apus_http_response_bytes_total\(route)", in: page) == "6000")
        #expect(value(of: "apus_http_outcomes_total{outcome=\"proxied\"}", in: page) == "6")
        #expect(value(of: "apus_connections_active{listener=\"public\"}", in: page) == "2")
        #expect(value(of: "apus_connections_total{listener=\"public\"}", in: page) == "3")
        let errors = "apus_upstream_errors_total{upstream=\"app\",reason=\"closed_early\"}"
        #expect(value(of: errors, in: page) == "3")
        #expect(value(of: "apus_log_lines_sampled_total", in: page) == "3")
    }

    @Test func `what loops forgot is added up, each by its latest word`() {
        let loops = [LoopMetrics(names: sampleNames), LoopMetrics(names: sampleNames)]
        loops[0].limitDebtsDropped(3)
        loops[0].limitDebtsDropped(4)
        loops[1].limitDebtsDropped(10)
        loops[1].replayNotesDropped(2)
        let page = page(loops)
        #expect(value(of: "apus_rate_limit_debts_dropped_total", in: page) == "14")
        #expect(value(of: "apus_webhook_replay_notes_dropped_total", in: page) == "2")
    }

    @Test func `a connection opened on one loop may be closed on another`() {
        let loops = [LoopMetrics(names: sampleNames), LoopMetrics(names: sampleNames)]
        loops[0].connectionOpened(listener: 0)
        loops[0].connectionOpened(listener: 0)
        loops[1].connectionClosed(listener: 0)
        let series = "apus_connections_active{listener=\"public\"}"
        #expect(value(of: series, in: page(loops)) == "1")
        #expect(value(of: series, in: page([loops[1]])) == "0")
    }

    @Test func `a connection to an upstream is active or idle until it ends`() {
        let loop = LoopMetrics(names: sampleNames)
        func states() -> [String?] {
            ["active", "idle"].map {
                let series = "apus_upstream_connections{upstream=\"app\",state=\"\($0)\"}"
                return value(of: series, in: page([loop]))
            }
        }
        loop.upstreamConnectionMoved(0, from: .none, to: .active)
        loop.upstreamConnectionMoved(0, from: .none, to: .active)
        #expect(states() == ["2", "0"])
        loop.upstreamConnectionMoved(0, from: .active, to: .idle)
        #expect(states() == ["1", "1"])
        loop.upstreamConnectionMoved(0, from: .idle, to: .none)
        loop.upstreamConnectionMoved(0, from: .active, to: .none)
        #expect(states() == ["0", "0"])
    }

    @Test func `indices that are not configured count as the first of their kind`() {
        let loop = LoopMetrics(names: sampleNames)
        loop.requestFinished(finishedRecord(status: 200, microseconds: 1, route: 2), method: 0)
        loop.requestFinished(finishedRecord(status: 200, microseconds: 1, route: .max), method: 0)
        loop.connectionOpened(listener: -1)
        loop.acceptFailed(listener: 7)
        loop.upstreamRetried(99)
        let page = page([loop])
        let requests = "apus_http_requests_total{route=\"-\",method=\"GET\",status=\"200\"}"
        #expect(value(of: requests, in: page) == "2")
        #expect(value(of: "apus_connections_total{listener=\"public\"}", in: page) == "1")
        #expect(value(of: "apus_accept_errors_total{listener=\"public\"}", in: page) == "1")
        #expect(value(of: "apus_upstream_retries_total{upstream=\"app\"}", in: page) == "1")
    }

    @Test func `a configuration without upstreams has metrics all the same`() {
        let names = MetricNames(
            routes: [], upstreams: [], listeners: [], methods: ["GET"], build: sampleNames.build)
        let loop = LoopMetrics(names: names)
        loop.requestFinished(finishedRecord(status: 404, microseconds: 1, route: nil), method: 0)
        #expect(
            page([loop], names: names)
                .contains("apus_http_requests_total{route=\"-\",method=\"GET\",status=\"404\"} 1"))
    }

    @Test func `what CORS policies made of requests is counted by policy and result`() {
        let loop = LoopMetrics(names: sampleNames)
        loop.corsJudged(0, .preflight)
        loop.corsJudged(1, .refused)
        loop.corsJudged(1, .refused)
        // A policy that this loop was not made for.
        loop.corsJudged(9, .allowed)
        let page = page([loop])
        func count(_ policy: String, _ result: String) -> String? {
            value(
                of: "apus_cors_requests_total{policy=\"\(policy)\",result=\"\(result)\"}",
                in: page)
        }
        #expect(count("app", "preflight") == "1")
        #expect(count("app", "allowed") == "1")
        #expect(count("api", "refused") == "2")
        #expect(count("api", "preflight") == "0")
        #expect(value(of: "apus_log_lines_sampled_total", in: page) == "0")
    }

    @Test func `a page read while loops count shows counters that only grow`() async {
        let loop = LoopMetrics(names: sampleNames)
        let count = 20_000
        async let counted: Void = finish(count, on: loop)
        var seen = 0
        while seen < count {
            let series = "apus_http_request_duration_seconds_count{route=\"app\"}"
            let now = value(of: series, in: page([loop])).flatMap { Int($0) } ?? -1
            #expect(now >= seen)
            seen = now
            await Task.yield()
        }
        await counted
        #expect(seen == count)
    }

    private func finish(_ count: Int, on loop: LoopMetrics) async {
        for number in 0..<count {
            let status = UInt16(200 + number % 200)
            loop.requestFinished(finishedRecord(status: status, microseconds: 7), method: 0)
        }
    }
}
