import Crypto
import Dice
import Testing

@testable import Policy

@Suite struct ReplayTableTests {
    private static let one = ReplayTicket(1)
    private static let two = ReplayTicket(2)
    private static let day: UInt64 = 86_400_000_000

    private let table = ReplayTable(eventCountMax: 1000)
    private let key = SipHash.Tag.event(1)

    @Test func `an event is claimed by one, and by the next when that one gave up`() {
        #expect(table.claim(key, Self.one, until: 100, at: 1) == .claimed)
        #expect(table.claim(key, Self.two, until: 100, at: 2) == .inFlight)
        table.release(key, Self.two, at: 3)
        #expect(table.claim(key, Self.two, until: 100, at: 4) == .inFlight)
        table.release(key, Self.one, at: 5)
        #expect(table.claim(key, Self.two, until: 100, at: 6) == .claimed)
    }

    @Test func `what was accepted is a replay until its end`() {
        #expect(table.claim(key, Self.one, until: 100, at: 1) == .claimed)
        #expect(table.commit(key, until: Self.day, at: 50))
        #expect(table.claim(key, Self.two, until: 200, at: 150) == .replayed)
        #expect(table.claim(key, Self.one, until: Self.day, at: Self.day - 1) == .replayed)
        #expect(table.claim(key, Self.two, until: 2 * Self.day, at: Self.day) == .claimed)
    }

    @Test func `a claim ends by itself, and its late release frees nobody else's`() {
        #expect(table.claim(key, Self.one, until: 100, at: 1) == .claimed)
        #expect(table.claim(key, Self.two, until: 300, at: 100) == .claimed)
        table.release(key, Self.one, at: 101)
        #expect(table.claim(key, Self.one, until: 300, at: 102) == .inFlight)
        // But what the app has accepted it has accepted.
        #expect(table.commit(key, until: Self.day, at: 103))
        table.release(key, Self.two, at: 104)
        #expect(table.claim(key, Self.two, until: 300, at: 105) == .replayed)
    }

    @Test func `who holds a claim may prolong it`() {
        #expect(table.claim(key, Self.one, until: 100, at: 1) == .claimed)
        #expect(table.claim(key, Self.one, until: 200, at: 50) == .claimed)
        #expect(table.claim(key, Self.one, until: 60, at: 51) == .claimed)
        #expect(table.claim(key, Self.two, until: 300, at: 199) == .inFlight)
    }

    @Test func `what an operator has forgotten passes once more`() {
        #expect(!table.forget(key, at: 1))
        #expect(table.claim(key, Self.one, until: 100, at: 1) == .claimed)
        #expect(!table.forget(key, at: 2))
        #expect(table.commit(key, until: Self.day, at: 3))
        #expect(table.forget(key, at: 4))
        #expect(table.claim(key, Self.two, until: 100, at: 5) == .claimed)
    }

    @Test func `what has ended for one loop has for those whose clock is behind`() {
        #expect(table.claim(key, Self.one, until: 100, at: 1) == .claimed)
        #expect(table.claim(key, Self.two, until: 200, at: 100) == .claimed)
        #expect(table.claim(key, Self.one, until: 200, at: 99) == .inFlight)
    }

    @Test func `what ends before it begins is not kept`() {
        #expect(table.commit(key, until: 5, at: 5))
        #expect(table.claim(key, Self.one, until: 100, at: 5) == .claimed)
    }

    @Test func `a ticket is never nobody's`() {
        #expect(ReplayTicket(0).number == 1)
        #expect(ReplayTicket(.max).number == .max)
    }

    @Test func `claims are never crowded out, and what was accepted is by the newest`() {
        let table = ReplayTable(eventCountMax: 256)
        let other = ReplayTicket(.max)
        var claimed: [UInt64] = []
        for number in 1...2000 as ClosedRange<UInt64> {
            switch table.claim(.event(number), ReplayTicket(number), until: .max, at: 1) {
            case .claimed: claimed.append(number)
            case .full: break
            case let ruling: Issue.record("\(number): \(ruling)")
            }
        }
        #expect(claimed.count >= 256)
        #expect(table.evictedCount == 0)
        for number in claimed {
            #expect(table.claim(.event(number), other, until: 9, at: 2) == .inFlight)
            #expect(table.commit(.event(number), until: 1000 + number, at: 3))
        }
        #expect(table.evictedCount == 0)
        for number in 5000...5100 as ClosedRange<UInt64> {
            #expect(table.claim(.event(number), Self.one, until: .max, at: 4) == .claimed)
        }
        #expect(table.evictedCount == 101)
        #expect(table.brokenInvariant() == nil)
    }

    @Test(arguments: [1000, 20_000, 300_000])
    func `no event gives way before three quarters of a table are full`(_ size: Int) {
        let table = ReplayTable(eventCountMax: size)
        for number in 0..<UInt64(size * 3 / 4) {
            #expect(table.commit(.event(number), until: Self.day, at: 1))
        }
        #expect(table.evictedCount == 0)
        #expect(table.usedCount(at: 1) == size * 3 / 4)
        // Twice as many as there is place for: the table stays as full as it can be.
        for number in 0..<UInt64(size * 2) {
            #expect(table.commit(.event(number), until: Self.day + number, at: 1))
        }
        #expect(table.usedCount(at: 1) >= size * 9 / 10)
        #expect(table.brokenInvariant() == nil)
    }

    @Test(arguments: 0..<12)
    func `long random histories go as the model has it`(seed: Int) {
        var dice = Dice(seed: UInt64(seed))
        let window = [1, 4, 32][seed % 3]
        var shard = ReplayShard(homeCount: 1, window: window)
        var model = ReplayModel(capacity: window)
        var now: UInt64 = 1
        var rulings: [ReplayRuling: Int] = [:]
        for count in 0..<20_000 {
            // Every instant once, so that no two ends are the same.
            now += 1 + (dice.below(50) == 0 ? dice.below(3000) : 0)
            let number = dice.below(UInt64(window) * 2 + 1)
            let key = SipHash.Tag.event(number)
            let ticket = 1 + dice.below(3)
            switch dice.below(8) {
            case 0, 1, 2, 3:
                let end = now + 1 + dice.below(400)
                let said = shard.claim(key, ReplayTicket(ticket), until: end, at: now)
                #expect(said == model.claim(number, ticket, until: end, at: now), "step \(count)")
                rulings[said, default: 0] += 1
            case 4, 5:
                let end = now * 1000 + 2_000_001 * dice.below(2)
                let isNoted = shard.commit(key, until: end, at: now)
                #expect(isNoted == model.commit(number, until: end, at: now), "step \(count)")
            case 6:
                shard.release(key, ReplayTicket(ticket), at: now)
                model.release(number, ticket, at: now)
            default:
                let wasKnown = shard.forget(key, at: now)
                #expect(wasKnown == model.forget(number, at: now), "step \(count)")
            }
            if count % 500 == 0 { #expect(shard.brokenInvariant { _ in true } == nil) }
        }
        #expect(shard.evictedCount == model.evictedCount)
        #expect(rulings.count >= 3)
    }
}
