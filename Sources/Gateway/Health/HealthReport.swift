import Config
import Telemetry

/// How something stands, the worst last.
enum HealthStatus: UInt8, Comparable {
    case healthy
    /// It serves, but not all as it should.
    case degraded
    case unhealthy
    /// The process ends: it takes nothing new.
    case draining

    var name: String {
        switch self {
        case .healthy: "healthy"
        case .degraded: "degraded"
        case .unhealthy: "unhealthy"
        case .draining: "draining"
        }
    }

    /// What `/readyz` answers: a load balancer keeps away from 503 alone.
    var code: UInt16 {
        switch self {
        case .healthy, .degraded: 200
        case .unhealthy, .draining: 503
        }
    }

    static func < (left: HealthStatus, right: HealthStatus) -> Bool {
        left.rawValue < right.rawValue
    }
}

/// What is known of one thing that the process stands on.
struct HealthCheck {
    /// Never an address: anybody may read it.
    let name: String
    let status: HealthStatus
    /// A token; `nil` where all is well.
    var reason: StaticString?
    /// Of an upstream: its servers, and those that cannot be connected to.
    var servers: (count: Int, failing: Int)?

    var json: JSONTree {
        var members: [(String, JSONTree)] = [("status", .text(status.name))]
        if let reason { members.append(("reason", .text("\(reason)"))) }
        if let servers {
            members.append(("servers", .integer(servers.count)))
            members.append(("failing", .integer(servers.failing)))
        }
        return .object(members)
    }
}

/// All that `/readyz` says.
struct HealthReport {
    let status: HealthStatus
    let checks: [HealthCheck]

    init(_ checks: [HealthCheck], isDraining: Bool) {
        self.checks = checks
        status = isDraining ? .draining : checks.map(\.status).max() ?? .healthy
    }

    /// - Parameters:
    ///   - version: Left out where strangers read it.
    ///   - wallTime: Nanoseconds since 1970.
    func json(version: String?, at wallTime: UInt64) -> JSONTree {
        var members: [(String, JSONTree)] = [("status", .text(status.name))]
        if let version { members.append(("version", .text(version))) }
        let clock = LogClock(nowMillisecondsSinceEpoch: Int64(wallTime / 1_000_000))
        members.append(("timestamp", .text(clock.text)))
        members.append(("checks", .object(checks.map { ($0.name, $0.json) })))
        return .object(members)
    }
}
