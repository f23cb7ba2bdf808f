import Bytes
import Config
import Crypto
import Policy
import Redis

/// What asking Redis about limits uses anew for each request; one a loop, within ``LimitDesk``.
struct StoreDesk: ~Copyable {
    /// Whether there is a store to ask.
    let isUsed: Bool
    /// Whether keys belong to slots, which may be with different servers.
    let hasSlots: Bool
    /// Tokens that were fetched ahead.
    var leases: LeaseTable
    /// What was let pass while the store was away.
    var debts: DebtTable
    /// The debt that is being paid; one at a time.
    var payment: Payment?
    /// The end of a call: keys and arguments.
    var tail = Buffer(capacity: StoreDesk.tailBytesMax)
    /// A key of the store.
    var key = Buffer(capacity: StoreDesk.keyBytesMax)
    private var digester = Digester()

    /// A debt on its way to the store.
    struct Payment {
        let debt: Debt
        /// The end of its key, to write it down once more if it does not arrive.
        let text: [UInt8]
    }

    /// Prefix, name and what tells clients apart: 64 bytes each, and what stands between them.
    private static let keyBytesMax = 3 * 64 + 16
    /// Eight keys with eight arguments each.
    private static let tailBytesMax = 8 * (keyBytesMax + 8 * 32) + 64
    private static let leaseCount = 16_384
    private static let debtCount = 8192

    init(_ plan: Plan) {
        let redis = plan.snapshot.redis
        isUsed = redis != nil
        if case .cluster? = redis?.topology { hasSlots = true } else { hasSlots = false }
        // Nothing is touched, and so nothing is resident, before there is a lease or a debt.
        leases = LeaseTable(
            entryCount: isUsed ? Self.leaseCount : 4, secret: plan.commons.secret.places)
        debts = DebtTable(capacity: isUsed ? Self.debtCount : 1, key: plan.commons.secret.keys)
    }

    /// Begins the end of a call about so many keys.
    mutating func beginTail(keyCount: Int) {
        tail.removeAll()
        tail.appendBulk(decimal: UInt64(keyCount))
    }

    /// Writes the key for what tells a client apart.
    mutating func writeKey(of material: borrowing Buffer, _ limitPlan: LimitPlan) {
        key.removeAll()
        material.withReadable { (material: borrowing Span<UInt8>) in
            limitPlan.storeKey.append(material, &digester, to: &key)
        }
    }

    /// The slot of the key; 0 without a cluster.
    var slot: UInt16 {
        guard hasSlots else { return 0 }
        return key.withReadable { (key: borrowing Span<UInt8>) in HashSlot.slot(of: key) }
    }

    /// Appends the key to the call that is being composed.
    ///
    /// - Returns: Its slot; 0 without a cluster.
    mutating func appendKey() -> UInt16 {
        key.withReadable { (key: borrowing Span<UInt8>) in tail.appendBulk(key) }
        return slot
    }

    /// Appends the key of a debt.
    ///
    /// - Returns: Its slot; 0 without a cluster.
    mutating func appendKey(of payment: Payment, _ limitPlan: LimitPlan) -> UInt16 {
        key.removeAll()
        key.append(limitPlan.storeKeyStart)
        key.append(payment.text)
        return appendKey()
    }

    /// Writes a debt down under the key.
    mutating func owe(_ debt: Debt, _ limitPlan: LimitPlan) {
        // All keys of a limit begin alike.
        key.consume(limitPlan.storeKeyStart.count)
        key.withReadable { (text: borrowing Span<UInt8>) in
            _ = debts.add(debt, text: text, burst: limitPlan.settings.burst)
        }
    }

    /// Appends what the script is to do with one key: see ``BucketScript``.
    mutating func appendArguments(
        _ operation: StaticString, price: BucketTime, lease: BucketTime, of shape: BucketShape
    ) {
        tail.appendBulk(decimal: UInt64(shape.denominator))
        append(price)
        append(shape.span)
        tail.appendBulk(operation)
        append(lease)
    }

    private mutating func append(_ time: BucketTime) {
        tail.appendBulk(decimal: time.whole)
        tail.appendBulk(decimal: UInt64(time.part))
    }

    /// Takes out the debt that is to be paid next.
    mutating func nextPayment() -> Payment? {
        key.removeAll()
        guard let debt = debts.takeNext(&key) else { return nil }
        return Payment(debt: debt, text: key.copy())
    }

    /// Writes the debt down once more whose payment did not arrive.
    mutating func putBackPayment(burst: UInt64) {
        guard let payment else { return }
        self.payment = nil
        _ = debts.add(payment.debt, text: payment.text.span, burst: burst)
    }
}

/// What the bucket script answered.
struct StoreReply {
    struct Bucket {
        let code: Int64
        let full: BucketTime

        var isAdmitted: Bool { code != 0 }
        var isLeased: Bool { code == 2 }
    }

    /// Microseconds of the server's clock.
    let now: UInt64
    private let buckets: InlineArray<8, Bucket>

    /// - Returns: `nil` for what no such script answers.
    init?(_ integers: ReplyIntegers, keyCount: Int) {
        guard integers.count == 1 + 3 * keyCount, keyCount <= 8 else { return nil }
        // What the arithmetic of buckets is bounded by.
        let bound: Int64 = 1 << 53
        for index in 0..<integers.count where integers[index] < 0 || integers[index] > bound {
            return nil
        }
        now = UInt64(integers[0])
        var buckets = InlineArray<8, Bucket>(
            repeating: Bucket(code: 0, full: BucketTime(whole: 0, part: 0)))
        for index in 0..<keyCount {
            let part = integers[3 * index + 3]
            guard part <= 1_000_000_000 else { return nil }
            buckets[index] = Bucket(
                code: integers[3 * index + 1],
                full: BucketTime(whole: UInt64(integers[3 * index + 2]), part: UInt32(part)))
        }
        self.buckets = buckets
    }

    subscript(index: Int) -> Bucket { buckets[index] }
}
