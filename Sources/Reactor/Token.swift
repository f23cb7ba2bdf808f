package import Bytes

/// Whose readiness a report tells, packed into the one word that epoll keeps for us.
///
/// Layout: generation (32 bits), kind (4 bits), slot (28 bits). A report for a connection that has
/// ended since finds another generation in the slot and is dropped, even if the descriptor's number
/// is in use again.
@usableFromInline package struct Token: Equatable, Sendable {
    /// Which of a loop's tables the slot belongs to.
    @usableFromInline package enum Kind: UInt8, Sendable {
        case wakeup, listener, downstream, upstream, store
    }

    /// What epoll keeps and hands back.
    @usableFromInline package let word: UInt64

    /// Reads what epoll handed back: any word will do, as ``kind`` tells those that are none.
    @inlinable package init(word: UInt64) { self.word = word }

    /// - Parameter index: Its slot is below 2²⁸, as those of every slab are; a listener's is its
    ///   place among the listeners.
    package init(_ kind: Kind, _ index: SlabIndex) {
        word =
            UInt64(index.generation) << 32 | UInt64(kind.rawValue) << 28
            | UInt64(index.slot & 0x0fff_ffff)
    }

    /// `nil` for a word that no token has.
    @inlinable package var kind: Kind? {
        Kind(rawValue: UInt8(truncatingIfNeeded: word >> 28) & 0x0f)
    }

    /// The slot, and the generation that it had when the descriptor was watched.
    package var index: SlabIndex {
        SlabIndex(
            slot: UInt32(truncatingIfNeeded: word) & 0x0fff_ffff,
            generation: UInt32(truncatingIfNeeded: word >> 32))
    }
}
