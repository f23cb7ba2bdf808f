import Dice
import Linux
import Testing

@testable import Reactor

/// The wheel beside a table of deadlines.
struct TimerWheelTests {
    private static let tick: UInt64 = 1 << 22

    private func instant(_ nanoseconds: UInt64) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: nanoseconds)
    }

    /// Lengths from nothing to days, most of them like real timeouts.
    private func length(_ dice: inout Dice) -> UInt64 {
        switch dice.below(10) {
        case 0: 0
        case 1: dice.below(Self.tick * 2)
        case 2..<6: dice.below(5_000_000_000)
        case 6..<9: dice.below(120_000_000_000)
        default: dice.below(400_000_000_000_000)
        }
    }

    @Test(arguments: UInt64(1)...20)
    func `no timer fires early, late, twice or never`(_ seed: UInt64) {
        var dice = Dice(seed: seed)
        var now = dice.below(1 << 50)
        var wheel = TimerWheel(count: 40, now: instant(now))
        var deadlines: [UInt32: UInt64] = [:]
        for _ in 0..<3000 {
            let timer = UInt32(dice.below(40))
            switch dice.below(10) {
            case 0..<5:
                let deadline = now &+ length(&dice)
                wheel.arm(timer, at: instant(deadline))
                deadlines[timer] = deadline
            case 5:
                wheel.disarm(timer)
                deadlines[timer] = nil
            default:
                now &+= dice.below(4) == 0 ? length(&dice) : dice.below(50_000_000)
                expectExpiry(&wheel, now, &deadlines, seed)
            }
            expectVisit(wheel.nextVisit()?.nanoseconds, now, deadlines, seed)
        }
        now &+= 1 << 59
        expectExpiry(&wheel, now, &deadlines, seed)
        #expect(deadlines.isEmpty, "seed \(seed)")
    }

    private func expectExpiry(
        _ wheel: inout TimerWheel, _ now: UInt64, _ deadlines: inout [UInt32: UInt64],
        _ seed: UInt64
    ) {
        var expired: [UInt32] = []
        wheel.advance(to: instant(now), expired: &expired)
        for timer in expired where wheel.fire(timer) {
            let deadline = deadlines.removeValue(forKey: timer)
            if deadline == nil { Issue.record("seed \(seed): \(timer) fired, but was not armed") }
            if let deadline, deadline > now { Issue.record("seed \(seed): \(timer) fired early") }
        }
        let late = deadlines.filter { ($0.value / Self.tick + 1) * Self.tick <= now }
        if !late.isEmpty { Issue.record("seed \(seed): \(late) did not fire") }
    }

    /// Whoever sleeps until the visit sleeps through no deadline.
    private func expectVisit(
        _ visit: UInt64?, _ now: UInt64, _ deadlines: [UInt32: UInt64], _ seed: UInt64
    ) {
        guard let earliest = deadlines.values.min() else { return }
        let due = (earliest / Self.tick + 1) * Self.tick
        if (visit ?? .max) > max(due, (now / Self.tick + 1) * Self.tick) {
            Issue.record("seed \(seed): sleeps until \(visit ?? 0), past \(due)")
        }
    }

    @Test func `a wheel without timers has no visit`() {
        var wheel = TimerWheel(count: 1, now: instant(0))
        let before = wheel.nextVisit()
        #expect(before == nil)
        wheel.arm(0, at: instant(10_000_000))
        let during = wheel.nextVisit()
        #expect(during != nil)
        var expired: [UInt32] = []
        wheel.advance(to: instant(20_000_000), expired: &expired)
        let after = wheel.nextVisit()
        #expect(after == nil)
        #expect(expired == [0])
    }

    @Test func `visits lead to every deadline in its order`() {
        let lengths: [UInt64] = [3, 1, 9_000, 50, 4_295, 4_294, 20_000]
        var wheel = TimerWheel(count: lengths.count, now: instant(0))
        for (timer, milliseconds) in lengths.enumerated() {
            wheel.arm(UInt32(timer), at: instant(milliseconds * 1_000_000))
        }
        var order: [UInt32] = []
        var visits = 0
        while let next = wheel.nextVisit() {
            wheel.advance(to: next, expired: &order)
            visits += 1
        }
        #expect(Set(order.prefix(2)) == [0, 1])
        #expect(order.dropFirst(2) == [3, 5, 4, 2, 6])
        #expect(visits < 20, "a far timer is looked at once a horizon")
    }

    @Test func `a deadline moved earlier fires at the earlier time, one moved later at the later`()
    {
        var wheel = TimerWheel(count: 2, now: instant(0))
        wheel.arm(0, at: instant(2_000_000_000))
        wheel.arm(0, at: instant(1_000_000_000))
        wheel.arm(1, at: instant(1_000_000_000))
        wheel.arm(1, at: instant(2_000_000_000))
        var expired: [UInt32] = []
        wheel.advance(to: instant(1_010_000_000), expired: &expired)
        #expect(expired == [0])
        wheel.advance(to: instant(2_010_000_000), expired: &expired)
        #expect(expired == [0, 1])
    }

    @Test func `a clock that stands still or goes back fires nothing`() {
        var wheel = TimerWheel(count: 1, now: instant(9_000_000_000))
        wheel.arm(0, at: instant(1))
        var expired: [UInt32] = []
        wheel.advance(to: instant(9_000_000_000), expired: &expired)
        wheel.advance(to: instant(0), expired: &expired)
        #expect(expired == [])
        wheel.advance(to: instant(9_010_000_000), expired: &expired)
        #expect(expired == [0])
    }

    @Test func `the last instant there is is a deadline like any other`() {
        var wheel = TimerWheel(count: 1, now: instant(0))
        wheel.arm(0, at: instant(.max))
        var expired: [UInt32] = []
        wheel.advance(to: instant(1 << 60), expired: &expired)
        #expect(expired == [])
    }

    @Test func `an expiry is void once its timer was armed or disarmed again`() {
        var wheel = TimerWheel(count: 4, now: instant(0))
        for timer in 0..<4 { wheel.arm(UInt32(timer), at: instant(10_000_000)) }
        var expired: [UInt32] = []
        wheel.advance(to: instant(20_000_000), expired: &expired)
        #expect(expired.sorted() == [0, 1, 2, 3])
        wheel.disarm(1)
        wheel.arm(2, at: instant(40_000_000))
        wheel.arm(3, at: instant(40_000_000))
        wheel.disarm(3)
        let fired = (0..<4).map { wheel.fire($0) }
        #expect(fired == [true, false, false, false])
        let again = wheel.fire(0)
        #expect(!again)
        expired = []
        wheel.advance(to: instant(50_000_000), expired: &expired)
        #expect(expired == [2])
        let late = wheel.fire(2)
        #expect(late)
    }
}
