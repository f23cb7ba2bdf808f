import Bytes
import Config
import Crypto
import Linux
import Policy

/// An event that a verified request delivers, from its claim to the app's answer.
struct Delivery {
    enum Phase {
        /// Redis is asked about it.
        case asking
        /// Another request delivers the same event; its end is awaited.
        case waiting
        /// No other request gets to the app with it.
        case claimed
    }

    var phase = Phase.waiting
    var claim: ReplayClaim
    /// Whether Redis said that another gateway delivers it.
    ///
    /// Should Redis go away then, this one
    /// knows better than to deliver it too.
    var isHeldElsewhere = false
    /// When waiting for another request is over.
    let patienceEnds: MonotonicInstant
    /// Nanoseconds until the other's end is asked for once more.
    private var pause: UInt64 = 50_000_000

    init(_ claim: ReplayClaim, patienceEnds: MonotonicInstant) {
        self.claim = claim
        self.patienceEnds = patienceEnds
    }

    var isAsking: Bool { if case .asking = phase { true } else { false } }
    var isWaiting: Bool { if case .waiting = phase { true } else { false } }

    /// Waits once more, a little longer each time: 50 ms at first, 250 ms at last.
    ///
    /// - Returns: For how many nanoseconds.
    mutating func wait() -> UInt64 {
        phase = .waiting
        defer { pause = min(pause * 3 / 2, 250_000_000) }
        return pause
    }
}

/// What verifying webhooks uses anew for each delivery; one a loop, within ``Desk``.
struct WebhookDesk: ~Copyable {
    /// By index of the snapshot.
    var verifiers: [WebhookVerifier]
    /// Of the same indices.
    var terms: [DeliveryTerms]
    var scratch = WebhookScratch()
    var digester = Digester()
    /// Those that are on their way to the app, or wait for one that is.
    var deliveries: Slab<Delivery>
    /// By exchange: the certificate that it cannot be verified without.
    var waits: [UInt32: CertificateURL] = [:]

    init(_ plan: Plan) {
        verifiers = plan.snapshot.webhooks.map(WebhookVerifier.init)
        terms = plan.snapshot.webhooks.map(DeliveryTerms.init)
        deliveries = Slab(capacity: verifiers.isEmpty ? 1 : plan.connectionSlots)
    }

    /// Verifies as another configuration says from here on.
    mutating func adopt(_ plan: Plan) {
        if verifiers.isEmpty { deliveries = Slab(capacity: plan.connectionSlots) }
        verifiers = plan.snapshot.webhooks.map(WebhookVerifier.init)
        terms = plan.snapshot.webhooks.map(DeliveryTerms.init)
    }
}

/// What each delivery asks of its webhook's settings, in a form that is read without copying those.
struct DeliveryTerms: BitwiseCopyable {
    let isShadow: Bool
    /// Seconds for which an event is known after it was accepted.
    let secondsKept: Int64
    /// Whether a delivery may go to the app by the word of this process alone.
    let goesWithoutStore: Bool

    init(_ settings: WebhookSettings) {
        if case .shadow = settings.mode { isShadow = true } else { isShadow = false }
        secondsKept = settings.replay?.secondsKept ?? 0
        goesWithoutStore = settings.replay?.onStoreFailure == .local
    }
}
