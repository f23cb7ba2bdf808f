import Config
import Linux
import Policy
import Telemetry

/// What `/api/v1/status` says: names and numbers, never an address or a secret.
struct StatusPage {
    let standing: WorkerCrew.Standing
    let recent: StatusBoard.Recent
    let now: MonotonicInstant
    /// Nanoseconds since 1970.
    let wallTime: UInt64
    /// When serving began, likewise.
    let startTime: UInt64
    let logLines: LogLineCounts
    let process: ProcessSample
    let reloads: ReloadSample

    /// Routes that are told of one by one: those with the most requests.
    private static let routeCountMax = 200

    var json: JSONTree {
        let operations = standing.commons.operations
        let report = operations.health.report(at: now.nanoseconds)
        var members: [(String, JSONTree)] = [
            ("status", .text(report.status.name)),
            ("version", .text(standing.names.build.version)),
            ("environment", .text(standing.snapshot.environment.rawValue)),
            ("time", time(wallTime / 1_000_000)),
            ("started_at", time(startTime / 1_000_000)),
            (
                "uptime_seconds",
                .integer(Int((wallTime - min(startTime, wallTime)) / 1_000_000_000))
            ),
            ("configuration", configuration),
            ("checks", .object(report.checks.map { ($0.name, $0.json) })),
            ("window_seconds", .decimal(Int(recent.milliseconds), places: 3)),
            ("requests", share(recent.traffic.all)),
            ("statuses_total", statuses(recent.totals.since(nil).all)),
            ("connections", .list(recent.totals.names.listeners.indices.map(connections))),
        ]
        members += routes
        members += [
            ("limits", .list(recent.totals.names.limits.indices.map(limit))),
            ("redis", redis),
            ("upstreams", .list(recent.totals.names.upstreams.indices.map(upstream))),
            ("webhooks", .list(recent.totals.names.webhooks.indices.map(webhook))),
            ("maintenance", .list(maintenance)),
            ("errors", .list(operations.errors.latest.map(error))),
            // Those of TLS, which is to come.
            ("certificates", .list([])),
            (
                "log",
                .object([
                    ("lines", .integer(Int(clamping: logLines.queued))),
                    ("dropped", .integer(Int(clamping: logLines.dropped))),
                ])
            ),
            ("process", own),
        ]
        return .object(members)
    }

    private var configuration: JSONTree {
        .object([
            ("loaded_at", time(reloads.takenAt / 1000)),
            ("last_reload_successful", .bool(reloads.isLastTaken)),
        ])
    }

    private var own: JSONTree {
        .object([
            ("resident_bytes", .integer(Int(clamping: process.residentBytes))),
            ("open_descriptors", .integer(Int(clamping: process.openFiles))),
            ("descriptors_max", .integer(Int(clamping: process.maxFiles))),
        ])
    }

    private func time(_ milliseconds: UInt64) -> JSONTree {
        .text(LogClock(nowMillisecondsSinceEpoch: Int64(clamping: milliseconds)).text)
    }

    /// Requests a second with one decimal.
    private func rate(_ count: UInt64) -> JSONTree {
        let (tenths, overflows) = count.multipliedReportingOverflow(by: 10_000)
        return overflows ? .null : .decimal(Int(tenths / recent.milliseconds), places: 1)
    }

    private func latency(_ quantile: (UInt64) -> UInt64?) -> JSONTree {
        .object(
            [("p50", 500), ("p90", 900), ("p95", 950), ("p99", 990)].map { name, thousandths in
                (name, quantile(thousandths).map { .decimal(Int($0), places: 3) } ?? .null)
            })
    }

    private func share(_ share: Traffic.Share, name: String? = nil) -> JSONTree {
        var members: [(String, JSONTree)] = name.map { [("name", .text($0))] } ?? []
        members += [
            ("count", .integer(Int(clamping: share.count))), ("rate", rate(share.count)),
            ("latency_ms", latency(share.quantile)), ("statuses", statuses(share)),
        ]
        return .object(members)
    }

    private func statuses(_ share: Traffic.Share) -> JSONTree {
        let names = ["none", "1xx", "2xx", "3xx", "4xx", "5xx"]
        return .object(zip(names, share.classes).map { ($0, .integer(Int(clamping: $1))) })
    }

    private func connections(_ listener: Int) -> JSONTree {
        let counts = recent.totals.connections(ofListener: listener)
        return .object([
            ("listener", .text(recent.totals.names.listeners[listener])),
            ("open", .integer(Int(clamping: counts.open))),
            ("total", .integer(Int(clamping: counts.opened))),
        ])
    }

    private var routes: [(String, JSONTree)] {
        let names = ["-"] + recent.totals.names.routes
        let traffic = recent.traffic.routes
        let counts = traffic.map(\.count)
        let order = names.indices.sorted { (counts[$1], $0) < (counts[$0], $1) }
        let shown = order.prefix(Self.routeCountMax).sorted()
        return [
            ("routes", .list(shown.map { share(traffic[$0], name: names[$0]) })),
            ("routes_omitted", .integer(names.count - shown.count)),
        ]
    }

    private func limit(_ limit: Int) -> JSONTree {
        func counts(_ store: LimitStore) -> JSONTree {
            .object(
                LimitDecision.allCases.map { decision in
                    let count = recent.totals.decisions(ofLimit: limit, by: store, decision)
                    return ("\(decision.name)", .integer(Int(clamping: count)))
                })
        }
        return .object([
            ("name", .text(recent.totals.names.limits[limit])), ("redis", counts(.redis)),
            ("local", counts(.local)),
        ])
    }

    private var redis: JSONTree {
        guard let store = standing.commons.store else { return .null }
        return .object([("breaker", .text("\(store.breaker.state.name)"))])
    }

    private func upstream(_ upstream: Int) -> JSONTree {
        let traffic = recent.traffic.upstreams[upstream]
        func count(_ state: UpstreamConnectionState) -> JSONTree {
            .integer(
                Int(clamping: recent.totals.connections(toUpstream: upstream, state)))
        }
        return .object([
            ("name", .text(recent.totals.names.upstreams[upstream])), ("rate", rate(traffic.count)),
            ("errors", .integer(Int(clamping: traffic.errors))),
            ("latency_ms", latency(traffic.quantile)),
            ("active", count(.active)), ("idle", count(.idle)),
        ])
    }

    private func webhook(_ webhook: Int) -> JSONTree {
        .object(
            [("name", .text(recent.totals.names.webhooks[webhook]))]
                + WebhookResult.allCases.map { result in
                    let count = recent.totals.verifications(ofWebhook: webhook, result)
                    return ("\(result.name)", .integer(Int(clamping: count)))
                })
    }

    /// The routes that are in it.
    private var maintenance: [JSONTree] {
        standing.routes.compactMap { route in
            let notice = standing.commons.operations.maintenance.notice(of: route)
            return notice.map { .object([("route", .text(route.name)), ("notice", $0.json)]) }
        }
    }

    private func error(_ error: RecentErrors.Entry) -> JSONTree {
        var members: [(String, JSONTree)] = [
            ("time", time(UInt64(max(0, error.time)))), ("route", .text(error.route)),
            ("status", .integer(Int(error.status))), ("outcome", .text(error.outcome)),
        ]
        if let reason = error.reason { members.append(("reason", .text(reason))) }
        if let upstream = error.upstream { members.append(("upstream", .text(upstream))) }
        members.append(("request_id", .text(error.requestID)))
        return .object(members)
    }
}
