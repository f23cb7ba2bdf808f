import Bytes
import Linux
import Policy
import Reactor
import Telemetry

/// What loops are told of certificates that providers name by URL.
struct CertificateNews: Sendable {
    /// All that is known from here on.
    let known: [KnownCertificate]
    /// The one that was looked for; `nil` when something is only forgotten.
    let url: CertificateURL?
}

/// Deliveries whose certificate has to be fetched first; their bodies are held meanwhile.
extension Worker where Kernel: ~Copyable {
    /// Nanoseconds that a delivery waits; less than its provider waits for an answer.
    private static var certificatePatience: UInt64 { 6_000_000_000 }

    /// Parks a delivery until the certificate is known that verifying has just missed.
    mutating func awaitCertificate(_ x: UInt32) -> StageRuling {
        guard let url = desk.webhooks.scratch.certificates.wanted else { return endUnjudged(x) }
        let d = exchanges[x].downstream
        // As of a body that is still to come: what it takes counts.
        downstreams[d].wire.park(to: &pool)
        guard reserve(downstreams[d].wire.input.capacity, exchanges[x].admission.held),
            plan.commons.certificateOrders.want(url)
        else { return endUnjudged(x) }
        desk.webhooks.waits[x] = url
        exchanges[x].plan.traits.insert(.awaitsCertificate)
        // Nor shall those who are made up take the places of others; it enters again.
        if !exchanges[x].admission.place.isNone, !isShadowDelivery(x) { leavePlace(x) }
        watchDownstream(d)
        if downstreams.isOccupied(d) { arm(d, after: Self.certificatePatience) }
        return .awaited
    }

    mutating func adopt(_ news: CertificateNews) {
        desk.webhooks.scratch.certificates.known = news.known
        if let url = news.url { certificateSettled(url) }
    }

    /// Goes on with the deliveries that wait for this one: a few a turn, so that nobody else waits.
    mutating func certificateSettled(_ url: CertificateURL) {
        let ready = desk.webhooks.waits.filter { $0.value == url }.keys.sorted()
        for x in ready.prefix(Self.deliveriesPerTurn) {
            // Going on with one may end another.
            guard desk.webhooks.waits[x] == url else { continue }
            endCertificateWait(x)
            disarm(exchanges[x].downstream)
            passLimits(x)
        }
        if ready.count > Self.deliveriesPerTurn { turn.mailbox.post(.certificateSettled(url)) }
    }

    private static var deliveriesPerTurn: Int { 16 }

    /// Has a delivery come again later: nobody can say now whether it is genuine.
    ///
    /// A webhook in shadow mode refuses nothing.
    mutating func endUnjudged(_ x: UInt32) -> StageRuling {
        guard !isShadowDelivery(x) else { return .admitted }
        exchanges[x].record.outcome = .overloaded
        exchanges[x].record.reason = "webhook_certificate_unavailable"
        settle(x, with: .problem(.overloaded, problemFormat(of: x), retryAfter: Self.soon))
        return .awaited
    }

    @inline(__always) private func isShadowDelivery(_ x: UInt32) -> Bool {
        let webhook = plan.route(exchanges[x].plan.verdict.route).webhook?.index ?? 0
        return desk.webhooks.terms[webhook].isShadow
    }

    /// Seconds after which a provider may send again.
    private static var soon: UInt32 { 10 }

    /// The certificate has not come in time.
    mutating func certificateIsLate(_ x: UInt32) {
        leaveCertificateWait(x)
        guard case .admitted = endUnjudged(x) else { return }
        leave(x)
        passLimits(x)
    }

    @inline(__always) func isAwaitingCertificate(_ x: UInt32) -> Bool {
        exchanges[x].plan.traits.contains(.awaitsCertificate)
    }

    /// Ends the wait of an exchange before there were news.
    mutating func leaveCertificateWait(_ x: UInt32) {
        if let url = desk.webhooks.waits[x] { plan.commons.certificateOrders.leave(url) }
        endCertificateWait(x)
    }

    private mutating func endCertificateWait(_ x: UInt32) {
        exchanges[x].plan.traits.remove(.awaitsCertificate)
        desk.webhooks.waits[x] = nil
    }
}
