import Bytes
import Config
import Policy

/// One limit of a snapshot made ready: what each request would else compute again.
final class LimitPlan: Sendable {
    let settings: LimitSettings
    let key: LimitKeyPlan
    /// Of the bucket that all gateways share.
    let shape: BucketShape
    /// Of the bucket that stands in for it in this process.
    let localShape: BucketShape
    /// Buckets of this process; its shards are locked one by one.
    let table: BucketTable
    /// Answers that keep what their requests took; `nil` where all do.
    let counted: StatusSet?
    let texts: LimitTexts
    /// Whether it refuses nobody, and only tells whom it would have refused.
    let isShadow: Bool
    /// Whether responses say how the client stands.
    let tellsClients: Bool
    /// How the store's keys are written.
    let storeKey: LimitKeyText
    /// Prefix and name: how they all begin.
    let storeKeyStart: [UInt8]

    /// - Parameters:
    ///   - costMax: What one request takes at most.
    ///   - storePrefix: Of keys in Redis, where other gateways take from the same buckets; `nil`
    ///     without it.
    ///   - former: The limit of this name until now: what was taken from buckets of the same shape
    ///     stays taken.
    init(
        _ settings: LimitSettings, costMax: UInt64, storePrefix: String?,
        secret: (UInt64, UInt64), after former: LimitPlan? = nil
    ) {
        self.settings = settings
        key = LimitKeyPlan(settings)
        let shape = BucketShape(rate: settings.rate, burst: settings.burst)
        self.shape = shape
        localShape =
            storePrefix == nil
            ? shape : shape.divided(by: settings.replicas, costMax: costMax)
        storeKey = LimitKeyText(prefix: storePrefix ?? "", limit: settings.name)
        storeKeyStart = Array("\(storePrefix ?? "")\(settings.name):".utf8)
        if let former, former.table.shape == localShape,
            former.settings.keyCountMax == settings.keyCountMax
        {
            table = former.table
        } else {
            table = BucketTable(
                shape: localShape, keyCountMax: settings.keyCountMax, secret: secret)
        }
        counted = settings.countedStatuses.isEmpty ? nil : StatusSet(settings.countedStatuses)
        texts = LimitTexts(settings, shape)
        isShadow = settings.mode == .shadow
        tellsClients = settings.mode == .enforce && settings.fields != .none
        let life = shape.price(of: settings.lease).whole
        leaseLife = min(max(life, 1_000_000), 60_000_000)
    }

    /// Microseconds after which unused tokens of a lease are void: as long as as many take to flow
    /// in, so that what an idle client leaves behind costs it nothing; 1 s to 1 min.
    let leaseLife: UInt64

    /// Tokens that a bucket of this process lacks to be full, as tokens of one of the store: what a
    /// share lacks, the whole may lack for each gateway.
    func missing(_ key: BucketKey, at now: UInt64) -> UInt64 {
        let reading = table.look(key, localShape.price(of: 1), at: now)
        let remaining = localShape.standing(of: reading.bucket, at: now).remaining
        return localShape.burst - min(remaining, localShape.burst)
    }
}

/// A route's use of a limit, its prices computed.
///
/// A class, so that whoever looks at one takes a single reference, and finds all of it there.
final class RouteLimit: Sendable {
    /// Index into the plan's limits.
    let limit: Int
    let plan: LimitPlan
    let cost: UInt64
    /// In the bucket that all gateways share.
    let price: BucketTime
    let localPrice: BucketTime
    /// Tokens that are fetched at a time, in the bucket that all gateways share.
    let lease: UInt64
    let leasePrice: BucketTime
    /// In which a token flows in, rounded up.
    let secondsAToken: UInt32

    init(_ use: LimitUse, of plan: LimitPlan) {
        limit = use.limit
        self.plan = plan
        cost = use.cost
        price = plan.shape.price(of: use.cost)
        localPrice = plan.localShape.price(of: use.cost)
        lease = max(plan.settings.lease, use.cost)
        leasePrice = plan.shape.price(of: lease)
        let token = plan.shape.price(of: 1)
        let microseconds = token.whole &+ (token.part > 0 ? 1 : 0)
        secondsAToken = UInt32(clamping: (microseconds &+ 999_999) / 1_000_000)
    }
}

