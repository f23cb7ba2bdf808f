import Bytes
import Crypto
import Policy
import Telemetry

/// What deciding limits uses anew for each request; one a loop, within ``Desk``.
struct LimitDesk: ~Copyable {
    var ledgers: LedgerShelf
    var notes = LimitNotes()
    /// What one limit tells one request's client by.
    var material = Buffer(capacity: BufferPool.largeBytes)
    /// A request's body without its framing; grows to the longest that was held.
    var body = Buffer()
    /// When each limit's refusals were last told of, by limit.
    var paces: [LinePace]

    init(requestsMax: Int, limitCount: Int) {
        ledgers = LedgerShelf(capacity: requestsMax)
        paces = Array(repeating: LinePace(), count: limitCount)
    }

    /// Sees to an empty ``body`` for so many bytes.
    mutating func openBody(byteCount: Int) {
        body.removeAll()
        if body.capacity < byteCount { body = Buffer(capacity: byteCount) }
    }

    /// The tag that stands for the key in ``material``.
    func tag(by secret: SipHash.Key) -> BucketKey {
        material.withReadable { (bytes: borrowing Span<UInt8>) in
            BucketKey(SipHash.tag(of: bytes, by: secret))
        }
    }

    /// Writes down what a ledger tells clients.
    mutating func writeNotes(_ ledger: UInt32, by plans: [LimitPlan]) {
        notes.write(ledgers[ledger], by: plans)
    }
}

/// Where an exchange stands with the limits of its route.
struct Admission {
    /// Of ``LimitDesk/ledgers``; `.max` for a request without limits.
    var ledger = UInt32.max
    /// A body that is looked at before it goes upstream; `nil` for all others.
    var held: HeldBody?
    /// Of the route's `concurrency`.
    var place = Place.none

    /// Whether the rest of a body is waited for.
    var isHolding: Bool { held.map { !$0.isWhole } ?? false }

    enum Place {
        case none
        /// In the queue of the route's gate.
        case awaited(seat: UInt32)
        case held

        var isNone: Bool { if case .none = self { true } else { false } }
        var isAwaited: Bool { if case .awaited = self { true } else { false } }
    }
}

extension BucketKey {
    /// Of a client's address; of IPv6 only the network of 64 bits that a client can choose from.
    init(_ address: IPAddress) {
        // The tags of other keys are of another family: they never begin so.
        switch address.family {
        case .v4: self.init(low: address.low, high: 4)
        case .v6: self.init(low: address.high, high: 6)
        }
    }

    init(_ tag: SipHash.Tag) { self.init(low: tag.low, high: tag.high) }
}
