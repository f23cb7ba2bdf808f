import Bytes
import Linux
import Policy
import Telemetry

/// A delivery that waits for the certificate which it names.
struct CertificateWait {
    let url: CertificateURL
    let patienceEnds: MonotonicInstant

    /// What a provider waits for its answer is longer.
    static let patience = Duration.seconds(6)
}

/// Deliveries whose certificate has to be fetched first; their bodies are held meanwhile.
extension Worker where Kernel: ~Copyable {
    /// Parks a delivery until the certificate is known that verifying has just missed.
    mutating func awaitCertificate(_ x: UInt32) -> StageRuling {
        guard let url = desk.webhooks.scratch.certificates.wanted,
            plan.commons.certificateOrders.want(url)
        else { return endUnjudged(x) }
        let ends = transport.now.advanced(by: CertificateWait.patience)
        desk.webhooks.waits[x] = CertificateWait(url: url, patienceEnds: ends)
        exchanges[x].plan.traits.insert(.awaitsCertificate)
        let d = exchanges[x].downstream
        watchDownstream(d)
        if downstreams.isOccupied(d) { arm(d, after: CertificateWait.patience.wholeNanoseconds) }
        return .awaited
    }

    /// Goes on with all deliveries whose certificate is known now, or known not to be had.
    mutating func adopt(_ known: [KnownCertificate]) {
        desk.webhooks.scratch.certificates.known = known
        let seconds = Int64(transport.wallTime / 1_000_000_000)
        let certificates = desk.webhooks.scratch.certificates
        let ready = desk.webhooks.waits.filter { certificates.knows($0.value.url, at: seconds) }
        for x in ready.keys.sorted() {
            // Going on with one may end another.
            guard desk.webhooks.waits[x] != nil else { continue }
            endCertificateWait(x)
            passLimits(x)
        }
    }

    /// Has a delivery come again later: nobody can say now whether it is genuine.
    ///
    /// A webhook in shadow mode refuses nothing.
    mutating func endUnjudged(_ x: UInt32) -> StageRuling {
        let webhook = plan.route(exchanges[x].plan.verdict.route).webhook?.index ?? 0
        guard !desk.webhooks.terms[webhook].isShadow else { return .admitted }
        exchanges[x].record.outcome = .overloaded
        exchanges[x].record.reason = "webhook_certificate_unavailable"
        settle(x, with: .problem(.overloaded, problemFormat(of: x), retryAfter: Self.soon))
        return .awaited
    }

    /// Seconds after which a provider may send again.
    private static var soon: UInt32 { 10 }

    /// The certificate has not come in time.
    mutating func certificateIsLate(_ x: UInt32) {
        endCertificateWait(x)
        guard case .admitted = endUnjudged(x) else { return }
        leave(x)
        passLimits(x)
    }

    @inline(__always) func isAwaitingCertificate(_ x: UInt32) -> Bool {
        exchanges[x].plan.traits.contains(.awaitsCertificate)
    }

    mutating func endCertificateWait(_ x: UInt32) {
        exchanges[x].plan.traits.remove(.awaitsCertificate)
        desk.webhooks.waits[x] = nil
    }
}