/// The only limit of a route, by the client's address alone, which buckets of this process decide
/// for all requests alike.
struct PlainLimit: Sendable {
    let table: BucketTable
    let price: BucketTime
    /// Index into the plan's limits.
    let limit: UInt16
    let tellsClients: Bool

    /// - Returns: `nil` for a route whose limits are another matter.
    init?(_ uses: [LimitUse], of commons: Commons) {
        guard uses.count == 1, commons.store == nil else { return nil }
        let plan = commons.limits[uses[0].limit]
        guard plan.key.isClientIP, !plan.key.hasExemptions, plan.counted == nil, !plan.isShadow
        else { return nil }
        table = plan.table
        price = plan.localShape.price(of: uses[0].cost)
        limit = UInt16(truncatingIfNeeded: uses[0].limit)
        tellsClients = plan.tellsClients
    }
}

/// A route's limits by the stage at which they are looked at.
struct RouteLimits: Sendable {
    private var head: [RouteLimit] = []
    private var identity: [RouteLimit] = []
    private var body: [RouteLimit] = []
    /// More than the fields of these limits take in a response.
    let fieldBytesMax: Int
    /// Fields that an app may not send beside those of these limits: each tells of one limit alone.
    ///
    /// `RateLimit` and `RateLimit-Policy` are lists, in which an app may tell of its own.
    let spokenNames: [String]

    init(_ uses: [LimitUse], of plans: [LimitPlan]) {
        fieldBytesMax = uses.isEmpty ? 0 : LimitNotes.linesBytesMax
        let hasLegacy = uses.contains { use in
            plans[use.limit].tellsClients && plans[use.limit].settings.fields.isLegacy
        }
        spokenNames = hasLegacy ? LimitNotes.legacyNames : []
        for use in uses {
            let limit = RouteLimit(use, of: plans[use.limit])
            switch plans[use.limit].settings.stage {
            case .head: head.append(limit)
            case .identity: identity.append(limit)
            case .body: body.append(limit)
            case .webhook: break
            }
        }
    }

    subscript(stage: PolicyStage) -> [RouteLimit] {
        switch stage {
        case .head: head
        case .identity: identity
        case .body: body
        case .webhook: []
        }
    }
}

/// Statuses of answers, 100 to 999, asked for in one comparison.
struct StatusSet: Sendable {
    private var words = InlineArray<16, UInt64>(repeating: 0)

    init(_ statuses: [UInt16]) {
        for status in statuses where status < 1024 {
            words[Int(status) / 64] |= 1 << UInt64(status % 64)
        }
    }

    func contains(_ status: UInt16) -> Bool {
        guard status < 1024 else { return false }
        return words[Int(status) / 64] >> UInt64(status % 64) & 1 == 1
    }
}

/// The parts of response fields that are the same for all requests of a limit
/// (draft-ietf-httpapi-ratelimit-headers-10 §3 and §4).
struct LimitTexts: Sendable {
    /// `"per_ip";q=60;w=60`, an item of `RateLimit-Policy`.
    let policy: [UInt8]
    /// `"per_ip";r=`, the beginning of one of `RateLimit`.
    let standing: [UInt8]
    /// The first and the beginning of the second line where the limit is alone.
    let lines: [UInt8]
    /// `"per_ip"`, an element of `violated-policies`.
    let name: [UInt8]

    init(_ settings: LimitSettings, _ shape: BucketShape) {
        // Names are of characters that neither JSON nor a structured field escapes.
        let name = "\"\(settings.name)\""
        let microseconds = shape.span.whole &+ (shape.span.part > 0 ? 1 : 0)
        let seconds = max(1, (microseconds &+ 999_999) / 1_000_000)
        policy = Array("\(name);q=\(settings.burst);w=\(seconds)".utf8)
        standing = Array("\(name);r=".utf8)
        lines =
            Array("RateLimit-Policy: ".utf8) + policy + Array("\r\nRateLimit: ".utf8) + standing
        self.name = Array(name.utf8)
    }
}
