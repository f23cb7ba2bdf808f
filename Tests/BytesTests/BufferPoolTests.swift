import Testing

@testable import Bytes

@Suite struct BufferPoolTests {
    @Test func `a buffer comes empty and of its size`() {
        var pool = BufferPool(spareCount: 1)
        for (size, bytes) in [
            (BufferPool.Size.small, 4096), (.large, 69_632), (.bulk, 262_144),
        ] {
            var buffer = pool.take(size)
            let (capacity, isEmpty) = (buffer.capacity, buffer.isEmpty)
            #expect(capacity == bytes)
            #expect(isEmpty)
            buffer.append("left behind")
            pool.give(buffer)
            let again = pool.take(size)
            let (isAgainEmpty, hasOverflowed) = (again.isEmpty, again.hasOverflowed)
            #expect(isAgainEmpty)
            #expect(!hasOverflowed)
            pool.give(again)
        }
    }

    @Test func `an overflow is forgotten on the way through the pool`() {
        var pool = BufferPool(spareCount: 1)
        var buffer = pool.take(.small)
        buffer.append([UInt8](repeating: 0, count: 4097))
        let hadOverflowed = buffer.hasOverflowed
        #expect(hadOverflowed)
        pool.give(buffer)
        let again = pool.take(.small)
        let hasOverflowed = again.hasOverflowed
        #expect(!hasOverflowed)
        pool.give(again)
    }

    @Test func `what is lent is counted, spare or not`() {
        var pool = BufferPool(spareCount: 1)
        let first = pool.take(.large)
        let second = pool.take(.large)
        let third = pool.take(.small)
        var lentCount = pool.lentCount
        #expect(lentCount == 3)
        // One of the two large ones finds no place among the spare and is freed.
        pool.give(first)
        pool.give(second)
        pool.give(third)
        lentCount = pool.lentCount
        #expect(lentCount == 0)
    }

    @Test func `a pool without spare buffers serves all the same`() {
        var pool = BufferPool(spareCount: 0)
        for _ in 0..<3 {
            let buffer = pool.take(.small)
            let capacity = buffer.capacity
            #expect(capacity == 4096)
            pool.give(buffer)
        }
    }

    @Test func `so many bulk buffers are lent that a loop's memory stays bounded`() {
        var pool = BufferPool(spareCount: 16)
        var bytes = 0
        var lent: [Seat] = []
        while pool.hasBulkLeft {
            let seat = Seat(pool.take(.bulk))
            bytes += seat.buffer.capacity
            lent.append(seat)
        }
        #expect(bytes == 8 << 20)
        for seat in lent { pool.give(seat.buffer.take()) }
        let hasBulkLeft = pool.hasBulkLeft
        #expect(hasBulkLeft)
    }
}

/// Lets an array hold a buffer.
private final class Seat {
    var buffer: Buffer

    init(_ buffer: consuming Buffer) { self.buffer = buffer }
}
