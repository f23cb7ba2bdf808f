import Bytes
import Config
import Crypto
import Policy
import Redis
import Synchronization

/// What all loops know together of the events of a snapshot's webhooks.
final class ReplayPlan: Sendable {
    /// Events that this process knows.
    let table: ReplayTable
    /// By webhook: how the store's keys of its events begin.
    let storeKeyStarts: [[UInt8]]
    /// Of events without an id that is signed.
    let notes: ReplayNotes
    /// The channels on which gateways tell one another of events, as `PSUBSCRIBE` wants it.
    let channelPattern: [UInt8]
    private let names: [[UInt8]]
    private let secret: SipHash.Key
    /// Whether what becomes of events is published.
    let isNewsShared: Bool
    /// Whether other gateways may have something to tell.
    private let hasNews: Bool
    /// Whether the table is of full size: without webhooks it is not.
    private let isTableWhole: Bool
    /// Whether there is a loop to listen on these.
    ///
    /// Guarded by being atomic: no other memory depends on it.
    private let isHeard: Atomic<Bool>

    /// 32 MiB at most, resident as far as it is used.
    private static let eventCountMax = 1 << 20

    /// - Parameters:
    ///   - storePrefix: Of keys in Redis; `nil` without it.
    ///   - secret: Of the tags that stand for events.
    ///   - isNewsShared: Whether gateways tell one another of events. Channels know no databases:
    ///     those of another one would be heard as well.
    ///   - former: What was known until now.
    init(
        webhooks: [WebhookSettings], storePrefix: String?, isNewsShared: Bool,
        secret: SipHash.Key, after former: ReplayPlan?
    ) {
        self.isNewsShared = isNewsShared
        if let former, former.isTableWhole || webhooks.isEmpty {
            table = former.table
            isTableWhole = former.isTableWhole
        } else {
            isTableWhole = !webhooks.isEmpty
            table = ReplayTable(eventCountMax: isTableWhole ? Self.eventCountMax : 1)
        }
        // The braces have a cluster keep all events of a webhook together.
        storeKeyStarts = webhooks.map { Array("\(storePrefix ?? "")replay:{\($0.name)}:".utf8) }
        channelPattern = Self.literal(storePrefix ?? "") + Array("replay:*".utf8)
        names = webhooks.map { Array("\($0.name):".utf8) }
        self.secret = secret
        notes = former?.notes ?? ReplayNotes()
        hasNews = storePrefix != nil && isNewsShared && webhooks.contains { $0.replay != nil }
        isHeard = Atomic(former?.isHeard.load(ordering: .relaxed) ?? false)
    }

    /// The pattern that matches this text alone.
    private static func literal(_ text: String) -> [UInt8] {
        text.utf8.flatMap { byte in
            "*?[]\\".utf8.contains(byte) ? [UInt8(ascii: "\\"), byte] : [byte]
        }
    }

    /// Has the first loop that asks listen for what other gateways publish, if there may be any.
    func takeListening() -> Bool { hasNews && !isHeard.exchange(true, ordering: .relaxed) }

    /// The webhook of a key in Redis, and what the event is known by there.
    ///
    /// - Returns: `nil` for a key of no webhook of this snapshot.
    func event(ofStoreKey key: borrowing Span<UInt8>) -> (webhook: Int, text: ReplayID)? {
        for (index, start) in storeKeyStarts.enumerated() where key.begins(with: start) {
            return ReplayID(key.extracting(start.count...)).map { (index, $0) }
        }
        return nil
    }

    /// What an event is known by in ``table``.
    ///
    /// - Parameter material: Is written to.
    func key(of text: ReplayID, webhook: Int, material: inout Buffer) -> SipHash.Tag {
        material.removeAll()
        // Names have no colon.
        material.append(names[webhook])
        text.append(to: &material)
        return material.withReadable { (bytes: borrowing Span<UInt8>) in
            SipHash.tag(of: bytes, by: secret)
        }
    }
}

/// A delivery's hold on its event: by what it is claimed, committed and released.
struct ReplayClaim {
    /// Index into the snapshot's webhooks.
    let webhook: Int
    let text: ReplayID
    /// Of ``ReplayPlan/table``.
    let key: SipHash.Tag
    let ticket: ReplayTicket
    /// When it ends by itself, in microseconds of the monotonic clock.
    var end: UInt64
}

/// What the store said of a claim.
enum ReplayAnswer: Equatable {
    case claimed
    /// Another gateway holds it for so many milliseconds more at most; 0 if nobody knows.
    case inFlight(milliseconds: UInt64)
    /// It was accepted, and is known for so many milliseconds more; 0 if nobody knows.
    case replayed(milliseconds: UInt64)
    /// Nothing in time: the process decides for itself. The claim may have been made nevertheless,
    /// and its end is told as if it had.
    case nothing

    /// What the script answered.
    ///
    /// - Returns: `nil` for what no such script answers.
    init?(_ integers: ReplyIntegers) {
        guard integers.count == 2, integers[1] >= 0, integers[1] <= 1 << 53 else { return nil }
        switch integers[0] {
        case 0: self = .inFlight(milliseconds: UInt64(integers[1]))
        case 1: self = .claimed
        case 2: self = .replayed(milliseconds: UInt64(integers[1]))
        default: return nil
        }
    }
}

/// What telling the store of events uses anew each time; one a loop, within ``Desk``.
struct ReplayDesk: ~Copyable {
    /// What the store was not told.
    var debts: ReplayDebts
    /// The one of those that are owed that is being told, one at a time; `.max` for none.
    var telling = UInt32.max
    /// What operators want forgotten, by number, while Redis is asked.
    var orders: [UInt32: ForgetOrder] = [:]
    var lastOrder: UInt32 = 0
    /// The end of a call: key and arguments.
    var tail = Buffer(capacity: ReplayDesk.tailBytesMax)
    /// A key of the store, or what makes one of the table.
    var key = Buffer(capacity: ReplayDesk.keyBytesMax)
    /// Whether keys belong to slots, which may be with different servers.
    private let hasSlots: Bool

    /// Prefix and name, 64 bytes each, the event's text, and what stands between them.
    private static let keyBytesMax = 2 * 64 + ReplayID.bytesMax + 16
    private static let tailBytesMax = keyBytesMax + 128
    private static let debtCount = 2048

    init(_ plan: Plan) {
        hasSlots = plan.commons.store?.settings.topology.isCluster ?? false
        debts = ReplayDebts(capacity: plan.commons.store == nil ? 1 : Self.debtCount)
    }

    /// Writes the end of a call.
    ///
    /// - Returns: The key's slot; 0 without a cluster.
    mutating func compose(
        _ operation: StaticString, _ text: ReplayID, _ ticket: ReplayTicket,
        milliseconds: UInt64, keyStart: [UInt8], isMute: Bool
    ) -> UInt16 {
        key.removeAll()
        key.append(keyStart)
        text.append(to: &key)
        tail.removeAll()
        tail.appendBulk(decimal: 1)
        key.withReadable { (key: borrowing Span<UInt8>) in tail.appendBulk(key) }
        tail.appendBulk(operation)
        tail.appendBulk(decimal: ticket.number)
        tail.appendBulk(decimal: milliseconds)
        if isMute { tail.appendBulk("mute") }
        guard hasSlots else { return 0 }
        return key.withReadable { (key: borrowing Span<UInt8>) in HashSlot.slot(of: key) }
    }
}

extension Span where Element == UInt8 {
    fileprivate func begins(with other: [UInt8]) -> Bool {
        guard count >= other.count else { return false }
        for index in other.indices where self[index] != other[index] { return false }
        return true
    }
}
