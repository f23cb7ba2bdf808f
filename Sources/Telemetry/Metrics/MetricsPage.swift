/// The page of `/metrics`.
package enum MetricsPage {
    /// Renders all metrics, the loops' counters added up.
    ///
    /// There is at least one loop, and all were made for `names`.
    package static func render(
        _ format: PageFormat, loops: [LoopMetrics], names: MetricNames, process: ProcessSample,
        gateway: GatewaySample
    ) -> [UInt8] {
        let totals = MetricTotals(loops, names, hasExemplars: format == .openMetrics)
        var page = PageWriter(format, capacity: 16_384 + 2048 * names.routes.count)
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
            case .upstreamServers: page.servers(gateway.servers, names)
            case .corsRequests: page.corsPolicies(totals, names)
            case .limitDecisions: page.limits(totals, names)
            case .webhookVerifications: page.webhooks(totals, names)
            case .replaysEvicted, .replayNotesDropped, .limitDebtsDropped:
                page.forgotten(metric, totals, gateway)
            case .storeCommands, .storeCommandDuration, .storeBreakerState:
                if let breaker = gateway.breaker { page.store(metric, totals, breaker) }
            case .logLines: page.sample([], gateway.logLines.queued)
            case .logLinesDropped: page.sample([], gateway.logLines.dropped)
            case .logLinesSampled: page.sample([], totals.cells[totals.shape.sampledLines])
            case .spansExported, .spansDropped, .errorReports: page.exports(metric, gateway)
            case .configReloads, .configReloadSuccessful, .configReloadTime:
                page.reloads(metric, gateway.reloads)
            case .tlsHandshakes, .tlsHandshakeDuration:
                page.handshakes(metric, totals, names)
            case .certificateExpiry: page.certificates(gateway.certificates)
            case .buildInfo:
                page.sample([names.build.version, names.build.swift, names.build.openssl], 1)
            case .processCPU, .processResident, .processOpenFiles, .processMaxFiles, .processStart:
                page.process(metric, process)
            }
        }
        page.end()
        return page.bytes
    }
}
