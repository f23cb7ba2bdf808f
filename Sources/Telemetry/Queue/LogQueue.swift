package import Bytes
import Synchronization

/// Lines on their way from one producer to the writer thread: a ring of bytes of fixed size.
///
/// The producer never waits and makes no system call, but for one when the writer sleeps. A line
/// that does not fit is dropped whole and counted.
///
/// - Invariant: `0 <= tail - head <= capacity`; `head` and `tail` stand between lines. Both only
///   grow.
/// - Safety: the bytes from `head` to `tail` belong to the writer, all others to the producer.
///   `tail` is stored after a line's bytes and loaded before they are read; so is `head` the other
///   way round.
@safe package final class LogQueue: Sendable {
    nonisolated(unsafe) private let ring: UnsafeMutablePointer<UInt8>
    private let capacity: Int
    private let signal: WriterSignal
    /// Bytes ever published: stored by the producer, loaded by the writer.
    private let tail = Atomic<Int>(0)
    /// Bytes ever released: stored by the writer, loaded by the producer.
    private let head = Atomic<Int>(0)
    /// What the producer last saw of `head`; the producer's alone.
    private let seenHead = Atomic<Int>(0)
    private let lines = Atomic<UInt64>(0)
    private let dropped = Atomic<UInt64>(0)

    /// - Parameter capacity: Bytes, a power of two; memory is used once lines have been there.
    package convenience init(capacity: Int) {
        self.init(capacity: capacity, signal: WriterSignal())
    }

    init(capacity: Int, signal: WriterSignal) {
        precondition(capacity > 0 && capacity & (capacity - 1) == 0, "a ring is a power of two")
        unsafe ring = .allocate(capacity: capacity)
        self.capacity = capacity
        self.signal = signal
    }

    deinit { unsafe ring.deallocate() }

    /// Lines taken; anyone may ask.
    package var lineCount: UInt64 { lines.load(ordering: .relaxed) }
    /// Lines dropped; anyone may ask.
    package var droppedCount: UInt64 { dropped.load(ordering: .relaxed) }

    /// Takes the whole lines in `line`, or drops and counts them; the producer's call alone.
    ///
    /// A buffer that has overflowed, its line not written, counts as a line dropped.
    ///
    /// - Returns: Whether it was taken.
    @discardableResult
    package func append(_ line: borrowing Buffer) -> Bool {
        let publication = publish(line)
        announce(publication)
        return publication != .dropped
    }

    /// Ends a line and takes it, after which the builder can begin another; the producer's call.
    @discardableResult
    package func append(_ line: inout LineBuilder) -> Bool {
        let publication = publish(&line)
        announce(publication)
        return publication != .dropped
    }

    /// What became of a line, and how full the ring is with it.
    enum Publication {
        case dropped, taken, takenAndFilling
    }

    func publish(_ line: inout LineBuilder) -> Publication {
        var publication = Publication.dropped
        line.end { publication = publish($0) }
        return publication
    }

    /// Takes a line without waking the writer: no system call.
    @inline(__always)
    func publish(_ line: borrowing Buffer) -> Publication {
        if line.hasOverflowed { countDrop() }
        let byteCount = line.count
        guard byteCount > 0 else { return .dropped }
        let end = tail.load(ordering: .relaxed)
        var used = end &- seenHead.load(ordering: .relaxed) &+ byteCount
        if used > capacity / 4 {
            let seen = head.load(ordering: .acquiring)
            seenHead.store(seen, ordering: .relaxed)
            used = end &- seen &+ byteCount
        }
        guard used <= capacity else {
            countDrop()
            return .dropped
        }
        line.withReadable { bytes in copy(bytes, at: end & (capacity &- 1)) }
        // Either the writer sees this line before it falls asleep, or the signal sees it asleep.
        tail.store(end &+ byteCount, ordering: .sequentiallyConsistent)
        lines.store(lines.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
        // Woken at a quarter, the writer has the time of three quarters to get to run.
        return used > capacity / 4 ? .takenAndFilling : .taken
    }

    /// Wakes the writer if a line that was taken is to wake it.
    @inline(__always)
    func announce(_ publication: Publication) {
        if publication != .dropped {
            signal.lineCame(isFilling: publication == .takenAndFilling)
        }
    }

    /// Counts a line that could not be made; the producer's call alone.
    package func countDrop() {
        dropped.store(dropped.load(ordering: .relaxed) &+ 1, ordering: .relaxed)
    }

    /// Takes out all that is there; for a consumer other than the writer thread, as in a
    /// simulation.
    package func takeAll() -> [UInt8] {
        var bytes: [UInt8] = []
        let end = publishedEnd
        var place = releasedEnd
        while place < end {
            unsafe withRun(from: place, to: end) { run in
                unsafe bytes.append(contentsOf: run)
                place += run.count
            }
        }
        release(upTo: end)
        return bytes
    }

    private func copy(_ bytes: borrowing Span<UInt8>, at place: Int) {
        let untilEnd = min(bytes.count, capacity &- place)
        let rest = bytes.count &- untilEnd
        unsafe bytes.withUnsafeBufferPointer { source in
            guard let start = source.baseAddress else { return }
            unsafe (ring + place).update(from: start, count: untilEnd)
            if rest > 0 { unsafe ring.update(from: start + untilEnd, count: rest) }
        }
    }
}

// MARK: - The writer's side

extension LogQueue {
    /// Where the published lines end.
    var publishedEnd: Int { tail.load(ordering: .sequentiallyConsistent) }
    /// Where the lines begin that the writer has not released.
    var releasedEnd: Int { head.load(ordering: .relaxed) }

    /// Lends published bytes from `place` on, as many as stand in a row and at most up to `end`.
    func withRun<R>(
        from place: Int, to end: Int, _ body: (UnsafeBufferPointer<UInt8>) -> R
    ) -> R {
        let index = place & (capacity - 1)
        let count = min(end - place, capacity - index)
        return unsafe body(UnsafeBufferPointer(start: ring + index, count: count))
    }

    /// Bytes that lines can still take.
    var room: Int { capacity - (publishedEnd - releasedEnd) }

    /// Copies the first line that is not released, or as much of it as `line` has room for.
    ///
    /// - Parameter end: Where a line ends that was published.
    /// - Returns: Where the line ends.
    func copyLine(upTo end: Int, to line: inout Buffer) -> Int {
        var place = releasedEnd
        while place < end {
            // In pieces, as most lines are short: what a piece has of the next line is left.
            let start = line.count
            let count = unsafe withRun(from: place, to: min(end, place + 1024)) { run in
                unsafe line.append(Span(_unsafeElements: run))
                return run.count
            }
            for offset in start..<line.count where line[offset] == 0x0A {
                line.dropLast(line.count - offset - 1)
                return place + offset - start + 1
            }
            place += count
        }
        return place
    }

    /// Gives the bytes before `place`, where a line begins, back to the producer.
    func release(upTo place: Int) {
        head.store(place, ordering: .releasing)
    }
}
