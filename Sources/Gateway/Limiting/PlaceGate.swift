import Bytes
import Linux
import Policy
import Reactor
import Synchronization

/// The places of a route with `concurrency`, for all loops.
///
/// It knows how many of the route's requests are with the app, and who waits for one of them to
/// end. Whoever leaves hands its place to the one that has waited longest, so nobody overtakes.
final class PlaceGate: Sendable {
    /// A request that waits, of whichever loop.
    struct Waiter: Sendable {
        let mailbox: Mailbox<WorkerMessage>
        let exchange: SlabIndex

        /// Exchanges of two loops may have the same name.
        func isSame(as other: Waiter) -> Bool {
            mailbox === other.mailbox && exchange == other.exchange
        }
    }

    enum Entry: Equatable {
        case placed
        /// In the queue, under this number.
        case waits(UInt32)
        /// Neither place nor queue has room.
        case full
    }

    /// Guard: the mutex, held for a few stores.
    private let queue: Mutex<PlaceQueue>
    /// Nanoseconds that a request waits at most.
    let timeout: UInt64

    init(_ settings: ConcurrencySettings) {
        queue = Mutex(PlaceQueue(placeCount: settings.max, seatCount: settings.queue))
        timeout = settings.queueTimeout.wholeNanoseconds
    }

    func enter(_ waiter: Waiter) -> Entry { queue.withLock { $0.enter(waiter) } }

    /// Gives a place up.
    ///
    /// - Returns: Whose it is from now on, to be told; `nil` if nobody waits.
    func leave() -> Waiter? { queue.withLock { $0.leave() } }

    /// Takes a waiter out of the queue.
    ///
    /// - Returns: Whether it was there; if not, it has been given a place and is being told so.
    func withdraw(_ seat: UInt32, of waiter: Waiter) -> Bool {
        queue.withLock { $0.withdraw(seat, of: waiter) }
    }
}

/// Places and a queue of fixed size, first come first served.
///
/// - Invariant: somebody waits only while no place is free. Waiters are chained by seat, in the
///   order of their coming; free seats are chained through `next` as well.
struct PlaceQueue {
    private struct Seat {
        var waiter: PlaceGate.Waiter?
        var next = UInt32.max
        var previous = UInt32.max
    }

    private var freePlaces: Int
    private var seats: [Seat]
    private var firstFree: UInt32
    private var first = UInt32.max
    private var last = UInt32.max

    init(placeCount: Int, seatCount: Int) {
        freePlaces = placeCount
        seats = (0..<seatCount).map { seat in
            Seat(next: seat + 1 < seatCount ? UInt32(seat + 1) : .max)
        }
        firstFree = seatCount > 0 ? 0 : .max
    }

    mutating func enter(_ waiter: PlaceGate.Waiter) -> PlaceGate.Entry {
        guard freePlaces == 0 else {
            freePlaces -= 1
            return .placed
        }
        let seat = firstFree
        guard seat != .max else { return .full }
        firstFree = seats[Int(seat)].next
        seats[Int(seat)] = Seat(waiter: waiter, previous: last)
        if last == .max { first = seat } else { seats[Int(last)].next = seat }
        last = seat
        return .waits(seat)
    }

    mutating func leave() -> PlaceGate.Waiter? {
        guard first != .max else {
            freePlaces += 1
            return nil
        }
        return vacate(first)
    }

    mutating func withdraw(_ seat: UInt32, of waiter: PlaceGate.Waiter) -> Bool {
        guard Int(seat) < seats.count, seats[Int(seat)].waiter?.isSame(as: waiter) == true else {
            return false
        }
        _ = vacate(seat)
        return true
    }

    private mutating func vacate(_ seat: UInt32) -> PlaceGate.Waiter? {
        let left = seats[Int(seat)]
        if left.previous == .max {
            first = left.next
        } else {
            seats[Int(left.previous)].next = left.next
        }
        if left.next == .max {
            last = left.previous
        } else {
            seats[Int(left.next)].previous = left.previous
        }
        seats[Int(seat)] = Seat(next: firstFree)
        firstFree = seat
        return left.waiter
    }
}
