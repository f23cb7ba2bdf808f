import Bytes
package import Linux

/// Deadlines of a fixed set of timers, each named by its number.
///
/// Moving a deadline later is one store: the timer stays where it is scheduled and is scheduled
/// anew when that time comes. Only a deadline earlier than its schedule relinks. One level is
/// enough then: a timer beyond the horizon of 4.3 s is looked at once per horizon, 20 ns each.
///
/// - Units: ticks of 2²² ns (4.2 ms). Deadlines round up, so that no timer fires early.
/// - Invariant: a timer is linked in bucket `scheduled % 1024` if and only if `scheduled !=
///   unscheduled`, and then `now < scheduled <= now + 1023`; bit *n* of `occupied` says whether
///   bucket *n* has a timer. One that is due and not linked has expired and not fired.
/// - Safety: timer numbers are checked against `count`; the entries are owned, and zeroed pages are
///   touched only as timers are used.
@safe package struct TimerWheel: ~Copyable {
    private struct Entry {
        /// Tick at which to fire, plus one; 0 while disarmed.
        var due: UInt64
        /// Tick at which the wheel looks at the timer; 0 while it is in no bucket.
        var scheduled: UInt64
        /// Neighbours in the bucket, plus one; 0 for none.
        var next: UInt32
        var previous: UInt32

        /// Disarms what has expired.
        ///
        /// - Returns: `false` if it has not.
        mutating func takeExpiry() -> Bool {
            guard due != 0, scheduled == 0 else { return false }
            due = 0
            return true
        }
    }

    private static var bucketCount: UInt64 { 1024 }
    private static var tickShift: UInt64 { 22 }

    private let entries: UnsafeMutablePointer<Entry>
    private let count: Int
    /// First timer of each bucket, plus one.
    ///
    /// Behind a pointer, as reading an inline table copies it
    /// whole.
    private let heads: UnsafeMutablePointer<UInt32>
    private let occupied: UnsafeMutablePointer<UInt64>
    private var tick: UInt64
    /// A tick at or before the first at which a timer is scheduled; `.max` if none is.
    private var earliest = UInt64.max

    /// - Parameter count: Timers are numbered from 0 to `count - 1`.
    package init(count: Int, now: MonotonicInstant) {
        precondition(count > 0 && count < Int(UInt32.max), "timer numbers fit 32 bits")
        self.count = count
        tick = now.nanoseconds >> Self.tickShift
        unsafe entries = Self.zeroed(count)
        unsafe heads = Self.zeroed(Int(Self.bucketCount))
        unsafe occupied = Self.zeroed(Int(Self.bucketCount) / 64)
    }

    deinit {
        unsafe entries.deallocate()
        unsafe heads.deallocate()
        unsafe occupied.deallocate()
    }

    /// Makes the timer fire at `deadline`, in place of any deadline it had.
    package mutating func arm(_ timer: UInt32, at deadline: MonotonicInstant) {
        let due = (deadline.nanoseconds >> Self.tickShift) &+ 1
        let entry = unsafe place(of: timer)
        unsafe entry.pointee.due = due &+ 1
        let scheduled = unsafe entry.pointee.scheduled
        if scheduled != 0 && scheduled <= due { return }
        if scheduled != 0 { unlink(timer) }
        link(timer, at: due)
    }

    /// Makes the timer fire no more.
    package mutating func disarm(_ timer: UInt32) {
        unsafe place(of: timer).pointee.due = 0
    }

    /// Collects the timers whose deadlines have passed.
    ///
    /// Each fires only if ``fire(_:)`` still says so when its turn comes: what was done for one
    /// before may have ended the connection of another, moved its deadline, or given its slot away.
    package mutating func advance(to now: MonotonicInstant, expired: inout [UInt32]) {
        let target = now.nanoseconds >> Self.tickShift
        guard target > tick else { return }
        guard target >= earliest else {
            tick = target
            return
        }
        // After a long sleep one round visits every bucket; more rounds would find nothing.
        let first = max(tick &+ 1, target >= Self.bucketCount ? target &- 1023 : 0)
        for passed in first...target {
            tick = passed
            visit(Int(passed & 1023), expired: &expired)
        }
        earliest = firstScheduled()
    }

    /// Takes the expiry of a timer that ``advance(to:expired:)`` collected.
    ///
    /// - Returns: `false` if it was armed or disarmed since, so that the expiry means nothing.
    package mutating func fire(_ timer: UInt32) -> Bool {
        unsafe place(of: timer).pointee.takeExpiry()
    }

    /// When to look again: at or before the earliest deadline; `nil` if no timer is scheduled.
    package func nextVisit() -> MonotonicInstant? {
        earliest == .max ? nil : MonotonicInstant(nanoseconds: earliest << Self.tickShift)
    }

    /// The first tick from now on whose bucket has a timer; `.max` if none has.
    private func firstScheduled() -> UInt64 {
        var offset: UInt64 = 1
        while offset < Self.bucketCount {
            let bucket = (tick &+ offset) & 1023
            let word = unsafe occupied[Int(bucket >> 6)] &>> (bucket & 63)
            if word != 0 {
                return tick &+ offset &+ UInt64(word.trailingZeroBitCount)
            }
            offset &+= 64 &- (bucket & 63)
        }
        return .max
    }

    private mutating func visit(_ bucket: Int, expired: inout [UInt32]) {
        var next = unsafe heads[bucket]
        unsafe heads[bucket] = 0
        unsafe occupied[bucket >> 6] &= ~(1 &<< UInt64(bucket & 63))
        while next != 0 {
            let timer = next &- 1
            let entry = unsafe place(of: timer)
            next = unsafe entry.pointee.next
            unsafe entry.pointee.scheduled = 0
            let due = unsafe entry.pointee.due
            if due == 0 { continue }
            if due &- 1 <= tick {
                expired.append(timer)
            } else {
                link(timer, at: due &- 1)
            }
        }
    }

    private mutating func link(_ timer: UInt32, at due: UInt64) {
        let scheduled = min(max(due, tick &+ 1), tick &+ 1023)
        let bucket = Int(scheduled & 1023)
        let entry = unsafe place(of: timer)
        let head = unsafe heads[bucket]
        earliest = min(earliest, scheduled)
        unsafe entry.pointee.scheduled = scheduled
        unsafe entry.pointee.previous = 0
        unsafe entry.pointee.next = head
        if head != 0 { unsafe place(of: head &- 1).pointee.previous = timer &+ 1 }
        unsafe heads[bucket] = timer &+ 1
        unsafe occupied[bucket >> 6] |= 1 &<< UInt64(bucket & 63)
    }

    private mutating func unlink(_ timer: UInt32) {
        let entry = unsafe place(of: timer)
        let bucket = unsafe Int(entry.pointee.scheduled & 1023)
        let next = unsafe entry.pointee.next
        let previous = unsafe entry.pointee.previous
        unsafe entry.pointee.scheduled = 0
        if next != 0 { unsafe place(of: next &- 1).pointee.previous = previous }
        if previous != 0 {
            unsafe place(of: previous &- 1).pointee.next = next
        } else {
            unsafe heads[bucket] = next
            if next == 0 { unsafe occupied[bucket >> 6] &= ~(1 &<< UInt64(bucket & 63)) }
        }
    }

    private func place(of timer: UInt32) -> UnsafeMutablePointer<Entry> {
        precondition(Int(timer) < count, "a timer of this wheel")
        return unsafe entries + Int(timer)
    }

    private static func zeroed<T>(_ count: Int) -> UnsafeMutablePointer<T> {
        let bytes = unsafe ZeroedMemory.allocate(byteCount: count * MemoryLayout<T>.stride)
        return unsafe bytes.bindMemory(to: T.self, capacity: count)
    }
}
