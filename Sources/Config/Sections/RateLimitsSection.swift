import Policy

/// `rate_limits`: how often somebody may ask, by limits that routes name.
enum RateLimitsSection {
    static let rate = Key(
        required: "rate", RateText.kind, example: "60/min",
        "How fast a bucket refills: COUNT/[N]UNIT, such as 100/s, 60/min or 1000/15min")
    static let burst = Key(
        optional: "burst", Kind.integer(1...1_000_000_000), unset: "COUNT of the rate",
        example: "60", "Tokens that a full bucket holds, which may be taken at once")
    static let key = Key(
        required: "key", KeyPartText.kind, example: "client_ip",
        "Whose bucket it is: client_ip, client_cert, host, path, header:N, cookie:N, query:N, "
            + "form:N, json:a.b, jwt:claim, auth, or a list of them")
    static let count = Key(
        optional: "count", Kind.list(.countedStatuses, count: 1...64),
        unset: "every request", example: "[401, 403]",
        "Statuses whose answers alone take a token, or classes such as 4xx"
    ).commentedOut()
    static let mode = Key(
        "mode", Kind<LimitMode>.cases(), default: .enforce,
        "Whether it refuses, or only tells whom it would have refused")
    static let missingKey = Key(
        "missing_key", Kind<MissingKey>.cases(), default: .clientIP,
        "A request that has no key: by its address, not limited, or answered 400")
    static let onStoreFailure = Key(
        "on_store_failure", Kind<StoreFailureRule>.cases(), default: .local,
        "While Redis is away: by buckets of this gateway alone, no limit, or no admission")
    static let replicas = Key(
        "replicas", Kind.integer(1...1000), default: 1,
        "Gateways that share the rate while Redis is away, each its part")
    static let headers = Key(
        "headers", Kind<LimitFieldsStyle>.cases(), default: .standard,
        "How clients are told: RateLimit and RateLimit-Policy, X-RateLimit-*, both or none")
    static let lease = Key(
        "lease", Kind.integer(1...1_000_000_000), default: 1,
        "Tokens fetched from Redis at a time; 1 asks it for every request")
    static let keyCountMax = Key(
        "max_keys", Kind.integer(1...16_777_216), default: 100_000,
        "Buckets that are kept in memory")
    static let exempt = Key(
        optional: "exempt", ExemptSection.kind, unset: "nobody",
        example: "{ cidrs: [\"10.0.0.0/8\"], headers: { X-Probe: \"a long secret\" } }",
        ExemptSection.section.summary
    ).commentedOut()

    static let section = Section(
        "rate_limits.NAME", "How often somebody may ask; routes name a limit",
        keys: [
            rate.description, burst.description, key.description, count.description,
            mode.description, missingKey.description, onStoreFailure.description,
            replicas.description, headers.description, lease.description,
            keyCountMax.description, exempt.description,
        ])
    static let kind = Kind<RateLimitDraft>.section(section, make: make)

    private static func make(_ fields: Fields) -> RateLimitDraft? {
        let rate = fields[rate]
        let burst = fields[burst].map(UInt64.init)
        let key = fields[key]
        // The name is put in by whoever knows it.
        var settings = LimitSettings(
            name: "", rate: rate ?? Rate(count: 1, period: 1_000_000),
            burst: burst ?? rate?.count ?? 1, key: key ?? [])
        settings.countedStatuses = Set((fields[count] ?? []).flatMap(\.self)).sorted()
        settings.mode = fields[mode]
        settings.missingKey = fields[missingKey]
        settings.onStoreFailure = fields[onStoreFailure]
        settings.replicas = fields[replicas]
        settings.fields = fields[headers]
        settings.lease = UInt64(fields[lease])
        settings.keyCountMax = fields[keyCountMax]
        settings.exemptions = fields[exempt] ?? .none
        guard rate != nil, key != nil else { return nil }
        if burst != nil || !fields.has("burst") { check(settings, fields) }
        return RateLimitDraft(settings: settings, storeOnly: storeOnly(settings, fields))
    }

