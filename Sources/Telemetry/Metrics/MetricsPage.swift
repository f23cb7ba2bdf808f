/// The page of `/metrics`: Prometheus text format 0.0.4.
package enum MetricsPage {
    /// The `Content-Type` of the page.
    package static let contentType: StaticString = "text/plain; version=0.0.4; charset=utf-8"

    /// Renders all metrics, the loops' counters added up.
    ///
    /// There is at least one loop, and all were made for `names`; `logLines` are
    /// ``LogPipeline/lineCount`` and ``LogPipeline/droppedCount``; `breaker` is `nil` without
    /// Redis, of which nothing is shown then.
    package static func render(
        loops: [LoopMetrics], names: MetricNames, process: ProcessSample, logLines: LogLineCounts,
        breaker: BreakerSample?
    ) -> [UInt8] {
        let totals = MetricTotals(loops, names)
        var page = PageWriter()
        for metric in Metric.allCases {
            page.begin(metric)
            switch metric {
            case .httpRequests: page.requests(totals, names)
            case .httpRequestDuration, .httpRequestBytes, .httpResponseBytes:
                page.routes(metric, totals, names)
            case .httpOutcomes: page.outcomes(totals)
            case .connectionsActive, .connections, .connectionsRefused, .acceptErrors,
                .acceptPauses, .proxyHeadersRefused:
                page.listeners(metric, totals, names)
            case .upstreamDuration, .upstreamConnections, .upstreamErrors, .upstreamRetries:
                page.upstreams(metric, totals, names)
            case .corsRequests: page.corsPolicies(totals, names)
            case .limitDecisions: page.limits(totals, names)
            case .webhookVerifications: page.webhooks(totals, names)
            case .storeCommands, .storeCommandDuration, .storeBreakerState:
                if let breaker { page.store(metric, totals, breaker) }
            case .logLines: page.sample([], logLines.queued)
            case .logLinesDropped: page.sample([], logLines.dropped)
            case .logLinesSampled: page.sample([], totals.cells[totals.shape.sampledLines])
            case .buildInfo:
                page.sample([names.build.version, names.build.swift, names.build.openssl], 1)
            case .processCPU: page.sample([], microseconds: process.cpuMicroseconds)
            case .processResident: page.sample([], process.residentBytes)
            case .processOpenFiles: page.sample([], process.openFiles)
            case .processMaxFiles: page.sample([], process.maxFiles)
            case .processStart: page.sample([], microseconds: process.startMicroseconds)
            }
        }
        return page.bytes
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

/// The loops' numbers added up.
///
/// Loops go on counting meanwhile, so two numbers may be some requests apart; each is right by
/// itself, and none ever falls.
struct MetricTotals {
    let shape: Shape
    private(set) var cells: [UInt64]
    private(set) var requests: [RequestTable.Key: UInt64] = [:]
    private(set) var overflow: UInt64 = 0

    init(_ loops: [LoopMetrics], _ names: MetricNames) {
        shape = Shape(names)
        cells = Array(repeating: 0, count: shape.cellCount)
        for loop in loops {
            precondition(loop.shape == shape, "loops and names of one configuration")
            for (index, value) in loop.cellValues().enumerated() { cells[index] &+= value }
            loop.mergeRequests(into: &requests)
            overflow += loop.requestOverflow
        }
    }

    func listener(_ index: Int, _ cell: ListenerCell) -> UInt64 {
        cells[shape.listener(index) + cell.rawValue]
    }
}

// MARK: - Sections

extension PageWriter {
    /// Only combinations that have occurred, in an order that does not change.
    fileprivate mutating func requests(_ totals: MetricTotals, _ names: MetricNames) {
        let order = totals.requests.sorted {
            ($0.key.route, $0.key.method, $0.key.status)
                < ($1.key.route, $1.key.method, $1.key.status)
        }
        for (key, count) in order where Int(key.method) < names.methods.count {
            let route = key.route == 0 ? MetricNames.noRoute : names.routes[key.route - 1]
            let status = key.status == 0 ? "-" : String(key.status)
            sample([route, "\(names.methods[Int(key.method)])", status], count)
        }
        if totals.overflow > 0 { sample([MetricNames.noRoute, "OTHER", "other"], totals.overflow) }
    }

    /// All routes, also those without requests: a series that is there from the start shows its
    /// first increase.
    fileprivate mutating func routes(
        _ metric: Metric, _ totals: MetricTotals, _ names: MetricNames
    ) {
        for (index, name) in ([MetricNames.noRoute] + names.routes).enumerated() {
            let row = totals.shape.route(index)
            switch metric {
            case .httpRequestBytes: sample([name], totals.cells[row + RouteCell.bytesIn])
            case .httpResponseBytes: sample([name], totals.cells[row + RouteCell.bytesOut])
            default:
                histogram(
                    [name], totals.cells[row..<(row + DurationBuckets.count)],
                    sumMicroseconds: totals.cells[row + RouteCell.sum])
            }
        }
    }

    fileprivate mutating func outcomes(_ totals: MetricTotals) {
        for outcome in Outcome.allCases {
            sample(["\(outcome.name)"], totals.cells[totals.shape.outcome(outcome)])
        }
    }

    fileprivate mutating func corsPolicies(_ totals: MetricTotals, _ names: MetricNames) {
        for (index, name) in names.corsPolicies.enumerated() {
            for result in CORSResult.allCases {
                sample([name, "\(result.name)"], totals.cells[totals.shape.cors(index, result)])
            }
        }
    }

    fileprivate mutating func limits(_ totals: MetricTotals, _ names: MetricNames) {
        for (index, name) in names.limits.enumerated() {
            for decision in LimitDecision.allCases {
                for store in LimitStore.allCases {
                    sample(
                        [name, "\(decision.name)", "\(store.name)"],
                        totals.cells[totals.shape.limit(index, decision, store)])
                }
            }
        }
    }

    fileprivate mutating func webhooks(_ totals: MetricTotals, _ names: MetricNames) {
        for (index, name) in names.webhooks.enumerated() {
            for result in WebhookResult.allCases {
                sample([name, "\(result.name)"], totals.cells[totals.shape.webhook(index, result)])
            }
        }
    }

    fileprivate mutating func store(
        _ metric: Metric, _ totals: MetricTotals, _ breaker: BreakerSample
    ) {
        let row = totals.shape.storeStart
        switch metric {
        case .storeCommands:
            for result in StoreResult.allCases {
                let cell = row + StoreCell.results + Int(result.rawValue)
                sample(["\(result.name)"], totals.cells[cell])
            }
        case .storeCommandDuration:
            histogram(
                [], totals.cells[row..<(row + DurationBuckets.count)],
                sumMicroseconds: totals.cells[row + StoreCell.sum])
        default:
            for (index, state) in breaker.states.enumerated() {
                sample(["\(state)"], index == breaker.current ? 1 : 0)
            }
        }
    }

    /// What is open is what was opened less what was closed, over all loops.
    fileprivate mutating func listeners(
        _ metric: Metric, _ totals: MetricTotals, _ names: MetricNames
    ) {
        for (index, name) in names.listeners.enumerated() {
            let opened = totals.listener(index, .opened)
            switch metric {
            case .connectionsActive:
                // A close can be seen before its open when another loop's cells are read in
                // between.
                let closed = totals.listener(index, .closed)
                sample([name], opened > closed ? opened - closed : 0)
            case .connections: sample([name], opened)
            case .connectionsRefused: sample([name], totals.listener(index, .refused))
            case .acceptErrors: sample([name], totals.listener(index, .acceptErrors))
            case .acceptPauses: sample([name], totals.listener(index, .acceptPauses))
            default: sample([name], totals.listener(index, .proxyHeadersRefused))
            }
        }
    }

    fileprivate mutating func upstreams(
        _ metric: Metric, _ totals: MetricTotals, _ names: MetricNames
    ) {
        for (index, name) in names.upstreams.enumerated() {
            let row = totals.shape.upstream(index)
            switch metric {
            case .upstreamDuration:
                histogram(
                    [name], totals.cells[row..<(row + DurationBuckets.count)],
                    sumMicroseconds: totals.cells[row + UpstreamCell.sum])
            case .upstreamConnections:
                for state in [UpstreamConnectionState.active, .idle] {
                    let cell = row + UpstreamCell.connections + Int(state.rawValue)
                    let count = Int64(bitPattern: totals.cells[cell])
                    sample([name, "\(state.name)"], UInt64(max(0, count)))
                }
            case .upstreamErrors:
                for reason in UpstreamFailure.allCases {
                    let cell = row + UpstreamCell.errors + Int(reason.rawValue)
                    sample([name, "\(reason.name)"], totals.cells[cell])
                }
            default: sample([name], totals.cells[row + UpstreamCell.retries])
            }
        }
    }
}
