import Bytes
import HTTP
import Linux
import Policy
import Telemetry

/// One request and its response, between a client connection and a server's.
///
/// - Invariant: `upstream` names a live connection whose `exchange` is this one, or is `.max`.
struct Exchange: ~Copyable {
    var machine: ExchangeMachine
    let downstream: UInt32
    /// Slot of the leased connection.
    var upstream: UInt32 = .max
    var plan: ExchangePlan
    var journal: Journal
    var requestBody: BodyRelay
    var responseBody = BodyRelay(.none, leaves: .plain, isFinal: false, bytesMax: nil)
    /// Both directions after a switch of protocols.
    var tunnel = Tunnel()
    /// Servers tried so far.
    var tried = TriedEndpoints()
    var timing: ExchangeTiming
    var record = AccessRecord(outcome: .proxied)
    var admission = Admission()

    init(
        _ plan: ExchangePlan, downstream: UInt32, journal: consuming Journal,
        requestBody: BodyRelay,
        now: MonotonicInstant
    ) {
        self.plan = plan
        self.downstream = downstream
        self.journal = journal
        self.requestBody = requestBody
        machine = ExchangeMachine(method: plan.method, framing: plan.framing)
        timing = ExchangeTiming(began: now, lastRead: now)
        record.route = plan.verdict.route.map { UInt16(truncatingIfNeeded: $0) }
        if case .forward(let upstream) = plan.verdict.action { aim(at: upstream) }
    }

    /// Settles which upstream the request goes to.
    mutating func aim(at upstream: Int) {
        plan.upstream = upstream
        record.upstream = UInt16(truncatingIfNeeded: upstream)
    }

    /// Takes note of the final response's head.
    mutating func noteFinal(_ head: borrowing ResponseHead, at now: MonotonicInstant) {
        _ = machine.on(.headArrived)
        timing.lastRead = now
        record.reason = nil
        record.status = head.status
        record.upstreamStatus = head.status
        if head.keepsAlive && !head.framing.isUntilClose { plan.traits.insert(.upstreamIsKept) }
    }

    /// Takes note of how the response goes to the client.
    mutating func beginResponse(
        _ head: borrowing ResponseHead, _ framing: DownstreamHead.Framing
    ) {
        if !framing.connection.isClose { plan.traits.insert(.clientIsKept) }
        responseBody = BodyRelay(
            head.framing, leaves: framing.isChunked ? .chunked : .plain,
            isFinal: framing.connection.isClose, bytesMax: nil)
    }

    /// Fills in what the record says of the exchange as a whole, and tells it: its last act.
    mutating func conclude(at now: MonotonicInstant, telling sight: inout Sight) {
        settleRecord(at: now)
        if let microseconds = record.upstreamMicroseconds {
            sight.metrics.upstreamFinished(plan.upstream, microseconds: microseconds)
        }
        sight.finish(record, journal, method: plan.method)
    }

    private mutating func settleRecord(at now: MonotonicInstant) {
        record.bytesIn = requestBody.byteCount &+ tunnel.inward.byteCount
        if record.bytesOut == 0 {
            record.bytesOut = responseBody.byteCount &+ tunnel.outward.byteCount
        }
        record.durationMicroseconds = now.nanoseconds(since: timing.began) / 1000
        if timing.askedUpstream.nanoseconds > 0 {
            record.upstreamMicroseconds = now.nanoseconds(since: timing.askedUpstream) / 1000
        }
    }
}

/// What is settled about an exchange when its request's head, or its response's, has been decided
/// on.
struct ExchangePlan {
    var verdict: Verdict
    /// Index into the snapshot's upstreams.
    var upstream = 0
    let method: Method
    let framing: BodyFraming
    var traits: ExchangeTraits
}

/// Instants of an exchange, for its timeouts and its log line.
struct ExchangeTiming {
    let began: MonotonicInstant
    /// When the upstream was asked; 0 before.
    var askedUpstream = MonotonicInstant(nanoseconds: 0)
    /// When a read of a body last brought something, or could begin to.
    var lastRead: MonotonicInstant
}

/// Yes-or-no facts about an exchange's request.
struct ExchangeTraits: OptionSet {
    let rawValue: UInt8

    /// The client's connection may carry another request.
    static let keepsAlive = ExchangeTraits(rawValue: 1)
    /// The client speaks HTTP/1.1: interim responses and chunks may go to it.
    static let isModern = ExchangeTraits(rawValue: 2)
    static let isHead = ExchangeTraits(rawValue: 4)
    /// It asked to switch protocols.
    static let wantsUpgrade = ExchangeTraits(rawValue: 8)
    /// The client was told that its connection stays open.
    static let clientIsKept = ExchangeTraits(rawValue: 16)
    /// The server's connection may carry another request.
    static let upstreamIsKept = ExchangeTraits(rawValue: 32)
    /// The client ended its side with its request, and waits.
    static let isHalfClosed = ExchangeTraits(rawValue: 64)
    /// A webhook's delivery cannot be verified before a certificate was fetched.
    static let awaitsCertificate = ExchangeTraits(rawValue: 128)
}
