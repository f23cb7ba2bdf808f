import Policy

/// `redis`: where buckets are kept that several gateways share.
enum RedisSection {
    static let url = Key(
        required: "url", Kind<RedisURL>.redisURL,
        example: "\"redis://:${REDIS_PASSWORD}@127.0.0.1:6379/0\"",
        "Where it is: redis://[user:password@]host[:port][/db], unix:/path[?db=n], "
            + "redis+sentinel://host:port,host:port/MASTER[/db] or "
            + "redis+cluster://host:port,host:port, with rediss in place of redis over TLS; "
            + "user and password are %-escaped")
    static let timeout = Key(
        "timeout", Kind.duration(.milliseconds(1) ... .seconds(10)), default: .milliseconds(25),
        "The longest that a request waits for Redis, connecting included")
    static let pool = Key(
        "pool", Kind.integer(1...16), default: 1,
        "Connections of each event loop to a server; commands are pipelined")
    static let keyPrefix = Key(
        "key_prefix", prefix, default: "apus:",
        "What every key in Redis begins with")
    static let queue = Key(
        "queue", Kind.integer(1...65_536), default: 1024,
        "Commands of an event loop that wait for answers; beyond them it decides by itself")
    static let breaker = Key(
        "breaker", BreakerSection.kind,
        default: BreakerSection.make(.absent(BreakerSection.section)),
        BreakerSection.section.summary)
    static let tls = Key(
        optional: "tls", OutboundTLSSection.kind(OutboundTLSSection.ofRedis),
        unset: "the system's authorities, and each server's own name",
        OutboundTLSSection.ofRedis.summary
    ).commentedOut()

    static let section = Section(
        "redis", "Where buckets are kept that several gateways share; without it in memory",
        keys: [
            url.description, timeout.description, pool.description, keyPrefix.description,
            queue.description, breaker.description, tls.description,
        ])
    static let kind = Kind<RedisDraft>.section(section, make: make)

    static func make(_ fields: Fields) -> RedisDraft? {
        let url = fields[url]
        let timeout = fields[timeout]
        let pool = fields[pool]
        let prefix = fields[keyPrefix]
        let queue = fields[queue]
        let breaker = fields[breaker]
        let tls = fields[tls]
        let settings = url.map { url in
            var settings = RedisSettings(
                topology: url.topology, credentials: url.credentials, database: url.database,
                timeout: timeout, connectionCount: pool,
                keyPrefix: prefix, queueMax: queue, breaker: breaker)
            if url.isSecure { settings.tls = tls?.settings ?? OutboundTLS() }
            return settings
        }
        if let url, !url.isSecure, fields.has("tls") {
            fields.place.inside("tls").error(
                at: fields.position(of: "tls"), "does nothing: the url is not rediss://")
        }
        if let slow = breaker.slow, slow >= timeout {
            fields.place.inside("breaker").inside("slow").error(
                at: fields.position(of: "breaker"),
                "is never seen: a command is given up after \(DurationText.format(timeout))",
                hint: "make it shorter than redis.timeout")
        }
        return settings.map { RedisDraft(settings: $0, doubt: tls?.doubt) }
    }

    /// Shown in quotes, as the colon at its end would make it a key of YAML.
    private static let prefix = Kind<String>(
        .text(expected: "up to 64 visible characters of ASCII", pattern: nil),
        format: { "\"\($0)\"" },
        parse: { text throws(Objection) in
            try checkPrefix(text)
            return text
        })

    /// Braces would move what decides a key's place in a cluster.
    private static func checkPrefix(_ text: String) throws(Objection) {
        guard text.utf8.count <= 64 else { throw Objection("is longer than 64 bytes") }
        guard text.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw Objection("holds a space or another character that is not visible ASCII")
        }
        guard !text.contains("{"), !text.contains("}") else {
            throw Objection("holds a brace, by which a cluster tells where a key belongs")
        }
    }
}

/// `redis`, and what about it is unsafe.
struct RedisDraft: Sendable {
    let settings: RedisSettings
    let doubt: Doubt?
}

/// `breaker` of `redis`.
enum BreakerSection {
    static let failures = Key(
        "failures", Kind.integer(1...1000), default: 5,
        "Failures within the window after which Redis is left alone")
    static let window = Key(
        "window", Kind.duration(.milliseconds(100) ... .seconds(3600)), default: .seconds(10),
        "How long a failure counts")
    static let cooldown = Key(
        "cooldown", Kind.duration(.milliseconds(10) ... .seconds(3600)), default: .seconds(1),
        "How long Redis is left alone before the first probe; doubled after each that fails")
    static let cooldownMax = Key(
        "max_cooldown", Kind.duration(.milliseconds(10) ... .seconds(3600)), default: .seconds(30),
        "What the cool-down grows to")
    static let slow = Key(
        optional: "slow", Kind.duration(.milliseconds(1) ... .seconds(10)),
        unset: "only those that exceed the timeout", example: "20ms",
        "Answers that take as long count as failures"
    ).commentedOut()

    static let section = Section(
        "redis.breaker", "When Redis is left alone, and when it is tried again",
        keys: [
            failures.description, window.description, cooldown.description,
            cooldownMax.description, slow.description,
        ])
    static let kind = Kind<BreakerSettings>.section(section, make: make)

    static func make(_ fields: Fields) -> BreakerSettings {
        let settings = BreakerSettings(
            failures: fields[failures], window: fields[window], cooldown: fields[cooldown],
            cooldownMax: fields[cooldownMax], slow: fields[slow])
        if settings.cooldownMax < settings.cooldown {
            fields.place.inside("max_cooldown").error(
                at: fields.position(of: "max_cooldown"),
                "is less than cooldown, which is \(DurationText.format(settings.cooldown))")
        }
        return settings
    }
}
