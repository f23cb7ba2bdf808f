/// What the page shows beside the counts of loops and the process's own numbers.
package struct GatewaySample: Sendable {
    package var logLines: LogLineCounts
    /// `nil` without Redis, of which nothing is shown then.
    package var breaker: BreakerSample?
    /// By upstream, in the order of ``MetricNames/upstreams``.
    package var servers: [ServerCounts] = []
    /// Accepted events of webhooks that gave way to others before their time.
    package var evictedReplayCount: UInt64 = 0
    package var reloads: ReloadSample
    package var certificates: [CertificateSample] = []
    /// Whether somebody is told of spans, and what became of them.
    package var spans: SpanCounts?
    /// The same of error reports.
    package var reports: ReportCounts?

    package init(logLines: LogLineCounts, breaker: BreakerSample?, reloads: ReloadSample) {
        self.logLines = logLines
        self.breaker = breaker
        self.reloads = reloads
    }
}

/// The states of a breaker by name, and which of them it is in.
package struct BreakerSample: Sendable {
    package var states: [StaticString]
    /// An index into ``states``.
    package var current: Int

    package init(states: [StaticString], current: Int) {
        self.states = states
        self.current = current
    }
}

/// What became of log lines, of all queues.
package struct LogLineCounts: Sendable {
    /// Taken by a queue, written or still to be.
    package var queued: UInt64
    /// Left out because a queue was full.
    package var dropped: UInt64

    package init(queued: UInt64, dropped: UInt64) {
        self.queued = queued
        self.dropped = dropped
    }
}

/// The servers of an upstream by what came of the last attempt to connect to each.
package struct ServerCounts: Sendable, Equatable {
    /// Those that nobody has tried yet included.
    package var up: Int
    package var down: Int

    package init(up: Int, down: Int) {
        self.up = up
        self.down = down
    }
}

/// When a certificate ends.
package struct CertificateSample: Sendable {
    package var listener: String
    package var name: String
    /// From now; negative once it has ended.
    package var secondsLeft: Int64

    package init(listener: String, name: String, secondsLeft: Int64) {
        self.listener = listener
        self.name = name
        self.secondsLeft = secondsLeft
    }
}

/// What became of error reports.
package struct ReportCounts: Sendable, Equatable {
    /// Taken by the receiver.
    package var sent: UInt64 = 0
    /// Left out as others like it, or too many, had been sent.
    package var suppressed: UInt64 = 0
    /// Given up as the receiver took none, or too many waited.
    package var dropped: UInt64 = 0

    package init() {}
}
