import Bytes
import Crypto
import Policy
import Synchronization

/// By which digests the events were accepted whose ids no signature covers.
///
/// Such an event is known by what was signed; operators know it by the id that its provider shows.
/// The latest are noted, so that an operator can have one forgotten.
final class ReplayNotes: Sendable {
    private struct Notes {
        var digests: [Key: ReplayID] = [:]
        /// The order of their coming, as a ring once it is full.
        var order: [Key] = []
        var oldest = 0
    }

    private struct Key: Hashable {
        let low: UInt64
        let high: UInt64

        init(_ tag: SipHash.Tag) {
            low = tag.low
            high = tag.high
        }
    }

    /// Held for one look at a dictionary.
    private let notes = Mutex(Notes())
    private let countMax: Int

    /// 256 bytes each.
    static let countUsual = 4096

    init(countMax: Int = ReplayNotes.countUsual) { self.countMax = countMax }

    /// - Parameter id: Of ``ReplayPlan/key(of:webhook:material:)``, as if the signature covered the
    ///   provider's id.
    func note(_ digest: ReplayID, as id: SipHash.Tag) {
        let id = Key(id)
        notes.withLock { notes in
            guard notes.digests.updateValue(digest, forKey: id) == nil else { return }
            guard notes.order.count == countMax else { return notes.order.append(id) }
            notes.digests[notes.order[notes.oldest]] = nil
            notes.order[notes.oldest] = id
            notes.oldest = (notes.oldest + 1) % countMax
        }
    }

    /// What an event was accepted by; `nil` if that was not noted, or too long ago.
    func digest(of id: SipHash.Tag) -> ReplayID? { notes.withLock { $0.digests[Key(id)] } }
}
