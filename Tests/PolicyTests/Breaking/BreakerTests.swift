import Dice
import Testing

@testable import Policy

@Suite struct BreakerTests {
    private static let second: UInt64 = 1_000_000_000
    /// The middle of what jitter does: none.
    private static let even: UInt64 = 1 << 63

    private static func settings(_ failures: Int) -> BreakerSettings {
        BreakerSettings(
            failures: failures, window: .seconds(10), cooldown: .seconds(1),
            cooldownMax: .seconds(30), slow: nil)
    }

    private static let refused = BreakerChange(from: .admitting, to: .refusing)
    private static let probed = BreakerChange(from: .refusing, to: .probing)

    /// One that refuses since `now`.
    private func refusing(at now: UInt64) -> Breaker {
        let breaker = Breaker(Self.settings(1))
        #expect(breaker.noteFailure(at: now, jitter: Self.even) == Self.refused)
        return breaker
    }

    @Test func `so many failures within the window have it refuse`() {
        let breaker = Breaker(Self.settings(3))
        #expect(breaker.state == .admitting)
        #expect(breaker.noteFailure(at: 1 * Self.second, jitter: 0) == nil)
        #expect(breaker.noteFailure(at: 5 * Self.second, jitter: 0) == nil)
        // The first is ten seconds ago.
        #expect(breaker.noteFailure(at: 11 * Self.second, jitter: 0) == nil)
        #expect(breaker.state == .admitting)
        #expect(breaker.noteFailure(at: 14 * Self.second, jitter: 0) == Self.refused)
        #expect(breaker.state == .refusing)
    }

    @Test func `successes between failures do not hide them`() {
        let breaker = Breaker(Self.settings(3))
        for now in 1..<3 {
            #expect(breaker.noteFailure(at: UInt64(now) * Self.second, jitter: 0) == nil)
            #expect(breaker.noteSuccess(at: UInt64(now) * Self.second + 5) == nil)
        }
        #expect(breaker.noteFailure(at: 3 * Self.second, jitter: 0) == Self.refused)
    }