    /// What one key of a limit has against another.
    private static func check(_ settings: LimitSettings, _ fields: Fields) {
        let burst = settings.burst
        // Both products are below 2¹²⁸.
        let needed = burst.multipliedFullWidth(by: settings.rate.period)
        let granted = settings.rate.count.multipliedFullWidth(by: refillMicrosecondsMax)
        if (needed.high, needed.low) > (granted.high, granted.low) {
            let name = fields.has("burst") ? "burst" : "rate"
            fields.place.inside(name).error(
                at: fields.position(of: name),
                "takes more than ten years to refill from \(burst) tokens")
        }
        guard settings.lease > 1 else { return }
        let place = fields.place.inside("lease")
        if settings.lease > burst {
            place.error(
                at: fields.position(of: "lease"),
                "is more than the burst of \(burst): that many are never there")
        }
        if !settings.countedStatuses.isEmpty {
            place.error(
                at: fields.position(of: "lease"),
                "cannot stand beside count: what an answer takes is settled with Redis each time")
        }
    }

    /// Ten years of 365 days, for which instants stay exact in Redis' numbers.
    private static let refillMicrosecondsMax: UInt64 = 3650 * 86_400_000_000

    /// The keys that mean something only where buckets are shared.
    private static func storeOnly(_ settings: LimitSettings, _ fields: Fields) -> [Remark] {
        var names: [String] = []
        if settings.lease > 1 { names.append("lease") }
        if settings.replicas > 1 { names.append("replicas") }
        if settings.onStoreFailure != .local { names.append("on_store_failure") }
        return names.map { name in
            Remark(
                position: fields.position(of: name), path: fields.place.inside(name).path,
                message: "has no effect without redis: all buckets are in memory")
        }
    }
}

/// A limit as written, without its name.
struct RateLimitDraft: Sendable {
    let settings: LimitSettings
    /// To be told if there is no `redis`.
    let storeOnly: [Remark]
}

/// A warning that depends on another part of the file.
struct Remark: Sendable {
    let position: Position
    let path: Path
    let message: String
}

/// `exempt` of a limit.
enum ExemptSection {
    static let clients = Key(
        "cidrs", Kind.list(Kind<AddressBlock>.addressBlock, count: 0...10_000), default: [],
        "Clients of these addresses or blocks")
    static let headers = Key(
        "headers", Kind.names(.fieldValue, count: 0...32, check: FieldText.checkName), default: [],
        "Requests with one of these header fields, and exactly this value")

    static let section = Section(
        "rate_limits.NAME.exempt", "Whose requests are not limited: any of these is enough",
        keys: [clients.description, headers.description.concealed()])
    static let kind = Kind<LimitExemptions>.section(section) { fields in
        let clients = fields[clients]
        let headers = fields[headers]
        fields.place.inside("headers").refuseRepetitions(among: headers)
        if fields.isEmpty {
            fields.place.error(
                at: fields.position, "exempts nobody: it needs cidrs, headers or both")
        }
        return LimitExemptions(
            clients: clients,
            headers: headers.compactMap { field in
                field.value.map { HeaderCriterion(name: field.name, value: $0) }
            })
    }
}

extension Kind where Value == AddressBlock {
    /// An address alone is a block of its own.
    fileprivate static var addressBlock: Kind {
        Kind(
            .text(expected: "an address, or a block such as 10.0.0.0/8", pattern: nil),
            format: { $0.description },
            parse: { text throws(Objection) in
                try TrustedProxiesKey.block(
                    text, expected: "an address, or a block such as 10.0.0.0/8")
            })
    }
}

extension Kind where Value == [UInt16] {
    /// A status, or all of a class: `401`, `4xx`.
    fileprivate static var countedStatuses: Kind {
        let expected = "a status from 200 to 599, or a class from 2xx to 5xx"
        return Kind(
            .text(expected: expected, pattern: "[2-5]([0-9][0-9]|xx)"), format: { _ in nil },
            parse: { text throws(Objection) in
                if let status = UInt16(text), text.utf8.count == 3, 200...599 ~= status {
                    return [status]
                }
                guard text.utf8.count == 3, text.hasSuffix("xx"),
                    let first = UInt16(text.prefix(1)),
                    2...5 ~= first
                else { throw Objection("is not \(expected)") }
                return Array(first * 100...first * 100 + 99)
            })
    }
}
