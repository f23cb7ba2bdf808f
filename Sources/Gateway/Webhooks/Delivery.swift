import Bytes
import Linux
import Policy

/// An event that a verified request delivers, from its claim to the app's answer.
struct Delivery {
    enum Phase {
        /// Its id is about to be claimed, here or in Redis.
        case claiming
        /// Another request delivers the same event; its end is awaited.
        case waiting
        /// No other request gets to the app with it.
        case claimed
    }

    var phase = Phase.claiming
    /// Index into the snapshot's webhooks.
    let webhook: Int
    /// What the event is known by in this process.
    let key: ReplayKey
    /// The same as a text, for others.
    let id: ReplayID
    /// Whose claim it is.
    let ticket: UInt64
    /// When waiting for another request is over.
    let patienceEnds: MonotonicInstant
    /// Nanoseconds until the other's end is asked for once more.
    private(set) var pause: UInt64 = 50_000_000

    init(
        of webhook: Int, _ key: ReplayKey, _ id: ReplayID, ticket: UInt64,
        patienceEnds: MonotonicInstant
    ) {
        self.webhook = webhook
        self.key = key
        self.id = id
        self.ticket = ticket
        self.patienceEnds = patienceEnds
    }

    var isWaiting: Bool { if case .waiting = phase { true } else { false } }

    /// Waits once more, a little longer each time: 50 ms at first, 250 ms at last.
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
    var scratch = WebhookScratch()
    /// Those that are on their way to the app, or wait for one that is.
    var deliveries: Slab<Delivery>

    init(_ plan: Plan) {
        verifiers = plan.snapshot.webhooks.map(WebhookVerifier.init)
        deliveries = Slab(capacity: verifiers.isEmpty ? 1 : plan.connectionSlots)
    }
}
