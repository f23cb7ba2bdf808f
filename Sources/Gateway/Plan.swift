import Config
import Crypto
import HTTP
import Linux
import Policy

/// A seating made ready for serving: what each request would else compute again; one a loop.
final class Plan: Sendable {
    /// Lists of things as they are seated.
    let snapshot: Snapshot
    let pipeline: Pipeline
    /// One for each route of the snapshot.
    let routes: [RoutePlan]
    /// By route; `nil` where limits are another matter, or none.
    let plainLimits: [PlainLimit?]
    /// For answers to requests that no route took.
    let routeless: RoutePlan
    let hops: HopPlan
    let headLimits: HeadLimits
    let timeouts: ConnectionNanoseconds
    /// What `Host` says to each upstream.
    let hosts: [HostPlan]
    /// What the loops of the process count together.
    let commons: Commons
    /// Whether any route has `concurrency`.
    let hasGates: Bool
    /// Of this loop's random source.
    let seed: LoopSeed

    convenience init(_ snapshot: Snapshot, commons: Commons, seed: LoopSeed) {
        self.init(Seating(snapshot), commons: commons, seed: seed)
    }

    /// - Parameter commons: Made of the same seating.
    init(_ seating: Seating, commons: Commons, seed: LoopSeed) {
        let snapshot = seating.snapshot
        self.snapshot = snapshot
        self.commons = commons
        hasGates = commons.gates.contains { $0 != nil }
        self.seed = seed
        pipeline = Pipeline(
            routes: snapshot.routes, order: seating.order,
            listeners: snapshot.listeners.map(\.name),
            redirects: snapshot.listeners.map(\.redirect), identity: snapshot.identity,
            limits: snapshot.rateLimits, maintenance: commons.operations.maintenance)
        hops = HopPlan(snapshot)
        plainLimits = snapshot.routes.map { PlainLimit($0.limits, of: commons) }
        let pages = snapshot.answers.errorPages
        routes = snapshot.routes.map { RoutePlan($0, of: snapshot, errorPages: pages, commons) }
        routeless = RoutePlan(globalsOf: snapshot)
        hosts = snapshot.upstreams.map(HostPlan.init)
        timeouts = ConnectionNanoseconds(snapshot)
        headLimits = HeadLimits(
            startLineBytesMax: snapshot.limits.requestLineBytesMax,
            fieldBytesMax: snapshot.limits.headerBytesMax,
            fieldCountMax: snapshot.limits.headerCountMax)
    }

    /// Slots for one loop's connections: any loop may get all of them, and a few more to refuse on.
    var connectionSlots: Int { snapshot.limits.connectionCountMax + Self.refusalSlots }

    /// Connections beyond the limit that are told so at the same time; further ones are just
    /// closed.
    static var refusalSlots: Int { 64 }

    /// Nanoseconds that one request waits for Redis at most.
    var storeTimeout: UInt64 { commons.store?.timeout ?? 0 }

    func route(_ index: Int?) -> RoutePlan {
        guard let index else { return routeless }
        return routes[index]
    }
}

/// What a route's exchanges need at hand.
final class RoutePlan: Sendable {
    let stamp: ResponseStamp
    let fixed: FixedResponse
    let fixedType: [UInt8]
    let redirect: RedirectTarget?
    let bodyBytesMax: UInt64?
    let timeouts: RouteNanoseconds
    let edits: EditPlan
    let errorPages: ErrorPages?
    let limits: RouteLimits
    /// What requests must be signed for; `nil` for a route that anybody may send to.
    let webhook: WebhookUse?

    /// Bytes of a body that are held: less than this, or no more than the route takes.
    var heldBytesMax: Int {
        let own = webhook.map { UInt64($0.bodyBytesMax) } ?? Self.heldBytesMax
        return Int(clamping: min(bodyBytesMax ?? .max, own))
    }
    private static let heldBytesMax: UInt64 = 1 << 20

    convenience init(
        _ route: Route, of snapshot: Snapshot, errorPages: ErrorPages?, _ commons: Commons
    ) {
        let limits = RouteLimits(route.limits, of: commons.limits)
        self.init(
            stamp: ResponseStamp(
                route.securityHeaders, cors: route.cors, edits: route.edits,
                spoken: limits.spokenNames),
            bodyBytesMax: route.bodyBytesMax, timeouts: route.timeouts, action: route.action,
            edits: route.edits, errorPages: errorPages, limits: limits,
            webhook: route.webhook.map { WebhookUse($0, snapshot, route.timeouts) })
    }

    convenience init(globalsOf snapshot: Snapshot) {
        self.init(
            stamp: ResponseStamp(snapshot.answers.securityHeaders, cors: nil, edits: .none),
            bodyBytesMax: snapshot.limits.bodyBytesMax,
            timeouts: snapshot.timeouts.route, action: .health(.live), edits: .none,
            errorPages: snapshot.answers.errorPages, limits: RouteLimits([], of: []),
            webhook: nil)
    }

    /// Whether a head announces no more than the route takes; else no byte of the body need come.
    func admits(_ framing: BodyFraming) -> Bool {
        guard case .length(let length) = framing, let bodyBytesMax else { return true }
        return length <= bodyBytesMax
    }

    private init(
        stamp: ResponseStamp, bodyBytesMax: UInt64?, timeouts: RouteTimeouts,
        action: RouteAction, edits: RouteEdits, errorPages: ErrorPages?, limits: RouteLimits,
        webhook: WebhookUse?
    ) {
        self.limits = limits
        self.webhook = webhook
        self.stamp = stamp
        self.errorPages = errorPages
        self.edits = EditPlan(edits)
        self.bodyBytesMax = bodyBytesMax
        self.timeouts = RouteNanoseconds(timeouts)
        var fixed = FixedResponse(status: 200, body: [], contentType: "")
        if case .respond(let response) = action { fixed = response }
        self.fixed = fixed
        fixedType = Array(fixed.contentType.utf8)
        if case .redirect(let target) = action {
            redirect = RedirectTarget(target)
        } else {
            redirect = nil
        }
    }
}

