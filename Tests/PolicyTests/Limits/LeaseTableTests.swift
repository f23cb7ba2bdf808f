import Dice
import Testing

@testable import Policy

/// A table whose answers tests compare, by number of key.
private final class Leases {
    private var table: LeaseTable
    let limit: Int

    init(entryCount: Int, limit: Int = 0) {
        table = LeaseTable(
            entryCount: entryCount, secret: (0x9e37_79b9_7f4a_7c15, 0xbf58_476d_1ce4_e5b9))
        self.limit = limit
    }

    private static func key(_ number: UInt64) -> BucketKey { BucketKey(low: number, high: 1) }

    func take(_ number: UInt64, _ cost: UInt64, at now: UInt64, limit: Int? = nil) -> UInt64? {
        table.take(Self.key(number), limit: limit ?? self.limit, cost: cost, at: now)?.left
    }

    func standing(_ number: UInt64, at now: UInt64) -> LeaseStanding? {
        table.take(Self.key(number), limit: limit, cost: 0, at: now)
    }

    func store(_ number: UInt64, _ tokens: UInt64, until end: UInt64, at now: UInt64) {
        table.store(
            Self.key(number), limit: limit, tokens: tokens, elsewhere: 40, until: end, at: now)
    }

    func begin(_ number: UInt64, at now: UInt64, until deadline: UInt64) -> Bool {
        table.beginFetch(Self.key(number), limit: limit, at: now, until: deadline)
    }

    func end(_ number: UInt64) { table.endFetch(Self.key(number), limit: limit) }
    func removeAll() { table.removeAll() }
}

@Suite struct LeaseTableTests {
    @Test func `a lease is used token by token, and no further`() {
        let leases = Leases(entryCount: 64)
        #expect(leases.take(1, 1, at: 10) == nil)
        leases.store(1, 5, until: 100, at: 10)
        #expect(leases.standing(1, at: 10) == LeaseStanding(left: 5, elsewhere: 40))
        #expect(leases.take(1, 1, at: 11) == 4)
        #expect(leases.take(1, 3, at: 12) == 1)
        #expect(leases.take(1, 2, at: 12) == nil)
        #expect(leases.take(1, 1, at: 13) == 0)
        #expect(leases.take(1, 1, at: 13) == nil)
    }

    @Test func `what is not used in its time is void`() {
        let leases = Leases(entryCount: 64)
        leases.store(1, 5, until: 100, at: 10)
        #expect(leases.take(1, 1, at: 99) == 4)
        #expect(leases.take(1, 1, at: 100) == nil)
        leases.store(1, 5, until: 200, at: 100)
        #expect(leases.take(1, 1, at: 150) == 4)
    }

    @Test func `a lease is of one key and one limit`() {
        let leases = Leases(entryCount: 64, limit: 2)
        leases.store(1, 5, until: 100, at: 10)
        #expect(leases.take(2, 1, at: 10) == nil)
        #expect(leases.take(1, 1, at: 10, limit: 1) == nil)
        #expect(leases.take(1, 1, at: 10, limit: 3) == nil)
        #expect(leases.take(1, 1, at: 10) == 4)
        leases.removeAll()
        #expect(leases.take(1, 1, at: 10) == nil)
    }

    @Test func `one fetch a key is under way, until it ends or its deadline is over`() {
        let leases = Leases(entryCount: 64)
        #expect(leases.begin(1, at: 10, until: 50))
        #expect(!leases.begin(1, at: 11, until: 51))
        #expect(leases.begin(2, at: 11, until: 51))
        leases.end(1)
        #expect(leases.begin(1, at: 12, until: 52))
        #expect(!leases.begin(1, at: 51, until: 91))
        #expect(leases.begin(1, at: 52, until: 92))
        leases.store(1, 5, until: 1000, at: 60)
        leases.end(1)
        #expect(leases.take(1, 1, at: 60) == 4)
        // While the last tokens are used the next lease is fetched.
        #expect(leases.begin(1, at: 61, until: 101))
        #expect(leases.take(1, 1, at: 62) == 3)
    }

    @Test func `marks of fetches are not forgotten for others`() {
        // One set of four.
        let leases = Leases(entryCount: 4)
        for number: UInt64 in 0..<4 { #expect(leases.begin(number, at: 10, until: 50)) }
        #expect(!leases.begin(9, at: 10, until: 50))
        leases.store(9, 5, until: 100, at: 10)
        #expect(leases.take(9, 1, at: 10) == nil)
        for number: UInt64 in 0..<4 { #expect(!leases.begin(number, at: 11, until: 50)) }
        leases.end(2)
        #expect(leases.begin(9, at: 12, until: 50))
        #expect(leases.begin(2, at: 50, until: 90))
    }

    @Test func `a lease that is void or soon will be gives way first`() {
        let leases = Leases(entryCount: 4)
        for number: UInt64 in 0..<4 {
            leases.store(number, 5, until: 100 + number * 100, at: 10)
        }
        leases.store(4, 5, until: 1000, at: 10)
        #expect(leases.take(0, 1, at: 10) == nil)
        while leases.take(3, 1, at: 10) != nil {}
        leases.store(5, 5, until: 1000, at: 10)
        #expect(leases.take(1, 1, at: 10) == 4)
        #expect(leases.take(2, 1, at: 10) == 4)
        #expect(leases.take(4, 1, at: 10) == 4)
        #expect(leases.take(5, 1, at: 10) == 4)
    }

    @Test(arguments: 0..<10)
    func `nobody uses more than was fetched for them, in its time`(seed: Int) {
        var dice = Dice(seed: UInt64(seed))
        let leases = Leases(entryCount: [4, 64, 1024][seed % 3])
        var model: [UInt64: (tokens: UInt64, end: UInt64)] = [:]
        var fetches: [UInt64: UInt64] = [:]
        var now: UInt64 = 1
        var servedCount = 0
        for _ in 0..<5000 {
            now += dice.below(5)
            let number = dice.below(100)
            switch dice.below(5) {
            case 0:
                let tokens = dice.below(20)
                leases.store(number, tokens, until: now + 200, at: now)
                model[number] = (tokens, now + 200)
            case 1:
                if leases.begin(number, at: now, until: now + 30) {
                    #expect(fetches[number, default: 0] <= now)
                    fetches[number] = now + 30
                }
            case 2:
                leases.end(number)
                fetches[number] = 0
            default:
                let cost = 1 + dice.below(4)
                guard let left = leases.take(number, cost, at: now) else { continue }
                let lease = model[number, default: (0, 0)]
                #expect(lease.end > now)
                #expect(left + cost == lease.tokens)
                model[number] = (left, lease.end)
                servedCount += 1
            }
        }
        #expect(servedCount > (seed % 3 == 0 ? 5 : 100))
    }
}
