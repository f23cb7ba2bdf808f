/// Counts requests by route, method and status: few of the many combinations ever occur, so they
/// live in an open-addressed table of fixed size, found by one multiplication.
///
/// - Invariant: a slot's key is set once and stays; at most three quarters of the slots are used,
///   so a search ends. What finds no slot is counted in ``overflow``.
struct RequestTable: ~Copyable, Sendable {
    /// Slot `i` has its key in cell `2 i`, 0 while it is free, and its counter in the next.
    private let cells: CounterCells
    private let slotCount: Int
    private let shift: UInt64
    /// Cells of `state`: slots used, and requests that found none.
    private let state = CounterCells(count: 2)

    /// A key's parts, as the page shows them.
    struct Key: Hashable {
        /// 0 without a route, else the route's index plus 1; below 2³¹.
        var route: Int
        var method: UInt8
        /// 0 without a response.
        var status: UInt16

        init(route: Int, method: UInt8, status: UInt16) {
            self.route = route
            self.method = method
            self.status = status
        }

        fileprivate init(packed: UInt64) {
            route = Int(packed >> 32) - 1
            method = UInt8(truncatingIfNeeded: packed >> 16)
            status = UInt16(truncatingIfNeeded: packed)
        }

        /// Never 0.
        @inline(__always)
        fileprivate var packed: UInt64 {
            UInt64(truncatingIfNeeded: route &+ 1) &<< 32 | UInt64(method) &<< 16 | UInt64(status)
        }
    }

    /// - Parameter routeCount: Makes room for 48 combinations each, from 1,024 to 65,536 in all.
    init(routeCount: Int) {
        var slotCount = 1024
        while slotCount < 65_536, slotCount * 3 / 4 < routeCount * 48 { slotCount *= 2 }
        self.slotCount = slotCount
        shift = UInt64(64 - slotCount.trailingZeroBitCount)
        cells = CounterCells(count: slotCount * 2)
    }

    /// Requests whose combination found no free slot.
    var overflow: UInt64 { state[1] }

    /// Counts one if its combination has a slot; the writer's call alone.
    ///
    /// - Returns: Whether it had; if not, ``countFirst(_:)`` counts it.
    @inline(__always)
    func countKnown(_ key: Key) -> Bool {
        let packed = key.packed
        var slot = firstSlot(packed)
        while true {
            // A slot is below `slotCount`, by the shift and by the mask, and has two cells.
            let found = cells.value(atProven: slot &* 2)
            if found == packed { break }
            if found == 0 { return false }
            slot = (slot &+ 1) & (slotCount &- 1)
        }
        cells.add(1, atProven: slot &* 2 &+ 1)
        return true
    }

    /// Gives a combination its slot, if one may be used, and counts one; the writer's call alone.
    func countFirst(_ key: Key) { count(key, 1) }

    /// The same for a number of requests of a combination that has no slot.
    func count(_ key: Key, _ count: UInt64) {
        guard state[0] < UInt64(slotCount * 3 / 4) else { return countOverflow(count) }
        state.add(1, at: 0)
        var slot = firstSlot(key.packed)
        while cells[slot * 2] != 0 { slot = (slot + 1) & (slotCount - 1) }
        cells.add(count, at: slot * 2 + 1)
        cells.publish(key.packed, at: slot * 2)
    }

    /// Counts requests whose combination has no slot; the writer's call alone.
    func countOverflow(_ count: UInt64) { state.add(count, at: 1) }

    /// Adds what is counted here to `totals`; anyone's call.
    func merge(into totals: inout [Key: UInt64]) {
        for slot in 0..<slotCount {
            let packed = cells.published(slot * 2)
            if packed != 0 { totals[Key(packed: packed), default: 0] += cells[slot * 2 + 1] }
        }
    }

    @inline(__always)
    private func firstSlot(_ packed: UInt64) -> Int {
        Int(truncatingIfNeeded: (packed &* 0x9E37_79B9_7F4A_7C15) &>> shift)
    }
}