/// The webhook of a route.
struct WebhookUse: Sendable {
    /// Of the snapshot's webhooks.
    let index: Int
    let bodyBytesMax: Int
    /// Nanoseconds in which a delivery that goes to the app now is answered, or given up: nobody
    /// else gets there with its event for so long.
    let claimLength: UInt64

    init(_ index: Int, _ snapshot: Snapshot, _ timeouts: RouteTimeouts) {
        self.index = index
        bodyBytesMax = snapshot.webhooks[index].bodyBytesMax
        // Several servers may be tried; to take the body, and to answer, has its own time.
        let parts = [timeouts.connect, timeouts.connect, timeouts.stream, timeouts.response]
        let sum = parts.reduce(Duration.zero) { $0 + min($1 ?? Self.most, Self.most) }
        claimLength = min(sum, Self.most).wholeNanoseconds
    }

    /// An app that may take longer is asked again by whoever sends again after it.
    private static let most = Duration.seconds(3600)
}

/// ``RouteTimeouts`` in nanoseconds: dividing a `Duration` for every request costs more than the
/// timer.
struct RouteNanoseconds: Sendable {
    let connect: UInt64
    let response: UInt64?
    let stream: UInt64?
    let tunnelIdle: UInt64?

    init(_ timeouts: RouteTimeouts) {
        connect = timeouts.connect.wholeNanoseconds
        response = timeouts.response?.wholeNanoseconds
        stream = timeouts.stream?.wholeNanoseconds
        tunnelIdle = timeouts.tunnelIdle?.wholeNanoseconds
    }
}

/// Timeouts of client connections, and of idle ones to each upstream, in nanoseconds.
struct ConnectionNanoseconds: Sendable {
    let header: UInt64
    let idle: UInt64
    let send: UInt64
    let upstreamIdle: [UInt64]

    init(_ snapshot: Snapshot) {
        header = snapshot.timeouts.header.wholeNanoseconds
        idle = snapshot.timeouts.idle.wholeNanoseconds
        send = snapshot.timeouts.send.wholeNanoseconds
        upstreamIdle = snapshot.upstreams.map(\.keepalive.idle.wholeNanoseconds)
    }
}

/// What requests are told of, and believed in, on their way: plain values, read for every one.
struct HopPlan: Sendable {
    let trace: TracePlan
    let forwarded: ForwardedSettings
    /// Bit n for listener n: connections to it begin with a PROXY header.
    private let proxyProtocol: UInt64
    /// Bit n for listener n: it speaks TLS.
    private let secure: UInt64

    init(_ snapshot: Snapshot) {
        trace = TracePlan(
            mode: snapshot.identity.trace,
            sampler: snapshot.otlp.map { TraceSampler(millionths: $0.ratioMillionths) })
        forwarded = snapshot.identity.forwarded
        proxyProtocol = Self.bits(snapshot.listeners.map(\.expectsProxyHeader))
        secure = Self.bits(snapshot.listeners.map { $0.tls != nil })
    }

    private static func bits(_ flags: [Bool]) -> UInt64 {
        flags.enumerated().reduce(0) { $1.element ? $0 | 1 << UInt64($1.offset) : $0 }
    }

    /// Whether a listener's connections begin with a PROXY header; there are at most 64.
    func expectsProxyHeader(on listener: Int) -> Bool {
        proxyProtocol >> UInt64(listener) & 1 == 1
    }

    /// Whether a listener speaks TLS: what ``Arrival/isSecure`` says of its requests.
    func isSecure(_ listener: Int) -> Bool { secure >> UInt64(listener) & 1 == 1 }
}

/// What an upstream's `Host` says.
enum HostPlan: Sendable {
    case client
    case fixed([UInt8])
    /// One for each server.
    case server([[UInt8]])

    init(_ upstream: UpstreamSettings) {
        switch upstream.hostSent {
        case .client: self = .client
        case .fixed(let name): self = .fixed(Array(name.utf8))
        case .server: self = .server(upstream.servers.map(Self.host))
        }
    }
}

extension HostPlan {
    /// The value of `Host`; `nil` for the client's own.
    ///
    /// - Parameter server: Index into the
    /// upstream's servers.
    func sent(toServer server: Int) -> [UInt8]? {
        switch self {
        case .client: nil
        case .fixed(let host): host
        case .server(let hosts): hosts[server]
        }
    }

    /// A server's address as written, without what is no host.
    private static func host(of server: ServerSpecification) -> [UInt8] {
        if case .unix = server.address { return Array("localhost".utf8) }
        let scheme = ["http://", "https://"].first(where: server.text.hasPrefix)
        let text = server.text.dropFirst(scheme?.count ?? 0)
        return Array(text.prefix { $0 != "/" }.utf8)
    }
}

/// The chance of one loop.
struct LoopSeed: Sendable {
    /// Of request ids and choices, which show parts of what follows from it.
    let random: UInt64
    /// Of the tags of credentials; nothing shows any of it.
    let tagKey: SipHash.Key

    /// Other bits for each loop (getrandom(2)).
    static func drawn() -> LoopSeed {
        LoopSeed(
            random: Randomness.word(),
            tagKey: SipHash.Key(Randomness.word(), Randomness.word()))
    }

    /// The same bits each time, for who rehearses what a loop would do.
    static let fixed = LoopSeed(random: 0, tagKey: SipHash.Key(0, 0))
}
