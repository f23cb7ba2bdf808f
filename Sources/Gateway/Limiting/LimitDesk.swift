import Bytes
import Crypto
import Linux
import Policy
import Redis
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
    var store: StoreDesk

    init(_ plan: Plan) {
        ledgers = LedgerShelf(capacity: plan.connectionSlots)
        paces = Array(repeating: LinePace(), count: plan.commons.limits.count)
        store = StoreDesk(plan)
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
        notes.write(ledgers, ledger, by: plans)
    }

    /// Makes an entry for the key in ``material``, and writes down what the store calls it.
    mutating func enter(
        _ limit: RouteLimit, _ use: Int, _ ledger: UInt32, _ secret: SipHash.Key,
        from pool: inout BufferPool
    ) {
        ledgers.append(limit, use, tag(by: secret), to: ledger)
        guard store.isUsed else { return }
        store.writeKey(of: material, limit.plan)
        ledgers.append(key: store.key, to: ledger, from: &pool)
    }
}

// MARK: - The store

extension LimitDesk {
    /// Appends the store's key of an entry to the call that is being composed.
    ///
    /// - Returns: Its slot; 0 without a cluster.
    @discardableResult
    mutating func appendStoreKey(_ index: Int, of ledger: UInt32) -> UInt16 {
        store.key.removeAll()
        ledgers.copyKey(of: ledger, index, into: &store.key)
        return store.appendKey()
    }

    /// The entries, of those whose bits are set, whose keys share a slot with the first one's.
    mutating func entriesOfOneSlot(among entries: UInt8, of ledger: UInt32) -> (UInt8, UInt16) {
        guard store.hasSlots else { return (entries, 0) }
        var found: UInt8 = 0
        var first: UInt16?
        for index in 0..<LedgerShelf.entriesMax where entries >> index & 1 == 1 {
            store.key.removeAll()
            ledgers.copyKey(of: ledger, index, into: &store.key)
            let slot = store.slot
            if first == nil { first = slot }
            if slot == first { found |= 1 << index }
        }
        return (found, first ?? 0)
    }

    /// Writes down what an entry took here and is to be charged to the store.
    mutating func owe(_ index: Int, of ledger: UInt32, _ plan: Plan) {
        let entry = ledgers[ledger, index]
        let limitPlan = plan.commons.limits[Int(entry.limit)]
        let debt = Debt(limit: Int(entry.limit), key: entry.key, cost: entry.cost)
        store.key.removeAll()
        ledgers.copyKey(of: ledger, index, into: &store.key)
        store.owe(debt, limitPlan)
    }
}

/// What the limits of a request's route made of it: nothing, as it has none; or what a ledger says;
/// or, as is usual, that the one there is let it pass.
struct LimitTrace {
    /// Of ``LimitDesk/ledgers``; `.max` without one.
    var ledger = UInt32.max
    /// Of the plan's limits, the only one that looked at it; `.max` without.
    var limit = UInt16.max
    /// As ``LimitEntry`` has them.
    var seconds: UInt32 = 0
    var remaining: UInt64 = 0

    static let none = LimitTrace()

    init() {}

    init(ledger: UInt32) { self.ledger = ledger }

    init(_ limit: UInt16, _ standing: BucketStanding) {
        self.limit = limit
        seconds = standing.secondsToNext
        remaining = standing.remaining
    }

    /// Whether there is nothing to tell.
    var isNone: Bool { ledger == .max && limit == .max }
}

/// Where an exchange stands with the limits of its route.
struct Admission {
    enum Place {
        case none
        /// In the queue of the route's gate.
        case awaited(seat: UInt32)
        case held

        var isNone: Bool { if case .none = self { true } else { false } }
        var isAwaited: Bool { if case .awaited = self { true } else { false } }
    }

    var limits = LimitTrace.none
    /// Calls to the store that are not answered.
    var callCount: UInt8 = 0
    /// Of the route's `concurrency`.
    var place = Place.none
    /// Nanoseconds that the store may still be waited for, over all stages: what a client takes to
    /// send its body is not the store's delay.
    var storeLeft = UInt64.max
    /// When it was asked the last time.
    var storeAsked = MonotonicInstant(nanoseconds: 0)
    /// Of ``Desk/held``, for a body that is looked at before it goes upstream; `.max` for others.
    var held = UInt32.max
    /// Of ``Desk/deliveries``, for a verified webhook whose event is claimed; `.max` for others.
    var delivery = UInt32.max

    /// Of ``LimitDesk/ledgers``; `.max` without one.
    var ledger: UInt32 { limits.ledger }

    /// The store has answered, or is waited for no more.
    mutating func endWait(at now: MonotonicInstant) {
        storeLeft &-= min(storeLeft, now.nanoseconds(since: storeAsked))
    }
}

extension BucketKey {
    /// Of a client's address; of IPv6 only the network of 64 bits that a client can choose from.
    init(_ address: IPAddress) {
        // A table has either addresses or tags, but for the few who have no key; a tag that looks
        // like an address is one of 2¹²⁸.
        switch address.family {
        case .v4: self.init(low: address.low, high: 4)
        case .v6: self.init(low: address.high, high: 6)
        }
    }

    init(_ tag: SipHash.Tag) { self.init(low: tag.low, high: tag.high) }
}
