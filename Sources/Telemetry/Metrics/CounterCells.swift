import Synchronization

/// A fixed row of counters with one writer; anyone may read them at any time.
///
/// A load and a store, both relaxed, cost a third of an atomic addition, and a reader sees each
/// counter whole.
///
/// - Safety: `cells` is owned. Every access is checked against `count`, but for those whose index
///   is proven where it is made: ``Shape`` and ``RequestTable`` say how.
@safe struct CounterCells: ~Copyable, Sendable {
    nonisolated(unsafe) private let cells: UnsafeMutablePointer<Atomic<UInt64>>
    let count: Int

    init(count: Int) {
        unsafe cells = .allocate(capacity: count)
        for index in 0..<count { unsafe (cells + index).initialize(to: Atomic(0)) }
        self.count = count
    }

    deinit {
        unsafe cells.deinitialize(count: count)
        unsafe cells.deallocate()
    }

    /// Adds, wrapping; the writer's call alone.
    @inline(__always)
    func add(_ amount: UInt64, at index: Int) {
        precondition(index >= 0 && index < count, "a cell of the row")
        let value = unsafe cells[index].load(ordering: .relaxed)
        unsafe cells[index].store(value &+ amount, ordering: .relaxed)
    }

    @inline(__always)
    subscript(_ index: Int) -> UInt64 {
        precondition(index >= 0 && index < count, "a cell of the row")
        return unsafe cells[index].load(ordering: .relaxed)
    }

    /// The same for an index that the caller has proven to be one: checked in debug builds alone.
    @inline(__always)
    func add(_ amount: UInt64, atProven index: Int) {
        assert(index >= 0 && index < count, "a cell of the row")
        let value = unsafe cells[index].load(ordering: .relaxed)
        unsafe cells[index].store(value &+ amount, ordering: .relaxed)
    }

    @inline(__always)
    func value(atProven index: Int) -> UInt64 {
        assert(index >= 0 && index < count, "a cell of the row")
        return unsafe cells[index].load(ordering: .relaxed)
    }

    /// Stores so that a reader who sees this value sees all that was stored before; the writer's
    /// call.
    @inline(__always)
    func publish(_ value: UInt64, at index: Int) {
        precondition(index >= 0 && index < count, "a cell of the row")
        unsafe cells[index].store(value, ordering: .releasing)
    }

    /// Loads what was stored by ``publish(_:at:)``.
    func published(_ index: Int) -> UInt64 {
        precondition(index >= 0 && index < count, "a cell of the row")
        return unsafe cells[index].load(ordering: .acquiring)
    }
}
