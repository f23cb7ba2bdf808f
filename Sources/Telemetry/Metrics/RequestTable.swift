/// Counts requests by route, method and status: few of the many combinations ever occur, so they live in
/// an open-addressed table of fixed size, found by one multiplication.
///
/// - Invariant: a slot's key is set once and stays; at most three quarters of the slots are used, so a
///   search ends. What finds no slot is counted in ``overflow``.
struct RequestTable: ~Copyable, Sendable {
    /// Slot `i` has its key in cell `2 i`, 0 while it is free, and its counter in the next.
    private let cells: CounterCells
    private let slotCount: Int
    private let shift: UInt64
    /// Cells of `state`: slots used, and requests that found none.
    private let state = CounterCells(count: 2)

    /// A key's parts, as the page shows them.
    struct Key: Hashable {
        /// 0 without a route, else the route's index plus 1; below 2¹⁷.
        var route: Int
        /// Below 16.
        var method: Int
        /// Below 1024; 0 without a response.
        var status: Int

        init(route: Int, method: Int, status: Int) {
            self.route = route
            self.method = method
            self.status = status
        }

        fileprivate init(packed: UInt64) {
            route = Int(packed >> 14) - 1
            method = Int(packed >> 10 & 15)
            status = Int(packed & 1023)
        }

        /// Never 0.
        @inline(__always)
        fileprivate var packed: UInt64 {
            UInt64(truncatingIfNeeded: (route &+ 1) &<< 14 | (method & 15) &<< 10 | status & 1023)
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

    /// Counts one; the writer's call alone.
    @inline(__always)
    func count(_ key: Key) {
        let packed = key.packed
        var slot = Int(truncatingIfNeeded: (packed &* 0x9E37_79B9_7F4A_7C15) &>> shift)
        while true {
            let found = cells[slot &* 2]
            if found == packed { break }
            if found == 0 {
                guard claim(slot, packed) else { return state.add(1, at: 1) }
                break
            }
            slot = (slot &+ 1) & (slotCount &- 1)
        }
        cells.add(1, at: slot &* 2 &+ 1)
    }

    /// Adds what is counted here to `totals`; anyone's call.
    func merge(into totals: inout [Key: UInt64]) {
        for slot in 0..<slotCount {
            let packed = cells.published(slot * 2)
            if packed != 0 { totals[Key(packed: packed), default: 0] += cells[slot * 2 + 1] }
        }
    }

    @inline(never)
    private func claim(_ slot: Int, _ packed: UInt64) -> Bool {
        guard state[0] < UInt64(slotCount * 3 / 4) else { return false }
        state.add(1, at: 0)
        cells.publish(packed, at: slot * 2)
        return true
    }
}
