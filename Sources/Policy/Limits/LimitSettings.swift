/// One of `rate_limits`, as configured and checked.
package struct LimitSettings: Sendable, Equatable {
    /// The key in the file; the `limit` label of metrics, the name in `RateLimit`.
    package var name: String
    /// How fast a bucket refills.
    package var rate: Rate
    /// What a full bucket holds: 1 to 10⁹ tokens, which take ten years to refill at most.
    package var burst: UInt64
    /// Whose bucket a request takes from: 1 to 8 parts, none twice.
    package var key: [LimitKeyPart]
    /// `count`: only answers with these statuses keep what they took; empty for all requests.
    package var countedStatuses: [UInt16] = []
    /// Whether the limit refuses, or only tells whom it would have refused.
    package var mode = LimitMode.enforce
    /// What becomes of a request that has no key.
    package var missingKey = MissingKey.clientIP
    /// What is said of Redis, where buckets are shared.
    package var store = LimitStoreSettings()
    /// Which fields tell clients of the limit.
    package var fields = LimitFieldsStyle.standard
    /// Keys that the local table holds: 1 to 16 777 216.
    package var keyCountMax = 100_000
    /// Whose requests are not limited.
    package var exemptions = LimitExemptions.none

    package init(name: String, rate: Rate, burst: UInt64, key: [LimitKeyPart]) {
        self.name = name
        self.rate = rate
        self.burst = burst
        self.key = key
    }
}

/// What a limit says of the store that gateways share.
package struct LimitStoreSettings: Sendable, Equatable {
    /// What holds while Redis is away.
    package var onFailure = StoreFailureRule.local
    /// Gateways that share the rate while Redis is away: 1 to 1000.
    package var replicas = 1
    /// Tokens fetched from Redis at a time: 1 to `burst`; 1 asks Redis for each request.
    package var lease: UInt64 = 1

    package init() {}
}

extension LimitSettings {
    /// What holds while Redis is away.
    package var onStoreFailure: StoreFailureRule {
        get { store.onFailure }
        set { store.onFailure = newValue }
    }

    /// Gateways that share the rate while Redis is away: 1 to 1000.
    package var replicas: Int {
        get { store.replicas }
        set { store.replicas = newValue }
    }

    /// Tokens fetched from Redis at a time: 1 to `burst`; 1 asks Redis for each request.
    package var lease: UInt64 {
        get { store.lease }
        set { store.lease = newValue }
    }
}

/// `rate`: `COUNT/[N]UNIT`, tokens in a period.
package struct Rate: Sendable, Equatable {
    /// 1 to 10⁹.
    package var count: UInt64
    /// In microseconds: 1 s to 366 d.
    package var period: UInt64

    package init(count: UInt64, period: UInt64) {
        self.count = count
        self.period = period
    }
}

/// A part of what a limit tells clients apart by.
package enum LimitKeyPart: Sendable, Hashable {
    /// The client's address, of IPv6 its /64.
    case clientIP
    /// The request's host, in lower case, without port.
    case host
    /// The path as routes see it: decoded once, dot-segments removed.
    case path
    /// The field's value; of several lines all, in their order. The name is in lower case.
    case header(String)
    case cookie(String)
    /// The parameter's first value, decoded.
    case query(String)
    /// A field of an `application/x-www-form-urlencoded` body.
    case form(String)
    /// A string, number or boolean of a JSON body: the members' names on the way to it.
    case json([String])
    /// A claim of the route's verified token, likewise.
    case jwt([String])
    /// Whom the route's `auth` found the request to be from.
    case auth
    /// The fingerprint of the client's certificate.
    case clientCertificate

    /// The first stage at which the part is known.
    package var stage: PolicyStage {
        switch self {
        case .clientIP, .clientCertificate, .host, .path, .header, .cookie, .query: .head
        case .jwt, .auth: .identity
        case .form, .json: .body
        }
    }
}

/// Where the policies of a request wait for others: limits, all of one stage together, or whoever
/// verifies a webhook.
package enum PolicyStage: UInt8, Sendable, CaseIterable, Comparable {
    /// Before `auth`.
    case head
    /// Behind `auth`.
    case identity
    /// The body, held whole, is verified: no limit is of this stage.
    case webhook
    /// Behind the body's verification.
    case body

    package static func < (one: PolicyStage, other: PolicyStage) -> Bool {
        one.rawValue < other.rawValue
    }
}

extension LimitSettings {
    /// That of its latest part.
    package var stage: PolicyStage { key.map(\.stage).max() ?? .head }
}

/// `mode` of a limit.
package enum LimitMode: String, CaseIterable, Sendable { case enforce, shadow }

/// `missing_key` of a limit.
package enum MissingKey: String, CaseIterable, Sendable {
    /// The client's address instead, apart from those who have the key.
    case clientIP = "client_ip"
    /// The limit does not concern it.
    case skip
    /// It is answered 400.
    case reject
}

/// `on_store_failure` of a limit.
package enum StoreFailureRule: String, CaseIterable, Sendable { case local, allow, deny }

/// `headers` of a limit.
package enum LimitFieldsStyle: String, CaseIterable, Sendable {
    /// `RateLimit-Policy` and `RateLimit`.
    case standard
    /// `X-RateLimit-Limit`, `-Remaining` and `-Reset`.
    case legacy
    case both
    case none

    package var isStandard: Bool { self == .standard || self == .both }
    package var isLegacy: Bool { self == .legacy || self == .both }
}

/// `exempt` of a limit: any of these is enough.
package struct LimitExemptions: Sendable, Equatable {
    package var clients: [AddressBlock]
    /// Fields with exactly this value.
    package var headers: [HeaderCriterion]

    package init(clients: [AddressBlock], headers: [HeaderCriterion]) {
        self.clients = clients
        self.headers = headers
    }

    package static let none = LimitExemptions(clients: [], headers: [])
}

/// One of a route's `rate_limits`.
package struct LimitUse: Sendable, Equatable {
    /// Index into the snapshot's limits.
    package var limit: Int
    /// Tokens that a request takes: 1 to the limit's burst.
    package var cost: UInt64

    package init(limit: Int, cost: UInt64) {
        self.limit = limit
        self.cost = cost
    }
}

/// `concurrency` of a route.
package struct ConcurrencySettings: Sendable, Equatable {
    /// Requests of the route that are with the app at a time, over all loops: 1 to 1 000 000.
    package var max: Int
    /// Requests that wait for a place: 0 to 100 000.
    package var queue: Int
    /// How long each of them waits.
    package var queueTimeout: Duration

    package init(max: Int, queue: Int, queueTimeout: Duration) {
        self.max = max
        self.queue = queue
        self.queueTimeout = queueTimeout
    }
}
