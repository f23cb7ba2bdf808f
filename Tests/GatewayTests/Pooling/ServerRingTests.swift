import Policy
import Testing

@testable import Gateway

/// Which server is next, as a pool asks it.
struct ServerRingTests {
    private static let second: UInt64 = 1_000_000_000

    /// The next `count` choices of requests that have tried nothing yet.
    private func choices(_ ring: inout ServerRing, _ count: Int, at now: UInt64 = 0) -> [Int?] {
        (0..<count).map { _ in ring.choose(at: now, passing: TriedEndpoints()) }
    }

    @Test func `servers of one weight come in turn`() {
        var ring = ServerRing(weights: [1, 1, 1])
        #expect(choices(&ring, 7) == [0, 1, 2, 0, 1, 2, 0])
    }

    @Test(arguments: [[5, 1, 1], [3, 2], [1, 1000], [7, 7, 2, 0]])
    func `each round gives every server its weight, spread out`(_ weights: [Int]) {
        var ring = ServerRing(weights: weights)
        let round = weights.reduce(0, +)
        for _ in 0..<3 {
            var counts = weights.map { _ in 0 }
            for choice in choices(&ring, round) { counts[choice ?? 0] += 1 }
            #expect(counts == weights)
        }
    }

    @Test func `a heavy server does not come all at once`() {
        var ring = ServerRing(weights: [5, 1, 1])
        #expect(choices(&ring, 7) == [0, 0, 1, 0, 2, 0, 0])
    }

    @Test func `a request tries every server once, then none`() {
        var ring = ServerRing(weights: [1, 2, 0, 1])
        var tried = TriedEndpoints()
        var order: [Int] = []
        while let index = ring.choose(at: 0, passing: tried) {
            order.append(index)
            tried.insert(index)
        }
        #expect(order.sorted() == [0, 1, 3])
    }

    @Test func `a single server is tried once by a request, set aside or not`() {
        var ring = ServerRing(weights: [1])
        #expect(ring.noteFailure(of: 0, at: 0) == Self.second)
        #expect(choices(&ring, 2) == [0, 0])
        var tried = TriedEndpoints()
        tried.insert(0)
        #expect(ring.choose(at: 0, passing: tried) == nil)
        var empty = ServerRing(weights: [0])
        #expect(choices(&empty, 1) == [nil])
        var none = ServerRing(weights: [])
        #expect(choices(&none, 1) == [nil])
    }

    @Test func `failures set a server aside for a second, doubling to thirty`() {
        var ring = ServerRing(weights: [1, 1])
        var now: UInt64 = 0
        var lengths: [UInt64] = []
        for _ in 0..<7 {
            let length = ring.noteFailure(of: 0, at: now)
            lengths.append(length / Self.second)
            #expect(choices(&ring, 3, at: now + length - 1) == [1, 1, 1])
            now += length
            #expect(choices(&ring, 2, at: now).contains(0))
        }
        #expect(lengths == [1, 2, 4, 8, 16, 30, 30])
    }

    @Test func `a success begins anew, and tells that the server had failed`() {
        var ring = ServerRing(weights: [1, 1])
        for _ in 0..<3 { _ = ring.noteFailure(of: 0, at: 0) }
        let hadFailed = [ring.noteSuccess(of: 0), ring.noteSuccess(of: 0)]
        #expect(hadFailed == [true, false])
        #expect(Set(choices(&ring, 2)) == [0, 1])
        #expect(ring.noteFailure(of: 0, at: 0) == Self.second)
    }

    @Test func `with all set aside all are tried`() {
        var ring = ServerRing(weights: [1, 1, 1])
        for index in 0..<3 { _ = ring.noteFailure(of: index, at: 0) }
        #expect(Set(choices(&ring, 3)) == [0, 1, 2])
    }

    @Test func `a request that has tried all live servers tries those set aside`() {
        var ring = ServerRing(weights: [1, 1])
        _ = ring.noteFailure(of: 0, at: 0)
        var tried = TriedEndpoints()
        tried.insert(1)
        #expect(ring.choose(at: 0, passing: tried) == 0)
    }

    @Test func `a server seated anew has no past`() {
        var ring = ServerRing(weights: [1, 1])
        _ = ring.noteFailure(of: 0, at: 0)
        ring.seat(weight: 1, at: 0)
        ring.seat(weight: 1, at: 9)
        #expect(ring.count == 3)
        #expect(Set(choices(&ring, 3)) == [0, 1, 2])
        ring.seat(weight: 0, at: 1)
        #expect(!choices(&ring, 6).contains(1))
    }

    @Test func `beyond the 64th a server counts as tried`() {
        var ring = ServerRing(weights: Array(repeating: 1, count: 70))
        var tried = TriedEndpoints()
        var count = 0
        while let index = ring.choose(at: 0, passing: tried) {
            tried.insert(index)
            count += 1
        }
        #expect(count == 64)
    }
}
