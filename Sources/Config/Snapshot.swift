package import Policy

/// A validated configuration: immutable, complete with defaults, shared by all loops.
package struct Snapshot: Sendable {
    /// Decides how strictly the file was checked; serving only tells it at startup.
    package var environment: Environment
    /// What holds for the process.
    package var server: ServerSettings
    /// In the order of the file; at least one.
    package var listeners: [ListenerSettings]
    /// `nil` without an `admin` section.
    package var admin: AdminSettings?
    /// Whose word on clients is believed, in which fields, and what becomes of traces.
    package var identity: IdentitySettings
    /// Bounds for every client; a route may have another one for bodies.
    package var limits: Limits
    /// Of client connections, and of routes that have none of their own.
    package var timeouts: Timeouts
    /// One log for the process.
    package var log: LogSettings
    /// What is told besides in the log.
    package var reporting: ReportingSettings
    /// In the order of the file; routes name them by index.
    package var upstreams: [UpstreamSettings]
    /// Of answers to requests that no route takes, and of all errors.
    package var answers: AnswerSettings
    /// What routes name beside upstreams: limits and webhooks.
    package var guards = GuardSettings()
    /// In the order of the file; the first match wins.
    package var routes: [Route]

    /// Complete but for who gets spans and error reports, whom nobody need tell.
    package init(
        environment: Environment, server: ServerSettings, listeners: [ListenerSettings],
        admin: AdminSettings?, identity: IdentitySettings, limits: Limits,
        timeouts: Timeouts, log: LogSettings, audit: AuditSettings,
        upstreams: [UpstreamSettings],
        answers: AnswerSettings, cors: [CORSPolicy], routes: [Route]
    ) {
        self.environment = environment
        self.server = server
        self.listeners = listeners
        self.admin = admin
        self.identity = identity
        self.limits = limits
        self.timeouts = timeouts
        self.log = log
        reporting = ReportingSettings(audit: audit)
        self.upstreams = upstreams
        self.answers = answers
        self.routes = routes
        self.answers.cors = cors
    }
}

extension Snapshot {
    /// In the order of the file; routes have theirs in them.
    package var cors: [CORSPolicy] {
        get { answers.cors }
        set { answers.cors = newValue }
    }

    /// What operators change, besides in the log.
    package var audit: AuditSettings { reporting.audit }

    /// Who gets spans; `nil` if nobody does.
    package var otlp: OTLPSettings? { reporting.otlp }

    /// Who gets error reports; `nil` if nobody does.
    package var sentry: SentryDSN? { reporting.sentry }

    /// In the order of the file; routes name them by index.
    package var rateLimits: [LimitSettings] {
        get { guards.limits }
        set { guards.limits = newValue }
    }

    /// Where buckets are kept; `nil` for this process's memory alone.
    package var redis: RedisSettings? {
        get { guards.redis }
        set { guards.redis = newValue }
    }

    /// In the order of the file; routes name them by index.
    package var webhooks: [WebhookSettings] {
        get { guards.webhooks }
        set { guards.webhooks = newValue }
    }
}

/// How often somebody may ask, and whose deliveries are taken.
package struct GuardSettings: Sendable {
    /// In the order of the file; routes name them by index.
    package var limits: [LimitSettings] = []
    /// Where buckets are kept; `nil` for this process's memory alone.
    package var redis: RedisSettings?
    /// In the order of the file; routes name them by index.
    package var webhooks: [WebhookSettings] = []

    package init() {}
}

/// What answers of the gateway itself are like where no route says it.
package struct AnswerSettings: Sendable {
    /// Routes have theirs in them.
    package var securityHeaders: SecurityHeaderSettings
    /// The operator's words for errors, those of routes as well; `nil` without any.
    package var errorPages: ErrorPages?
    /// In the order of the file; routes have theirs in them.
    package var cors: [CORSPolicy] = []

    package init(securityHeaders: SecurityHeaderSettings, errorPages: ErrorPages?) {
        self.securityHeaders = securityHeaders
        self.errorPages = errorPages
    }
}

/// Where the configuration is for: production is the default, and the strictest.
package enum Environment: String, CaseIterable, Sendable { case development, staging, production }

