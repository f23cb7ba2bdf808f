import Linux
import Synchronization

/// Waits until so many threads have done their part.
final class Rendezvous: Sendable {
    /// Those that have not.
    private let rest: Atomic<Int>
    private let isOver: Wakeup

    init(count: Int) throws(Errno) {
        rest = Atomic(count)
        isOver = try Wakeup()
    }

    /// Does the caller's part; what it did before is seen by whoever waits.
    func arrive() {
        if rest.subtract(1, ordering: .acquiringAndReleasing).newValue <= 0 { isOver.signal() }
    }

    /// Blocks the calling thread.
    ///
    /// - Returns: Whether all have arrived.
    func wait(milliseconds: Int32) -> Bool {
        isOver.wait(milliseconds: milliseconds)
        return rest.load(ordering: .acquiring) <= 0
    }
}

/// Asks all loops which seats are of use.
final class Survey: Sendable {
    /// Guard: the mutex, held for a union.
    private let sum = Mutex(Seating.Usage())
    private let rendezvous: Rendezvous

    init(loops: Int) throws(Errno) { rendezvous = try Rendezvous(count: loops) }

    func note(_ usage: Seating.Usage) {
        sum.withLock { $0.formUnion(usage) }
        rendezvous.arrive()
    }

    /// - Returns: `nil` if a loop has not answered in time.
    func result(within milliseconds: Int32) -> Seating.Usage? {
        rendezvous.wait(milliseconds: milliseconds) ? sum.withLock { $0 } : nil
    }
}

/// Waits until all loops have gone over to another plan.
final class Handover: Sendable {
    /// Those that they leave: no loop takes the time to free one.
    ///
    /// Guard: the mutex.
    private let left = Mutex<[Plan]>([])
    private let rendezvous: Rendezvous

    init(loops: Int) throws(Errno) { rendezvous = try Rendezvous(count: loops) }

    func leave(_ former: Plan) {
        left.withLock { $0.append(former) }
        rendezvous.arrive()
    }

    /// - Returns: Whether all have.
    func wait(milliseconds: Int32) -> Bool { rendezvous.wait(milliseconds: milliseconds) }
}
