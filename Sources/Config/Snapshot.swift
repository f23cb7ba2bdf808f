package import Policy

/// A validated configuration: immutable, complete with defaults, shared by all loops.
package struct Snapshot: Sendable {
    package var environment: Environment
    package var server: ServerSettings
    /// In the order of the file; at least one.
    package var listeners: [ListenerSettings]
    /// `nil` without an `admin` section.
    package var admin: AdminSettings?
    package var trustedProxies: TrustedProxies
    package var limits: Limits
    package var timeouts: Timeouts
    package var log: LogSettings
    package var upstreams: [UpstreamSettings]
    /// Of answers to requests that no route takes; routes have theirs in them.
    package var securityHeaders: SecurityHeaderSettings
    /// In the order of the file; routes have theirs in them.
    package var cors: [CORSPolicy]
    /// In the order of the file; the first match wins.
    package var routes: [Route]

    package init(
        environment: Environment, server: ServerSettings, listeners: [ListenerSettings],
        admin: AdminSettings?, trustedProxies: TrustedProxies, limits: Limits,
        timeouts: Timeouts, log: LogSettings, upstreams: [UpstreamSettings],
        securityHeaders: SecurityHeaderSettings, cors: [CORSPolicy], routes: [Route]
    ) {
        self.environment = environment
        self.server = server
        self.listeners = listeners
        self.admin = admin
        self.trustedProxies = trustedProxies
        self.limits = limits
        self.timeouts = timeouts
        self.log = log
        self.upstreams = upstreams
        self.securityHeaders = securityHeaders
        self.cors = cors
        self.routes = routes
    }
}

package enum Environment: String, CaseIterable, Sendable { case development, staging, production }

package struct ServerSettings: Sendable, Equatable {
    /// Event loops; `nil` for `auto`, one a CPU that this process may use.
    package var workers: Int?
    package var drainTimeout: Duration

    package init(workers: Int?, drainTimeout: Duration) {
        self.workers = workers
        self.drainTimeout = drainTimeout
    }
}

package struct ListenerSettings: Sendable, Equatable {
    package var name: String
    package var bind: BindAddress

    package init(name: String, bind: BindAddress) {
        self.name = name
        self.bind = bind
    }
}

/// Where a listener listens.
package enum BindAddress: Sendable, Hashable {
    case ip(IPAddress, port: UInt16)
    case unix(path: String)
    /// A socket passed by systemd under this name (`fd:NAME`).
    case passed(name: String)
}

package struct AdminSettings: Sendable, Equatable {
    package var bind: BindAddress

    package init(bind: BindAddress) { self.bind = bind }
}

/// Bounds on what one client may cost; always there.
package struct Limits: Sendable, Equatable {
    package var requestLineBytesMax: Int
    package var headerBytesMax: Int
    package var headerCountMax: Int
    /// `nil` for `none`.
    package var bodyBytesMax: UInt64?
    /// Client connections of the whole process.
    package var connectionCountMax: Int

    package init(
        requestLineBytesMax: Int, headerBytesMax: Int, headerCountMax: Int,
        bodyBytesMax: UInt64?, connectionCountMax: Int
    ) {
        self.requestLineBytesMax = requestLineBytesMax
        self.headerBytesMax = headerBytesMax
        self.headerCountMax = headerCountMax
        self.bodyBytesMax = bodyBytesMax
        self.connectionCountMax = connectionCountMax
    }
}

/// Global timeouts; `nil` means that none was wanted.
///
/// Those that a route may set are ``RouteTimeouts``.
package struct Timeouts: Sendable, Equatable {
    /// A whole request head, from its first byte.
    package var header: Duration
    /// Bytes a second that a request body must reach after its first 10 s; `nil` for none.
    package var bodyRateMin: UInt64?
    /// Between two requests of a connection.
    package var idle: Duration
    /// While a client takes nothing.
    package var send: Duration
    /// What routes without timeouts of their own use.
    package var route: RouteTimeouts

    package init(
        header: Duration, bodyRateMin: UInt64?, idle: Duration, send: Duration,
        route: RouteTimeouts
    ) {
        self.header = header
        self.bodyRateMin = bodyRateMin
        self.idle = idle
        self.send = send
        self.route = route
    }
}

package struct LogSettings: Sendable, Equatable {
    package var level: LogThreshold
    package var output: LogOutput
    package var isAccessLogged: Bool

    package init(level: LogThreshold, output: LogOutput, isAccessLogged: Bool) {
        self.level = level
        self.output = output
        self.isAccessLogged = isAccessLogged
    }
}

package enum LogThreshold: String, CaseIterable, Sendable { case debug, info, warn, error, fatal }

package enum LogOutput: Sendable, Equatable {
    case stdout, stderr
    case file(path: String)
}

package struct UpstreamSettings: Sendable, Equatable {
    package var name: String
    /// At least one.
    package var servers: [ServerSpecification]
    package var hostSent: HostSent
    package var keepalive: KeepaliveSettings

    package init(
        name: String, servers: [ServerSpecification], hostSent: HostSent,
        keepalive: KeepaliveSettings
    ) {
        self.name = name
        self.servers = servers
        self.hostSent = hostSent
        self.keepalive = keepalive
    }
}

package struct ServerSpecification: Sendable, Equatable {
    package var address: ServerAddress
    /// 1 to 1000.
    package var weight: Int
    /// As written in the file; what logs and `explain` show.
    package var text: String

    package init(address: ServerAddress, weight: Int, text: String) {
        self.address = address
        self.weight = weight
        self.text = text
    }
}

package enum ServerAddress: Sendable, Hashable {
    case ip(IPAddress, port: UInt16)
    /// Resolved while running.
    case name(String, port: UInt16)
    case unix(path: String)
}

/// Which `Host` an upstream gets.
package enum HostSent: Sendable, Equatable {
    case client
    /// The server's address as written.
    case server
    case fixed(String)
}

package struct KeepaliveSettings: Sendable, Equatable {
    /// Idle connections kept for each upstream, a loop.
    package var countMax: Int
    package var idle: Duration

    package init(countMax: Int, idle: Duration) {
        self.countMax = countMax
        self.idle = idle
    }
}