/// `server`: what holds for the process as a whole.
package struct ServerSettings: Sendable, Equatable {
    /// Event loops; `nil` for `auto`, one a CPU that this process may use.
    package var workers: Int?
    /// From the signal on; what is still in flight after it is cut off.
    package var drainTimeout: Duration

    package init(workers: Int?, drainTimeout: Duration) {
        self.workers = workers
        self.drainTimeout = drainTimeout
    }
}

/// One of `listeners`: an address that clients connect to.
package struct ListenerSettings: Sendable, Equatable {
    /// The key in the file; the `listener` label of metrics.
    package var name: String
    /// No two listeners of a configuration have the same.
    package var bind: BindAddress
    /// Whether connections begin with a PROXY header, which trusted proxies alone may send.
    package var expectsProxyHeader: Bool
    /// `nil` for plain HTTP.
    package var tls: ListenerTLS?
    /// Where its clients are sent instead of being served; `nil` with ``tls``.
    package var redirect: HTTPSRedirect?

    package init(name: String, bind: BindAddress, expectsProxyHeader: Bool) {
        self.name = name
        self.bind = bind
        self.expectsProxyHeader = expectsProxyHeader
    }
}

/// Where a listener listens.
package enum BindAddress: Sendable, Hashable {
    case ip(IPAddress, port: UInt16)
    case unix(path: String)
    /// A socket passed by systemd under this name (`fd:NAME`).
    case passed(name: String)
}

/// `admin`: where operators are answered.
package struct AdminSettings: Sendable, Equatable {
    /// An address of its own; whoever reaches it may read metrics.
    package var bind: BindAddress
    /// Whoever shows it may change things; `nil` if nobody may.
    package var token: Secret?
    /// In lower case: names in `Host` that are answered besides loopback's and the bind address.
    package var hosts: [String] = []
    /// The running configuration as operators are shown it: JSON without secrets.
    package var rendering: [UInt8] = []

    package init(bind: BindAddress) { self.bind = bind }
}

/// Bounds on what one client may cost; always there.
package struct Limits: Sendable, Equatable {
    /// 64 bytes to 16 KiB, the line end left out.
    package var requestLineBytesMax: Int
    /// 1 to 40 KiB, line ends included; a head fits one buffer together with the line before.
    package var headerBytesMax: Int
    /// 1 to 1000 lines.
    package var headerCountMax: Int
    /// `nil` for `none`.
    package var bodyBytesMax: UInt64?
    /// Client connections of the whole process.
    package var connectionCountMax: Int
    /// Memory of the whole process for bodies that are held until they were looked at.
    package var heldBytesMax = 64 << 20

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

/// One of `upstreams`: servers that may stand in for one another.
package struct UpstreamSettings: Sendable, Equatable {
    /// The key in the file; the `upstream` label of metrics and logs.
    package var name: String
    /// At least one.
    package var servers: [ServerSpecification]
    /// What `Host` says to the servers.
    package var hostSent: HostSent
    /// How many connections wait for a next request, and how long.
    package var keepalive: KeepaliveSettings
    /// There if and only if the servers speak HTTPS, as all do then.
    package var tls: OutboundTLS?

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

/// One server of an upstream.
package struct ServerSpecification: Sendable, Equatable {
    /// Where to connect; a name is looked up again and again while serving.
    package var address: ServerAddress
    /// 1 to 1000.
    package var weight: Int
    /// As written in the file; what logs and `explain` show.
    package var text: String
    /// Whether it speaks HTTPS.
    package var isSecure = false

    package init(address: ServerAddress, weight: Int, text: String) {
        self.address = address
        self.weight = weight
        self.text = text
    }
}

/// Where a server listens: an address, a name for some, or a path.
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

/// Connections to servers that are kept open between requests.
package struct KeepaliveSettings: Sendable, Equatable {
    /// Idle connections kept for each upstream, a loop.
    package var countMax: Int
    /// How long one waits; shorter than the servers wait themselves, or a request meets one that
    /// is closing.
    package var idle: Duration

    package init(countMax: Int, idle: Duration) {
        self.countMax = countMax
        self.idle = idle
    }
}