    @Test func `one caller probes when the cool-down is over`() {
        let breaker = refusing(at: 100 * Self.second)
        #expect(breaker.probeDue == 101 * Self.second)
        #expect(breaker.beginProbe(at: 101 * Self.second - 1) == nil)
        #expect(breaker.beginProbe(at: 101 * Self.second) == Self.probed)
        #expect(breaker.beginProbe(at: 101 * Self.second) == nil)
        #expect(breaker.state == .probing)
        #expect(
            breaker.endProbe(succeeded: true, at: 102 * Self.second, jitter: 0)
                == BreakerChange(from: .probing, to: .admitting))
        #expect(breaker.state == .admitting)
        #expect(breaker.probeDue == nil)
        #expect(breaker.beginProbe(at: 200 * Self.second) == nil)
    }

    @Test func `the cool-down doubles with each probe that fails, up to its most`() {
        let breaker = refusing(at: 0)
        var now: UInt64 = 0
        for length: UInt64 in [1, 2, 4, 8, 16, 30, 30] {
            #expect(breaker.probeDue == now + length * Self.second)
            now += length * Self.second
            #expect(breaker.beginProbe(at: now) == Self.probed)
            #expect(
                breaker.endProbe(succeeded: false, at: now, jitter: Self.even)
                    == BreakerChange(from: .probing, to: .refusing))
        }
    }

    @Test func `it is short again after a window without failures`() throws {
        for (calm, length) in [(UInt64(9), UInt64(4)), (10, 1)] {
            let breaker = refusing(at: 0)
            var now = try #require(breaker.probeDue)
            for succeeded in [false, false, true] {
                now = try #require(breaker.probeDue)
                #expect(breaker.beginProbe(at: now) != nil)
                #expect(breaker.endProbe(succeeded: succeeded, at: now, jitter: Self.even) != nil)
            }
            now += calm * Self.second
            #expect(breaker.noteFailure(at: now, jitter: Self.even) == Self.refused)
            #expect(breaker.probeDue == now + length * Self.second)
        }
    }

    @Test func `jitter is a fifth of the cool-down at most`() throws {
        for (jitter, due) in [(UInt64(0), UInt64(800_000_000)), (.max, 1_199_999_999)] {
            let breaker = Breaker(Self.settings(1))
            #expect(breaker.noteFailure(at: 0, jitter: jitter) == Self.refused)
            #expect(breaker.probeDue == due)
        }
    }

    @Test func `what began before a change changes nothing`() {
        let breaker = refusing(at: 0)
        let due = breaker.probeDue
        for now in 1..<10 { #expect(breaker.noteFailure(at: UInt64(now), jitter: 7) == nil) }
        #expect(breaker.noteSuccess(at: 10) == nil)
        #expect(breaker.endProbe(succeeded: true, at: 10, jitter: 7) == nil)
        #expect(breaker.probeDue == due)
        #expect(breaker.state == .refusing)
        #expect(breaker.beginProbe(at: Self.second) == Self.probed)
        #expect(breaker.noteFailure(at: Self.second, jitter: 7) == nil)
        #expect(breaker.noteSuccess(at: Self.second) == nil)
        #expect(breaker.state == .probing)
    }

    @Test func `a probe that nobody speaks of is given up`() {
        let breaker = refusing(at: 0)
        #expect(breaker.beginProbe(at: Self.second) == Self.probed)
        #expect(breaker.probeDue == 31 * Self.second)
        #expect(breaker.beginProbe(at: 31 * Self.second - 1) == nil)
        #expect(
            breaker.beginProbe(at: 31 * Self.second)
                == BreakerChange(from: .probing, to: .probing))
        #expect(breaker.beginProbe(at: 31 * Self.second) == nil)
    }

    @Test(arguments: 0..<30)
    func `any history has the changes of a breaker that forgets nothing`(seed: Int) {
        var dice = Dice(seed: UInt64(seed))
        let settings = BreakerSettings(
            failures: 1 + Int(dice.below(6)), window: .milliseconds(1000 + dice.below(3000)),
            cooldown: .milliseconds(100 + dice.below(400)),
            cooldownMax: .milliseconds(500 + dice.below(3000)), slow: nil)
        let breaker = Breaker(settings)
        var model = BreakerModel(settings)
        var now: UInt64 = 1_000_000_000
        for _ in 0..<3000 {
            now += dice.below(dice.below(10) == 0 ? 3_000_000_000 : 200_000_000)
            // Few bits, so that a double tells the same.
            let jitter = dice.below(1 << 10) << 54
            switch dice.below(6) {
            case 0, 1:
                let expected = model.noteFailure(at: now, jitter: jitter)
                #expect(breaker.noteFailure(at: now, jitter: jitter) == expected)
            case 2: #expect(breaker.noteSuccess(at: now) == nil)
            case 3, 4:
                // Off by a nanosecond is what the model's doubles may be.
                if let due = breaker.probeDue, now > due &- 1000, now < due &+ 1000 { now += 2000 }
                let expected = model.beginProbe(at: now)
                #expect(breaker.beginProbe(at: now) == expected)
            default:
                let succeeded = dice.below(2) == 0
                let expected = model.endProbe(succeeded: succeeded, at: now, jitter: jitter)
                #expect(
                    breaker.endProbe(succeeded: succeeded, at: now, jitter: jitter) == expected)
            }
            #expect(breaker.state == model.state)
            #expect((breaker.probeDue == nil) == (model.state == .admitting))
        }
    }

    @Test func `loops that race get each change once`() async {
        let breaker = Breaker(Self.settings(1000))
        for round in 0..<20 {
            let now = UInt64(round) * 100 * Self.second
            let changes = await withTaskGroup(of: [BreakerChange].self) { group in
                for _ in 0..<4 {
                    group.addTask {
                        var changes = (0..<500).compactMap { _ in
                            breaker.noteFailure(at: now, jitter: 5)
                        }
                        changes += (0..<10).compactMap { _ in
                            breaker.beginProbe(at: now + 10 * Self.second)
                        }
                        return changes
                    }
                }
                return await group.reduce(into: []) { $0 += $1 }
            }
            #expect(changes.filter { $0 == Self.refused }.count == 1)
            let probe = breaker.beginProbe(at: now + 10 * Self.second)
            #expect(changes.count + (probe == nil ? 0 : 1) == 2)
            #expect(breaker.endProbe(succeeded: true, at: now + 11 * Self.second, jitter: 5) != nil)
        }
    }

    @Test func `states have the names of logs and metrics`() {
        #expect(
            BreakerState.allCases.map { "\($0.name)" } == ["admitting", "refusing", "probing"])
    }
}
