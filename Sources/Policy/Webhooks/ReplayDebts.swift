import Bytes

/// How a claim in the store ends.
package struct ReplayNote: Sendable, Equatable {
    /// Which end it is: the app has accepted the event, or may be given it again.
    package enum Operation: UInt8, Sendable, CaseIterable {
        case commit, release
    }

    package var operation: Operation
    /// Index into the snapshot's webhooks.
    package var webhook: UInt16
    package var text: ReplayID
    package var ticket: ReplayTicket
    /// From when on it may be told, in microseconds of the monotonic clock.
    package var start: UInt64
    /// When it is void: the event is forgotten then, or its claim has ended by itself.
    package var end: UInt64

    package init(
        _ operation: Operation, webhook: UInt16, text: ReplayID, ticket: ReplayTicket,
        from start: UInt64 = 0, until end: UInt64
    ) {
        self.operation = operation
        self.webhook = webhook
        self.text = text
        self.ticket = ticket
        self.start = start
        self.end = end
    }
}

/// How claims ended, as far as the store was not told or has not said that it knows: what a loop
/// owes it.
///
/// Notes are told in the order of their coming, each as long as it says something. One that did not
/// arrive goes behind the others.
///
/// - Size: 128 bytes a note, resident only when used.
package struct ReplayDebts: ~Copyable {
    private var places: Slab<ReplayDebt>
    private let capacity: Int
    private var first = UInt32.max
    private var last = UInt32.max
    /// Notes that wait to be told.
    package private(set) var owedCount = 0
    /// Notes that nobody will tell, for want of room.
    package private(set) var droppedCount: UInt64 = 0

    /// - Parameter capacity: 1 to 2¹⁶ notes.
    package init(capacity: Int) {
        precondition(capacity > 0 && capacity <= 1 << 16, "1 to 2^16 notes")
        self.capacity = capacity
        places = Slab(capacity: capacity)
    }

    /// Notes that are owed or on their way.
    package var count: Int { places.count }

    /// Takes a note that its teller is about to tell.
    ///
    /// - Returns: By what to end it; `nil` if as many as there may be are on their way.
    package mutating func begin(_ note: ReplayNote) -> UInt32? {
        makeRoom()
        guard let index = places.insert(ReplayDebt(note: note)) else {
            droppedCount &+= 1
            return nil
        }
        return index.slot
    }

    /// Takes a note to be told later; the oldest one that is owed gives way if there is no room.
    package mutating func owe(_ note: ReplayNote) {
        guard let index = begin(note) else { return }
        append(index)
    }

    /// Takes the next note that is to be told, and puts it on its way.
    ///
    /// - Returns: By what to end it; `nil` if none is due.
    package mutating func next(at now: UInt64) -> UInt32? {
        for _ in 0..<owedCount {
            let index = removeFirst()
            let note = places[index].note
            if note.end <= now {
                places.discard(index)
            } else if note.start > now {
                append(index)
            } else {
                return index
            }
        }
        return nil
    }

    /// A note on its way.
    package func note(_ index: UInt32) -> ReplayNote { places[index].note }

    /// The store knows it.
    package mutating func end(_ index: UInt32) { places.discard(index) }

    /// It may not have arrived: it is owed once more.
    package mutating func putBack(_ index: UInt32) { append(index) }

    /// Indices of the webhooks of all notes; allocates.
    package var webhooks: Set<Int> {
        var found: Set<Int> = []
        for slot in places.slots where places.isOccupied(slot) {
            found.insert(Int(places[slot].note.webhook))
        }
        return found
    }

    private mutating func makeRoom() {
        guard places.count == capacity, owedCount > 0 else { return }
        droppedCount &+= 1
        places.discard(removeFirst())
    }

    private mutating func append(_ index: UInt32) {
        places[index].isOwed = true
        if last == .max { first = index } else { places[last].next = index }
        last = index
        owedCount &+= 1
    }

    private mutating func removeFirst() -> UInt32 {
        let index = first
        first = places[index].next
        if first == .max { last = .max }
        places[index].isOwed = false
        places[index].next = .max
        owedCount &-= 1
        return index
    }
}

/// A note and where it stands.
///
/// Not private: a module that owns the debts ends them, and asks for this type's description then.
struct ReplayDebt {
    let note: ReplayNote
    var isOwed = false
    /// The owed one behind it; `.max` for none.
    var next = UInt32.max
}

extension ReplayDebts {
    /// What is wrong with it, if anything: for tests.
    func brokenInvariant() -> String? {
        var seen = Set<UInt32>()
        var index = first
        while index != .max {
            guard places.isOccupied(index), places[index].isOwed else {
                return "\(index): not owed"
            }
            guard seen.insert(index).inserted else { return "\(index): twice" }
            if places[index].next == .max, index != last { return "\(index): not the last" }
            index = places[index].next
        }
        return seen.count == owedCount ? nil : "\(seen.count) owed, not \(owedCount)"
    }
}
