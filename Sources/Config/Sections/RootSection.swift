import Policy

/// The whole file: every section that this version reads, in the order of the documentation.
enum RootSection {
    static let environment = Key(
        "environment", Kind<Environment>.cases(), default: .production,
        "Where this runs; in production some warnings about safety are errors")
    static let server = Key(
        "server", ServerSection.kind, default: ServerSection.make(.absent(ServerSection.section)),
        ServerSection.section.summary)
    static let listeners = Key(
        required: "listeners", Kind.names(ListenersSection.kind, count: 1...64, check: checkName),
        example: "public", ListenersSection.section.summary)
    static let admin = Key(
        optional: "admin", AdminSection.kind, unset: "none", AdminSection.section.summary)
    static let limits = Key(
        "limits", LimitsSection.kind, default: LimitsSection.make(.absent(LimitsSection.section)),
        LimitsSection.section.summary)
    static let timeouts = Key(
        "timeouts", TimeoutsSection.kind,
        default: TimeoutsSection.make(.absent(TimeoutsSection.section)),
        TimeoutsSection.section.summary)
    static let log = Key(
        "log", LogSection.kind, default: LogSection.make(.absent(LogSection.section)),
        LogSection.section.summary)
    static let audit = Key(
        "audit", AuditSection.kind, default: AuditSection.make(.absent(AuditSection.section)),
        AuditSection.section.summary)
    static let otlp = Key(
        optional: "otlp", OTLPSection.kind, unset: "none", OTLPSection.section.summary
    ).commentedOut()
    static let upstreams = Key(
        "upstreams", Kind.names(UpstreamsSection.kind, count: 0...1000, check: checkName),
        default: [], example: "app", UpstreamsSection.section.summary)
    static let routes = Key(
        required: "routes", Kind.list(RoutesSection.kind, count: 1...10_000),
        example: RoutesSection.example, RoutesSection.section.summary)

    static let cors = Key(
        "cors", Kind.names(CORSSection.kind, count: 0...256, check: checkName), default: [],
        example: "app", CORSSection.section.summary)

    static let rateLimits = Key(
        "rate_limits", Kind.names(RateLimitsSection.kind, count: 0...256, check: checkName),
        default: [], example: "per_ip", RateLimitsSection.section.summary)
    static let webhooks = Key(
        "webhooks", Kind.names(WebhooksSection.kind, count: 0...256, check: checkName),
        default: [], example: "stripe", WebhooksSection.section.summary
    ).commentedOut()
    static let redis = Key(
        optional: "redis", RedisSection.kind, unset: "none", RedisSection.section.summary
    ).commentedOut()

    static let tests = Key(
        "tests", Kind.list(TestsSection.kind, count: 0...10_000), default: [],
        example: TestsSection.example, TestsSection.section.summary)

    static let section = Section(
        "", "The whole file",
        keys: [
            environment.description, server.description, listeners.description,
            admin.description, TrustedProxiesKey.peers.description,
            ForwardedSection.key.description, ForwardedSection.trace.description,
            limits.description, timeouts.description, log.description,
            audit.description, otlp.description,
            redis.description, SecurityHeadersKey.global.description,
            ErrorsSection.key.description, MaintenanceKey.global.description, cors.description,
            rateLimits.description,
            webhooks.description, upstreams.description, routes.description, tests.description,
        ])

    static let kind = Kind<FileDraft>.section(section) { fields in
        FileDraft(serving: make(fields), tests: fields[tests])
    }

    private static func make(_ fields: Fields) -> Draft {
        Draft(
            environment: fields[environment], server: fields[server],
            listeners: fields[listeners] ?? [], admin: fields[admin],
            identity: IdentitySettings(
                trustedProxies: TrustedProxiesKey.make(
                    fields[TrustedProxiesKey.peers], report: fields.place.report),
                forwarded: fields[ForwardedSection.key], trace: fields[ForwardedSection.trace]),
            limits: LimitsDraft(
                clients: fields[limits], rates: fields[rateLimits], redis: fields[redis]),
            timeouts: fields[timeouts],
            logs: LogsDraft(log: fields[log], audit: fields[audit], otlp: fields[otlp]),
            answers: AnswersDraft(
                securityHeaders: fields[SecurityHeadersKey.global],
                errors: fields[ErrorsSection.key], maintenance: fields[MaintenanceKey.global],
                cors: fields[cors]),
            webhooks: fields[webhooks], upstreams: fields[upstreams], routes: fields[routes] ?? [])
    }
}

/// A file whose every key was decoded, before one part of it was compared with another.
struct FileDraft: Sendable {
    let serving: Draft
    let tests: [TestDraft]
}

/// The part of it that serves.
struct Draft: Sendable {
    let environment: Environment
    let server: ServerSettings
    let listeners: [Named<ListenerDraft>]
    let admin: AdminDraft?
    let identity: IdentitySettings
    let limits: LimitsDraft
    let timeouts: Timeouts
    let logs: LogsDraft
    let answers: AnswersDraft
    let webhooks: [Named<WebhookDraft>]
    let upstreams: [Named<UpstreamDraft>]
    let routes: [RouteDraft]
}

/// What is written down, and where.
struct LogsDraft: Sendable {
    let log: LogSettings
    let audit: AuditSettings
    let otlp: OTLPSettings?
}

/// How much of everything, and how often.
struct LimitsDraft: Sendable {
    /// `limits`.
    let clients: Limits
    /// `rate_limits`.
    let rates: [Named<RateLimitDraft>]
    let redis: RedisDraft?
}

/// What answers of the gateway itself are like where no route says it.
struct AnswersDraft: Sendable {
    let securityHeaders: Located<SecurityHeadersDraft>
    let errors: ErrorsDraft
    let maintenance: MaintenanceSettings?
    let cors: [Named<CORSDraft>]
}
