import Telemetry

let sampleNames = {
    var names = MetricNames(
        routes: ["app", "quo\"te\\d\n"], upstreams: ["app"], listeners: ["public"],
        methods: ["GET", "POST", "OTHER"],
        build: BuildLabels(version: "0.1.0", swift: "6.3", openssl: "3.0.17"))
    names.corsPolicies = ["app", "api"]
    return names
}()

let sampleProcess = ProcessSample(
    cpuMicroseconds: 1_250_000, residentBytes: 8_388_608, openFiles: 12, maxFiles: 1024,
    startMicroseconds: 1_772_368_496_780_000)

let sampleGateway = {
    var sample = GatewaySample(
        logLines: LogLineCounts(queued: 40, dropped: 2),
        breaker: BreakerSample(states: ["admitting", "refusing", "probing"], current: 1),
        reloads: ReloadSample(takenAt: 1_772_368_500_250_000))
    sample.servers = [ServerCounts(up: 2, down: 1)]
    sample.evictedReplayCount = 3
    sample.certificates = [
        CertificateSample(listener: "public", name: "a.example.com", secondsLeft: 86_400),
        CertificateSample(listener: "public", name: "b.example.com", secondsLeft: -5),
    ]
    return sample
}()

/// The page of loops, line by line.
func page(
    _ loops: [LoopMetrics], names: MetricNames = sampleNames, format: PageFormat = .prometheus
) -> [String] {
    let bytes = MetricsPage.render(
        format, loops: loops, names: names, process: sampleProcess, gateway: sampleGateway)
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init)
}

/// The value of one series, as written.
func value(of series: String, in page: [String]) -> String? {
    page.first { $0.hasPrefix(series + " ") }.map { String($0.dropFirst(series.count + 1)) }
}

/// A finished exchange of the first route.
func finishedRecord(
    status: UInt16?, microseconds: UInt64, route: UInt16? = 0, outcome: Outcome = .proxied
) -> AccessRecord {
    var record = AccessRecord(outcome: outcome)
    record.status = status
    record.route = route
    record.durationMicroseconds = microseconds
    record.bytesIn = 10
    record.bytesOut = 1000
    return record
}
