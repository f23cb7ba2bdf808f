import Config
import Policy
import Telemetry

/// Finds what is worth a report although no request says so: looked at now and then, on the control
/// loop, so that no other loop does anything for it.
struct AnomalyWatch {
    /// What is compared with what it was before.
    struct Signs: Sendable {
        /// Whether Redis is left alone.
        var isRefusing = false
        /// Upstreams of which no server can be connected to, by name.
        var downUpstreams: Set<String> = []
        var linesDropped: UInt64 = 0
        var reloadsRefused: UInt64 = 0
        var replaysEvicted: UInt64 = 0
    }

    private var last: Signs?

    /// What has come to be so since the last look; nothing on the first.
    ///
    /// - Parameter time: Milliseconds since 1970.
    mutating func look(_ signs: Signs, at time: Int64) -> [ErrorReport] {
        defer { last = signs }
        guard let last else { return [] }
        var reports: [ErrorReport] = []
        func tell(_ place: String, _ outcome: String, _ message: String, _ upstream: String? = nil)
        {
            reports.append(
                ErrorReport(
                    level: .warning, time: time,
                    likeness: ErrorReport.Likeness(place: place, outcome: outcome, status: nil),
                    message: message, upstream: upstream))
        }
        if signs.isRefusing, !last.isRefusing {
            tell("redis", "breaker_open", "The breaker before Redis has opened.")
        }
        for name in signs.downUpstreams.subtracting(last.downUpstreams).sorted() {
            tell(
                "upstream:\(name)", "all_down",
                "No server of the upstream \(name) can be connected to.", name)
        }
        if signs.linesDropped > last.linesDropped {
            let count = signs.linesDropped - last.linesDropped
            tell("log", "lines_dropped", "\(count) log lines were dropped.")
        }
        if signs.reloadsRefused > last.reloadsRefused {
            tell("reload", "refused", "A new configuration was not taken; the log says why.")
        }
        if signs.replaysEvicted > last.replaysEvicted {
            tell(
                "webhooks", "replays_evicted",
                "Accepted events of webhooks were forgotten before their time.")
        }
        return reports
    }
}

extension AnomalyWatch.Signs {
    init(_ crew: WorkerCrew) {
        let sample = crew.sample
        linesDropped = sample.logLines.dropped
        reloadsRefused = sample.reloads.failureCount
        replaysEvicted = sample.evictedReplayCount
        let standing = crew.standing
        if case .refusing? = standing.commons.store?.breaker.state { isRefusing = true }
        for (name, count) in zip(standing.names.upstreams, sample.servers)
        where count.up == 0 && count.down > 0 {
            downUpstreams.insert(name)
        }
    }
}
