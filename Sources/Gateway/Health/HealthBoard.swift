import Config
import Linux
import Policy
import Synchronization

/// What the loops of the process last saw of all that it stands on: health is told out of this
/// memory alone, so that it is told at once, whatever is broken.
///
/// Nothing is asked for health's sake. What nobody has seen for a while counts as well: a gateway
/// that was taken out of service for an app's failures would else never hear that it is back.
final class HealthBoard: Sendable {
    private let upstreams: [UpstreamStanding]
    private let shown: Set<Int>
    private let listeners: [ListenerStanding]
    private let breaker: Breaker?
    private let certificates: CertificateBoard
    /// The end has begun.
    ///
    /// Guarded by being atomic; nothing else depends on it.
    private let draining = Atomic<Bool>(false)
    /// `nil` until the loops are there; the mutex is its guard.
    private let sources = Mutex<HealthSources?>(nil)
    /// What ``page(at:wallTime:)`` made last.
    private let latest = Mutex<Page?>(nil)

    /// For how long a failure is told of that was not seen again, in nanoseconds: longer than any
    /// server is set aside for.
    static let memory: UInt64 = 40_000_000_000
    /// For how long a page holds, in nanoseconds: whoever asks all the time costs no more than ten
    /// pages a second.
    private static let pageLife: UInt64 = 100_000_000

    /// - Parameters:
    ///   - shown: Upstreams that may be asked; nobody is told of others.
    ///   - former: What was known of those that stay as they are.
    init(
        _ snapshot: Snapshot, breaker: Breaker?, certificates: CertificateBoard, shown: Set<Int>,
        after former: HealthBoard?
    ) {
        self.certificates = certificates
        self.shown = shown
        upstreams = snapshot.upstreams.enumerated().map { index, settings in
            let known = former.flatMap { index < $0.upstreams.count ? $0.upstreams[index] : nil }
            if let known, known.settings == settings { return known }
            return UpstreamStanding(settings)
        }
        listeners = snapshot.listeners.map { ListenerStanding(name: $0.name) }
        self.breaker = breaker
        if former?.isDraining == true { noteDraining() }
    }

    // MARK: What loops see

    /// Takes note that a server could not be connected to.
    ///
    /// - Parameter now: Nanoseconds of the monotonic clock, as everywhere here.
    func noteFailed(_ upstream: Int, server: Int, at now: UInt64) {
        upstreams[upstream].servers[server].failedAt.store(max(1, now), ordering: .relaxed)
    }

    /// Takes note that a server was connected to: one load, on usual days.
    func noteConnected(_ upstream: Int, server: Int) {
        let failedAt = upstreams[upstream].servers[server]
        if failedAt.failedAt.load(ordering: .relaxed) != 0 {
            failedAt.failedAt.store(0, ordering: .relaxed)
        }
    }

    /// Takes note that a loop has nothing left to accept connections with.
    func noteAcceptingPaused(_ listener: Int, at now: UInt64) {
        listeners[listener].pausedAt.store(max(1, now), ordering: .relaxed)
    }

    // MARK: What the control loop sees

    /// Has the report tell of these counters too, from now on.
    func attend(to sources: HealthSources) { self.sources.withLock { $0 = sources } }

    var isDraining: Bool { draining.load(ordering: .relaxed) }

    func noteDraining() {
        draining.store(true, ordering: .relaxed)
        latest.withLock { $0 = nil }
    }

    // MARK: Telling

    func report(at now: UInt64) -> HealthReport {
        var checks: [HealthCheck] = []
        if let breaker { checks.append(Self.check(breaker)) }
        let news = sources.withLock { $0 }?.news(at: now)
        let standings = shown.sorted().map { index in
            upstreams[index].check(failsOften: news?.failsOften[index] ?? false, at: now)
        }
        // With one of several down there is still something to be served.
        let areAllDown = standings.allSatisfy { $0.status == .unhealthy }
        checks += standings.map { check in
            guard check.status == .unhealthy, !areAllDown else { return check }
            return HealthCheck(
                name: check.name, status: .degraded, reason: check.reason, servers: check.servers)
        }
        checks += listeners.map { $0.check(at: now) }
        if let check = certificates.check(at: Clock.wall()) { checks.append(check) }
        let isLogFull = Self.isRecent(news?.linesDroppedAt ?? 0, at: now)
        checks.append(
            HealthCheck(
                name: "log", status: isLogFull ? .degraded : .healthy,
                reason: isLogFull ? "lines_dropped" : nil))
        return HealthReport(checks, isDraining: draining.load(ordering: .relaxed))
    }

    /// What a `health: ready` route answers, without the version: strangers may read it.
    func page(at now: UInt64, wallTime: UInt64) -> (code: UInt16, body: [UInt8]) {
        latest.withLock { latest in
            if let page = latest, now >= page.made, now - page.made < Self.pageLife {
                return (page.code, page.body)
            }
            let report = report(at: now)
            let text = report.json(version: nil, at: wallTime).compact + "\n"
            let page = Page(made: now, code: report.status.code, body: Array(text.utf8))
            latest = page
            return (page.code, page.body)
        }
    }

    /// Buckets and events are counted here while Redis is away: that is no reason to leave.
    private static func check(_ breaker: Breaker) -> HealthCheck {
        switch breaker.state {
        case .admitting: HealthCheck(name: "redis", status: .healthy)
        case .refusing: HealthCheck(name: "redis", status: .degraded, reason: "breaker_refusing")
        case .probing: HealthCheck(name: "redis", status: .degraded, reason: "breaker_probing")
        }
    }

    fileprivate static func isRecent(_ instant: UInt64, at now: UInt64) -> Bool {
        instant != 0 && (now < instant || now - instant < memory)
    }

    private struct Page {
        let made: UInt64
        let code: UInt16
        let body: [UInt8]
    }
}

/// One upstream as the loops saw it; each field guarded by being atomic.
private final class UpstreamStanding: Sendable {
    let settings: UpstreamSettings
    let servers: [ServerStanding]

    init(_ settings: UpstreamSettings) {
        self.settings = settings
        servers = settings.servers.map { _ in ServerStanding() }
    }

    func check(failsOften: Bool, at now: UInt64) -> HealthCheck {
        let failing = servers.count { server in
            HealthBoard.isRecent(server.failedAt.load(ordering: .relaxed), at: now)
        }
        let status: HealthStatus =
            failing == servers.count ? .unhealthy : failing > 0 || failsOften ? .degraded : .healthy
        let reason: StaticString? = failing > 0 ? "not_connected" : failsOften ? "errors" : nil
        return HealthCheck(
            name: "upstream:\(settings.name)", status: status, reason: reason,
            servers: (servers.count, failing))
    }
}

/// One server as the loops saw it.
private final class ServerStanding: Sendable {
    /// When it last could not be connected to; 0 if it was connected to since, or never failed.
    let failedAt = Atomic<UInt64>(0)
}

/// One listener as the loops saw it.
private final class ListenerStanding: Sendable {
    let name: String
    /// When a loop last had to pause accepting; 0 for never.
    let pausedAt = Atomic<UInt64>(0)

    init(name: String) { self.name = name }

    func check(at now: UInt64) -> HealthCheck {
        let isPaused = HealthBoard.isRecent(pausedAt.load(ordering: .relaxed), at: now)
        return HealthCheck(
            name: "listener:\(name)", status: isPaused ? .degraded : .healthy,
            reason: isPaused ? "accepting_paused" : nil)
    }
}
