import Bytes
import Linux
import Redis
import Telemetry

/// Who waits for an answer of the store.
enum StoreAsker: Equatable {
    /// About some entries of its ledger, a bit for each.
    case exchange(SlabIndex, entries: UInt8)
    /// Nobody: tokens are given back.
    case settlement
    /// Whoever pays the debt that is under way.
    case debt
    /// A verified webhook, about the claim of its event.
    case delivery(SlabIndex)
    /// Nobody: a claim's end is told, which is under this index in the loop's debts.
    case replayNote(UInt32)
    /// An operator who wants an event forgotten: a number in the loop's orders.
    case forgetting(UInt32)
    /// The client itself, which tries a node.
    case trial(node: Int)

    /// What it asks.
    var script: StoreScript {
        switch self {
        case .exchange, .settlement, .debt, .trial: .buckets
        case .delivery, .replayNote, .forgetting: .replays
        }
    }
}

/// Which of the scripts a call is of.
enum StoreScript: Int {
    case buckets, replays
}

/// How a call ended.
enum StoreAnswer: Equatable {
    /// They are in ``StoreClient/reply``.
    case integers
    case failed(StoreFailure)
}

/// Why there is no answer.
///
/// The command may have been carried out nevertheless, but for `.error`.
enum StoreFailure: Equatable {
    /// None came until the deadline.
    case timeout
    /// The connection ended before.
    case lost
    /// The server refused.
    case error
}

/// A command on its way, from being asked to its answer.
struct StoreCall {
    /// What is sent.
    enum Form: UInt8 {
        /// The asker's script by digest.
        case digest
        /// The same by text.
        case text
        case ping
        /// A write that proves that the server takes writes.
        case proof
    }

    struct Marks: OptionSet {
        let rawValue: UInt8

        /// Written to the link's output: an answer will come.
        static let sent = Marks(rawValue: 1)
        /// Its asker was told of a failure; what comes is dropped.
        static let abandoned = Marks(rawValue: 2)
        /// Sent again after the server did not know the script.
        static let repeated = Marks(rawValue: 4)
        /// Sent on to the node that another one named.
        static let redirected = Marks(rawValue: 8)
        /// Goes behind an `ASKING`, which is answered first.
        static let asking = Marks(rawValue: 16)
        /// Sent to a node that does not own the slot yet.
        static let visiting = Marks(rawValue: 32)
    }

    let asker: StoreAsker
    let asked: MonotonicInstant
    /// When the asker is told of a timeout.
    let deadline: MonotonicInstant
    /// Bytes of its tail, which stand in the link's.
    let byteCount: UInt32
    let argumentCount: UInt16
    var form: Form
    var marks: Marks = []
    /// The call behind it on the same link; `.max` for none.
    var next: UInt32 = .max

    init(
        _ form: Form, for asker: StoreAsker, argumentCount: Int, byteCount: Int,
        asked: MonotonicInstant, deadline: MonotonicInstant
    ) {
        self.asker = asker
        self.asked = asked
        self.deadline = deadline
        self.byteCount = UInt32(truncatingIfNeeded: byteCount)
        self.argumentCount = UInt16(truncatingIfNeeded: argumentCount)
        self.form = form
    }
}

/// The calls of one link in the order of their sending, which is that of their answers.
///
/// They stand in the client's slab and are chained there.
///
/// - Invariant: the tails of the calls, one behind the other, are all that the link's `tails` hold;
///   `sentByteCount` of these bytes belong to calls before `firstUnsent`.
struct StoreQueue {
    private(set) var head: UInt32 = .max
    private var last: UInt32 = .max
    /// `.max` if all are sent.
    private(set) var firstUnsent: UInt32 = .max
    private(set) var sentByteCount = 0
    private(set) var count = 0
    /// Calls that teach the server a script, and are not answered, by script.
    private var textCounts = InlineArray<2, Int>(repeating: 0)

    mutating func append(_ call: UInt32, in calls: inout Slab<StoreCall>) {
        if last == .max { head = call } else { calls[last].next = call }
        last = call
        if firstUnsent == .max { firstUnsent = call }
        if calls[call].form == .text { textCounts[calls[call].asker.script.rawValue] &+= 1 }
        count &+= 1
    }

    /// Whether a call teaches the server this script.
    func teaches(_ script: StoreScript) -> Bool { textCounts[script.rawValue] > 0 }

    /// Goes on to the next call that is to be sent.
    mutating func passUnsent(_ call: StoreCall) {
        firstUnsent = call.next
        sentByteCount &+= Int(call.byteCount)
    }

    /// Takes the first call out; its tail is the caller's to consume.
    mutating func removeFirst(from calls: inout Slab<StoreCall>) -> StoreCall {
        let slot = head
        let call = calls.remove(slot)
        if firstUnsent == slot {
            firstUnsent = call.next
        } else {
            sentByteCount &-= Int(call.byteCount)
        }
        head = call.next
        if head == .max { last = .max }
        if call.form == .text { textCounts[call.asker.script.rawValue] &-= 1 }
        count &-= 1
        return call
    }
}
