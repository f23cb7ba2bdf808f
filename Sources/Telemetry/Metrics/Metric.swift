/// Every metric there is: the one list from which the page and docs/metrics.md are made.
package enum Metric: CaseIterable, Sendable {
    case httpRequests, httpRequestDuration, httpRequestBytes, httpResponseBytes, httpOutcomes
    case connectionsActive, connections, connectionsRefused, acceptErrors, acceptPauses
    case proxyHeadersRefused
    case upstreamDuration, upstreamConnections, upstreamErrors, upstreamRetries, upstreamServers
    case corsRequests
    case limitDecisions, limitDebtsDropped
    case webhookVerifications, replaysEvicted, replayNotesDropped
    case storeCommands, storeCommandDuration, storeBreakerState
    case logLines, logLinesDropped, logLinesSampled
    case spansExported, spansDropped, errorReports
    case configReloads, configReloadSuccessful, configReloadTime
    case tlsHandshakes, tlsHandshakeDuration, certificateExpiry
    case buildInfo
    case processCPU, processResident, processOpenFiles, processMaxFiles, processStart

    /// The type as the text format spells it.
    package enum Kind: String, Sendable { case counter, gauge, histogram }

    /// As the page spells it; `apus_` first, but for what every process has.
    package var name: StaticString {
        switch self {
        case .httpRequests: "apus_http_requests_total"
        case .httpRequestDuration: "apus_http_request_duration_seconds"
        case .httpRequestBytes: "apus_http_request_bytes_total"
        case .httpResponseBytes: "apus_http_response_bytes_total"
        case .httpOutcomes: "apus_http_outcomes_total"
        case .connectionsActive: "apus_connections_active"
        case .connections: "apus_connections_total"
        case .connectionsRefused: "apus_connections_refused_total"
        case .acceptErrors: "apus_accept_errors_total"
        case .acceptPauses: "apus_accept_pauses_total"
        case .proxyHeadersRefused: "apus_proxy_headers_refused_total"
        case .upstreamDuration: "apus_upstream_duration_seconds"
        case .upstreamConnections: "apus_upstream_connections"
        case .upstreamErrors: "apus_upstream_errors_total"
        case .upstreamRetries: "apus_upstream_retries_total"
        case .upstreamServers: "apus_upstream_servers"
        case .corsRequests: "apus_cors_requests_total"
        case .limitDecisions: "apus_rate_limit_decisions_total"
        case .limitDebtsDropped: "apus_rate_limit_debts_dropped_total"
        case .webhookVerifications: "apus_webhook_verifications_total"
        case .replaysEvicted: "apus_webhook_replays_evicted_total"
        case .replayNotesDropped: "apus_webhook_replay_notes_dropped_total"
        case .storeCommands: "apus_redis_commands_total"
        case .storeCommandDuration: "apus_redis_command_duration_seconds"
        case .storeBreakerState: "apus_redis_breaker_state"
        case .logLines: "apus_log_lines_total"
        case .logLinesDropped: "apus_log_lines_dropped_total"
        case .logLinesSampled: "apus_log_lines_sampled_total"
        case .spansExported: "apus_otlp_spans_exported_total"
        case .spansDropped: "apus_otlp_spans_dropped_total"
        case .errorReports: "apus_error_reports_total"
        case .configReloads: "apus_config_reloads_total"
        case .configReloadSuccessful: "apus_config_last_reload_successful"
        case .configReloadTime: "apus_config_last_reload_timestamp_seconds"
        case .tlsHandshakes: "apus_tls_handshakes_total"
        case .tlsHandshakeDuration: "apus_tls_handshake_duration_seconds"
        case .certificateExpiry: "apus_tls_certificate_expiry_seconds"
        case .buildInfo: "apus_build_info"
        case .processCPU: "process_cpu_seconds_total"
        case .processResident: "process_resident_memory_bytes"
        case .processOpenFiles: "process_open_fds"
        case .processMaxFiles: "process_max_fds"
        case .processStart: "process_start_time_seconds"
        }
    }

    /// Exhaustive, so that a new metric cannot be a counter by oversight.
    package var kind: Kind {
        switch self {
        case .httpRequestDuration, .upstreamDuration, .storeCommandDuration,
            .tlsHandshakeDuration:
            .histogram
        case .connectionsActive, .upstreamConnections, .upstreamServers, .storeBreakerState,
            .configReloadSuccessful, .configReloadTime, .certificateExpiry, .buildInfo,
            .processResident, .processOpenFiles, .processMaxFiles, .processStart:
            .gauge
        case .httpRequests, .httpRequestBytes, .httpResponseBytes, .httpOutcomes, .connections,
            .connectionsRefused, .acceptErrors, .acceptPauses, .proxyHeadersRefused,
            .upstreamErrors, .upstreamRetries, .corsRequests, .limitDecisions, .limitDebtsDropped,
            .webhookVerifications, .replaysEvicted, .replayNotesDropped, .storeCommands, .logLines,
            .logLinesDropped, .logLinesSampled, .spansExported, .spansDropped, .errorReports,
            .configReloads, .tlsHandshakes, .processCPU:
            .counter
        }
    }

    /// Label names, in the order of the page.
    package var labels: [StaticString] {
        switch self {
        case .httpRequests: ["route", "method", "status"]
        case .httpRequestDuration, .httpRequestBytes, .httpResponseBytes: ["route"]
        case .httpOutcomes: ["outcome"]
        case .connectionsActive, .connections, .connectionsRefused, .acceptErrors, .acceptPauses,
            .proxyHeadersRefused, .tlsHandshakeDuration:
            ["listener"]
        case .upstreamDuration, .upstreamRetries: ["upstream"]
        case .upstreamConnections, .upstreamServers: ["upstream", "state"]
        case .upstreamErrors: ["upstream", "reason"]
        case .corsRequests: ["policy", "result"]
        case .limitDecisions: ["limit", "decision", "store"]
        case .webhookVerifications: ["webhook", "result"]
        case .storeCommands, .configReloads, .errorReports: ["result"]
        case .spansDropped: ["reason"]
        case .storeBreakerState: ["state"]
        case .tlsHandshakes: ["listener", "version", "result"]
        case .certificateExpiry: ["listener", "name"]
        case .buildInfo: ["version", "swift", "openssl"]
        case .limitDebtsDropped, .replaysEvicted, .replayNotesDropped, .storeCommandDuration,
            .logLines, .logLinesDropped, .logLinesSampled, .spansExported,
            .configReloadSuccessful, .configReloadTime, .processCPU, .processResident,
            .processOpenFiles, .processMaxFiles,
            .processStart:
            []
        }
    }

    /// One sentence for operators; the page's HELP.
    package var help: StaticString {
        switch self {
        case .httpRequests:
            "Exchanges ended; route - without a route, status - without a response."
        case .httpRequestDuration: "From a request's first byte to its response's last."
        case .httpRequestBytes: "Body bytes taken from clients."
        case .httpResponseBytes: "Body bytes given to clients."
        case .httpOutcomes: "Finished exchanges by how they ended, as in the access log."
        case .connectionsActive: "Client connections that are open."
        case .connections: "Client connections accepted."
        case .connectionsRefused:
            "Client connections turned away since limits.connections was reached."
        case .acceptErrors: "Failures to accept a connection."
        case .acceptPauses: "Times that accepting paused because descriptors or memory ran out."
        case .proxyHeadersRefused:
            "Connections closed as no trusted proxy began them with a valid PROXY header."
        case .upstreamDuration: "From the begin of an attempt to the upstream's last byte."
        case .upstreamConnections: "Connections to an upstream's servers that are open."
        case .upstreamErrors: "Failures of an upstream's servers."
        case .upstreamRetries: "Requests sent again, or to another server, after a failure."
        case .upstreamServers:
            "Servers of an upstream by whether the last attempt to connect to them went well."
        case .corsRequests:
            "Preflights granted, and requests of other origins that a policy allowed or refused."
        case .limitDecisions:
            "Requests that a rate limit admitted or refused, and the store whose bucket said so."
        case .limitDebtsDropped:
            "Debts to Redis of what was taken while it was away, forgotten for want of room."
        case .webhookVerifications: "Deliveries to a webhook by what verifying made of them."
        case .replaysEvicted:
            "Accepted events of webhooks forgotten here before their time for want of room."
        case .replayNotesDropped:
            "Ends of deliveries that Redis was never told of, forgotten for want of room."
        case .storeCommands:
            "Commands for Redis by what became of them; refused_by_breaker ones were never sent."
        case .storeCommandDuration: "From asking Redis to its answer, or to giving up."
        case .storeBreakerState: "1 for the state that the breaker before Redis is in."
        case .logLines: "Log lines queued for writing."
        case .logLinesDropped: "Log lines left out because a queue was full."
        case .logLinesSampled: "Access lines left out by log.sample_success."
        case .spansExported: "Spans that the receiver of otlp.endpoint has taken."
        case .spansDropped:
            "Spans left out because a loop's queue was full, or the receiver did not take them."
        case .errorReports: "Error reports for errors.sentry_dsn by what became of them."
        case .configReloads: "Times that the configuration was read again, by what came of it."
        case .configReloadSuccessful: "1 if the configuration was taken when it was last read."
        case .configReloadTime:
            "When the configuration that serves was taken, seconds since the epoch."
        case .tlsHandshakes: "Clients' TLS handshakes that have ended."
        case .tlsHandshakeDuration:
            "Of those that went well, from the accept to their end."
        case .certificateExpiry: "Seconds until a certificate ends; negative once it has."
        case .buildInfo: "Always 1; the labels say what runs."
        case .processCPU: "CPU time used, user and system."
        case .processResident: "Resident memory."
        case .processOpenFiles: "Open file descriptors."
        case .processMaxFiles: "Limit of open file descriptors."
        case .processStart: "When the process began, seconds since the epoch."
        }
    }
}
