import Crypto
import Linux
import Policy

/// What came of fetching certificates, and for how long it holds; bounded, whatever was asked for.
struct FetchedShelf {
    /// What was found at a URL.
    enum Finding {
        case trusted(Certificate)
        /// Something else than a certificate of the provider's.
        case refused
        /// It is not known what is there.
        case unavailable
    }

    private struct Entry {
        let known: KnownCertificate
        /// When it is fetched again, or forgotten.
        var due: MonotonicInstant
    }

    private var trusted: [Entry] = []
    private var others: [Entry] = []

    /// Providers sign with one or two at a time.
    static let trustedMax = 64
    /// Strangers make these up.
    static let othersMax = 64

    /// A certificate is fetched again after so long, as it may have been taken back.
    private static let trustedLength = Duration.seconds(86_400)
    /// The same for one that could not be.
    private static let keptLength = Duration.seconds(600)
    private static let refusedLength = Duration.seconds(300)
    /// Who sends again finds it looked for again.
    private static let unavailableLength = Duration.seconds(5)

    /// All that is known.
    var all: [KnownCertificate] { (trusted + others).map(\.known) }

    /// When there is something to do next.
    var nextDue: MonotonicInstant? { (trusted + others).map(\.due).min() }

    /// A certificate that is to be fetched again; it is used meanwhile.
    func stale(at now: MonotonicInstant) -> CertificateURL? {
        trusted.first { $0.due <= now }?.known.url
    }

    /// Forgets what holds no longer.
    ///
    /// - Returns: Whether there was any.
    mutating func forget(at now: MonotonicInstant) -> Bool {
        let count = others.count
        others.removeAll { $0.due <= now }
        return others.count < count
    }

    mutating func note(
        _ finding: Finding, of url: CertificateURL, at now: MonotonicInstant
    ) {
        let place = trusted.firstIndex { $0.known.url == url }
        if case .unavailable = finding, let place {
            // Whether it is still valid is looked at for each delivery.
            trusted[place].due = now.advanced(by: Self.keptLength)
            return
        }
        if let place { trusted.remove(at: place) }
        others.removeAll { $0.known.url == url }
        switch finding {
        case .trusted(let certificate):
            guard let known = KnownCertificate(url, certificate) else {
                return add(.refused(url), until: now.advanced(by: Self.refusedLength))
            }
            trusted.append(Entry(known: known, due: now.advanced(by: Self.trustedLength)))
            if trusted.count > Self.trustedMax { trusted.removeFirst() }
        case .refused: add(.refused(url), until: now.advanced(by: Self.refusedLength))
        case .unavailable:
            add(.unavailable(url), until: now.advanced(by: Self.unavailableLength))
        }
    }

    private mutating func add(_ known: KnownCertificate, until due: MonotonicInstant) {
        others.append(Entry(known: known, due: due))
        if others.count > Self.othersMax { others.removeFirst() }
    }
}
