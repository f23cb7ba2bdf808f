import Crypto
import Policy

/// What came of fetching certificates; bounded, whatever was asked for.
struct FetchedShelf {
    /// What was found at a URL.
    enum Finding {
        case trusted(Certificate)
        /// Something else than a certificate of the provider's.
        case refused
        /// It is not known what is there.
        case unavailable
    }

    private var trusted: [KnownCertificate] = []
    private var others: [KnownCertificate] = []

    /// Providers sign with one or two at a time.
    static let trustedMax = 16
    /// Strangers make these up.
    static let othersMax = 64

    /// Seconds for which a certificate is used before it is fetched again: one that was taken back
    /// is not used for ever.
    private static let trustedLength: Int64 = 86_400
    /// The same for one that could not be fetched again.
    private static let keptLength: Int64 = 600
    private static let refusedLength: Int64 = 300
    /// Who sends again finds it looked for again.
    private static let unavailableLength: Int64 = 5

    /// All that is known.
    var all: [KnownCertificate] { trusted + others }

    /// - Parameter now: Seconds since 1970.
    mutating func note(_ finding: Finding, of url: CertificateURL, at now: Int64) {
        let former = trusted.first { $0.url == url }
        trusted.removeAll { $0.url == url }
        others.removeAll { $0.url == url || $0.until < now }
        switch finding {
        case .trusted(let certificate):
            let until = min(now + Self.trustedLength, certificate.validUntil)
            if let known = KnownCertificate(url, certificate, until: until) {
                trusted.append(known)
            } else {
                others.append(.refused(url, until: now + Self.refusedLength))
            }
        case .refused: others.append(.refused(url, until: now + Self.refusedLength))
        case .unavailable:
            if let former {
                // Whether it still holds is looked at for each delivery.
                trusted.append(former.holding(until: now + Self.keptLength))
            } else {
                others.append(.unavailable(url, until: now + Self.unavailableLength))
            }
        }
        if trusted.count > Self.trustedMax { trusted.removeFirst() }
        if others.count > Self.othersMax { others.removeFirst() }
    }
}
