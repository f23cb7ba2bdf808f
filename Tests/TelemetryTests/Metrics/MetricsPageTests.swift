import Glibc
import Telemetry
import Testing

@Suite struct MetricsPageTests {
    /// A loop that has counted something of everything.
    private func busyLoop() -> LoopMetrics {
        let loop = LoopMetrics(names: sampleNames)
        let place = loop.requestFinished(
            finishedRecord(status: 200, microseconds: 12_345), method: 0)
        let trace = Array("0af7651916cd43dd8448eb211c80319c".utf8)
        loop.noteExemplar(
            place, trace: trace.span, microseconds: 12_345, at: 1_772_368_499_500_000_000)
        loop.requestFinished(finishedRecord(status: 200, microseconds: 700), method: 0)
        loop.requestFinished(
            finishedRecord(status: 404, microseconds: 90, route: nil, outcome: .notFound), method: 2
        )
        loop.connectionOpened(listener: 0)
        loop.upstreamConnectionMoved(0, from: .none, to: .idle)
        loop.upstreamFinished(0, microseconds: 11_000)
        loop.upstreamFailed(0, reason: .refused)
        loop.limitDebtsDropped(5)
        loop.replayNotesDropped(6)
        return loop
    }

    @Test(
        arguments: [
            (.prometheus, "metrics"), (.openMetrics, "openmetrics"),
        ] as [(PageFormat, String)])
    func `the page is what the golden file shows`(_ format: PageFormat, _ name: String) throws {
        let text = page([busyLoop()], format: format).joined(separator: "\n") + "\n"
        try expectSame(text, asFile: "Tests/TelemetryTests/Golden/\(name).txt")
    }

    @Test func `both formats show the same numbers`() {
        let loop = busyLoop()
        func samples(_ format: PageFormat) -> [String] {
            page([loop], format: format).filter { !$0.hasPrefix("#") }.map { line -> String in
                let sample = String(line.split(separator: " # ")[0])
                return sample.replacing(/le="([0-9]+)\.0"/) { "le=\"\($0.1)\"" }
            }
        }
        #expect(samples(.prometheus) == samples(.openMetrics))
    }

    @Test func `OpenMetrics names counters without their ending and ends with a mark`() {
        let page = page([LoopMetrics(names: sampleNames)], format: .openMetrics)
        #expect(page.last == "# EOF")
        #expect(page.filter { $0 == "# EOF" }.count == 1)
        #expect(page.contains("# TYPE apus_http_requests counter"))
        #expect(page.contains("# TYPE process_cpu_seconds counter"))
        let families = page.filter { $0.hasPrefix("# TYPE ") }.map { $0.split(separator: " ")[2] }
        #expect(Set(families).count == Metric.allCases.count)
        // A family's name may not be the sample of another (OpenMetrics, "MetricFamily").
        for family in families {
            for ending in ["_total", "_bucket", "_sum", "_count"] {
                #expect(!families.contains("\(family)\(ending)"), "\(family)")
            }
        }
    }

    @Test func `every metric has its HELP and TYPE once, before its samples`() {
        let page = page([LoopMetrics(names: sampleNames)])
        for metric in Metric.allCases {
            let help = page.firstIndex { $0.hasPrefix("# HELP \(metric.name) ") }
            let type = page.firstIndex(of: "# TYPE \(metric.name) \(metric.kind.rawValue)")
            #expect(help != nil && type == help.map { $0 + 1 })
            #expect(page.filter { $0.hasPrefix("# HELP \(metric.name) ") }.count == 1)
        }
    }

    @Test func `every line is a comment or a sample of the format`() throws {
        let pair = #"[a-z_]+="([^"\\\n]|\\["\\n])*""#
        let sample = try Regex(
            #"[a-z_]+(\{\#(pair)(,\#(pair))*\})? -?[0-9]+(\.[0-9]+)?"#)
        for line in page([LoopMetrics(names: sampleNames)]) where !line.hasPrefix("# ") {
            #expect(line.wholeMatch(of: sample) != nil, "\(line)")
        }
    }

    @Test func `label values are escaped`() {
        let page = page([LoopMetrics(names: sampleNames)])
        #expect(
            page.contains(#"apus_http_request_bytes_total{route="quo\"te\\d\n"} 0"#))
    }

    @Test func `a process knows its own numbers`() {
        let process = ProcessSample.read()
        #expect(process.cpuMicroseconds > 0)
        #expect(process.residentBytes > 1 << 20 && process.residentBytes < 1 << 36)
        #expect(process.openFiles > 2 && process.openFiles <= process.maxFiles)
        // Between 2020 and now.
        #expect(process.startMicroseconds > 1_577_836_800_000_000)
        #expect(process.startMicroseconds <= UInt64(time(nil)) * 1_000_000 + 1_000_000)
    }
}
