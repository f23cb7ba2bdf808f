/// The parts of the page, metric by metric.
extension PageWriter {
    /// Only combinations that have occurred, in an order that does not change.
    mutating func requests(_ totals: MetricTotals, _ names: MetricNames) {
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
    mutating func routes(
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
                    sumMicroseconds: totals.cells[row + RouteCell.sum],
                    exemplars: totals.exemplars(ofRoute: index))
            }
        }
    }

    mutating func outcomes(_ totals: MetricTotals) {
        for outcome in Outcome.allCases {
            sample(["\(outcome.name)"], totals.cells[totals.shape.outcome(outcome)])
        }
    }

    mutating func corsPolicies(_ totals: MetricTotals, _ names: MetricNames) {
        for (index, name) in names.corsPolicies.enumerated() {
            for result in CORSResult.allCases {
                sample([name, "\(result.name)"], totals.cells[totals.shape.cors(index, result)])
            }
        }
    }

    mutating func limits(_ totals: MetricTotals, _ names: MetricNames) {
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

    mutating func webhooks(_ totals: MetricTotals, _ names: MetricNames) {
        for (index, name) in names.webhooks.enumerated() {
            for result in WebhookResult.allCases {
                sample([name, "\(result.name)"], totals.cells[totals.shape.webhook(index, result)])
            }
        }
    }

    mutating func store(
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
    mutating func listeners(
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

    /// Of listeners that speak TLS alone.
    mutating func handshakes(_ metric: Metric, _ totals: MetricTotals, _ names: MetricNames) {
        for index in names.secureListeners where names.listeners.indices.contains(index) {
            let name = names.listeners[index]
            let row = totals.shape.listener(index)
            guard case .tlsHandshakes = metric else {
                let start = row + ListenerCell.handshakeDuration
                histogram(
                    [name], totals.cells[start..<(start + DurationBuckets.count)],
                    sumMicroseconds: totals.cells[row + ListenerCell.handshakeSum])
                continue
            }
            for result in HandshakeResult.allCases {
                sample(
                    [name, "\(result.version)", "\(result.name)"],
                    totals.cells[row + ListenerCell.handshakes + Int(result.rawValue)])
            }
        }
    }

    mutating func upstreams(
        _ metric: Metric, _ totals: MetricTotals, _ names: MetricNames
    ) {
        for (index, name) in names.upstreams.enumerated() {
            let row = totals.shape.upstreamRow(index)
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

    /// By upstream; nothing of one that nobody counts.
    mutating func servers(_ counts: [ServerCounts], _ names: MetricNames) {
        for (name, count) in zip(names.upstreams, counts) {
            sample([name, "up"], UInt64(clamping: count.up))
            sample([name, "down"], UInt64(clamping: count.down))
        }
    }

    /// What was to be remembered and is not, for want of room.
    mutating func forgotten(_ metric: Metric, _ totals: MetricTotals, _ gateway: GatewaySample) {
        switch metric {
        case .replaysEvicted: sample([], gateway.evictedReplayCount)
        case .replayNotesDropped: sample([], totals.cells[totals.shape.droppedReplayNotes])
        default: sample([], totals.cells[totals.shape.droppedLimitDebts])
        }
    }

    /// Nothing where nobody is told.
    mutating func exports(_ metric: Metric, _ gateway: GatewaySample) {
        switch metric {
        case .errorReports:
            guard let reports = gateway.reports else { return }
            sample(["sent"], reports.sent)
            sample(["suppressed"], reports.suppressed)
            sample(["dropped"], reports.dropped)
        case .spansDropped:
            guard let spans = gateway.spans else { return }
            sample(["queue_full"], spans.overflowed)
            sample(["undelivered"], spans.undelivered)
        default:
            if let spans = gateway.spans { sample([], spans.exported) }
        }
    }

    mutating func reloads(_ metric: Metric, _ reloads: ReloadSample) {
        switch metric {
        case .configReloads:
            sample(["success"], reloads.successCount)
            sample(["failure"], reloads.failureCount)
        case .configReloadSuccessful: sample([], reloads.isLastTaken ? 1 : 0)
        default: sample([], microseconds: reloads.takenAt)
        }
    }

    mutating func certificates(_ certificates: [CertificateSample]) {
        for certificate in certificates {
            sample([certificate.listener, certificate.name], signed: certificate.secondsLeft)
        }
    }

    mutating func process(_ metric: Metric, _ process: ProcessSample) {
        switch metric {
        case .processCPU: sample([], microseconds: process.cpuMicroseconds)
        case .processResident: sample([], process.residentBytes)
        case .processOpenFiles: sample([], process.openFiles)
        case .processMaxFiles: sample([], process.maxFiles)
        default: sample([], microseconds: process.startMicroseconds)
        }
    }
}
