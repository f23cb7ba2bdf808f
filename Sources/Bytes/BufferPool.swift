/// Spare buffers of a few sizes, last given first taken, so that the ones in use stay in the cache.
///
/// One pool a loop. A connection that waits for bytes holds none: it takes one when bytes have come
/// and gives it back when they are consumed.
@usableFromInline package struct BufferPool: ~Copyable {
    /// How much a buffer holds: ``smallBytes``, ``largeBytes`` or ``bulkBytes``.
    package enum Size { case small, large, bulk }

    /// 4 KiB: a message head, an answer, what is left of a read.
    @inlinable package static var smallBytes: Int { 4096 }
    /// 68 KiB: one read of a body of 64 KiB, as apps like to write them, with the head before it.
    @inlinable package static var largeBytes: Int { 69_632 }
    /// 256 KiB: a read of a body of which more waits than a large buffer takes.
    ///
    /// It frees the sender in longer strides, which costs a third less than reads of 64 or 128 KiB.
    @inlinable package static var bulkBytes: Int { 262_144 }
    /// Bulk buffers lent at a time, 8 MiB together: many slow readers of large bodies shall not
    /// hold more than large buffers for it.
    private static var bulkCountMax: Int { 32 }

    private var small: Stack
    private var large: Stack
    private var bulk: Stack
    /// Buffers lent and not yet given back.
    package private(set) var lentCount = 0

    private var bulkCount = 0
    /// Whether another bulk buffer may be lent; who is refused one does with a large one.
    package var hasBulkLeft: Bool { bulkCount < Self.bulkCountMax }

    /// - Parameter spareCount: How many spare large buffers are kept, four times as many small
    ///   ones, and a quarter of as many for bulk; more are freed.
    package init(spareCount: Int) {
        small = Stack(limit: spareCount * 4)
        large = Stack(limit: spareCount)
        bulk = Stack(limit: (spareCount + 3) / 4)
    }

    /// Takes an empty buffer, allocating only if none is spare.
    package mutating func take(_ size: Size) -> Buffer {
        lentCount &+= 1
        switch size {
        case .small: return small.pop() ?? Buffer(capacity: Self.smallBytes)
        case .large: return large.pop() ?? Buffer(capacity: Self.largeBytes)
        case .bulk:
            bulkCount &+= 1
            return bulk.pop() ?? Buffer(capacity: Self.bulkBytes)
        }
    }

    /// Takes an empty buffer for at least so many bytes.
    ///
    /// They may be more than the sizes have: such a one is made, and freed when it is given back.
    package mutating func take(holding byteCount: Int) -> Buffer {
        if byteCount <= Self.smallBytes { return take(.small) }
        if byteCount <= Self.largeBytes { return take(.large) }
        lentCount &+= 1
        // Not of the size of a bulk buffer, which are counted.
        return Buffer(capacity: byteCount == Self.bulkBytes ? byteCount + 1 : byteCount)
    }

    /// Gives a buffer back; what it still held is forgotten.
    ///
    /// One without storage is none of ours.
    package mutating func give(_ buffer: consuming Buffer) {
        guard buffer.hasStorage else { return }
        lentCount &-= 1
        buffer.removeAll()
        switch buffer.capacity {
        case Self.smallBytes: small.push(buffer)
        case Self.largeBytes: large.push(buffer)
        case Self.bulkBytes:
            bulkCount &-= 1
            bulk.push(buffer)
        default: break
        }
    }
}

/// A stack of move-only buffers with a fixed limit.
///
/// - Safety: the slots below `count`, and no others, hold a buffer.
@safe private struct Stack: ~Copyable {
    private let slots: UnsafeMutablePointer<Buffer>
    private let limit: Int
    private var count = 0

    init(limit: Int) {
        unsafe slots = .allocate(capacity: max(1, limit))
        self.limit = limit
    }

    deinit {
        unsafe slots.deinitialize(count: count)
        unsafe slots.deallocate()
    }

    mutating func pop() -> Buffer? {
        guard count > 0 else { return nil }
        count &-= 1
        return unsafe (slots + count).move()
    }

    mutating func push(_ buffer: consuming Buffer) {
        guard count < limit else { return }
        unsafe (slots + count).initialize(to: buffer)
        count &+= 1
    }
}
