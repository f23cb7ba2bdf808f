import Synchronization

/// Spans on their way from the loops to whoever delivers them: a ring of fixed size for each loop.
///
/// A loop never waits: what finds no room is dropped and counted. Memory of a ring is used once
/// spans have been there.
package final class SpanPipeline: Sendable {
    /// Bytes that a loop's ring holds.
    package static let ringBytes = 1 << 20

    private let rings: [LogQueue]
    private let signal: WriterSignal
    private let pipe: WakePipe
    /// Spans that a receiver has taken.
    private let exported = Atomic<UInt64>(0)
    /// Spans that were given up behind the rings.
    private let undelivered = Atomic<UInt64>(0)

    /// Makes a ring for each of `loopCount` loops.
    package init(loopCount: Int) throws(LogProblem) {
        let pipe = try WakePipe()
        let signal = WriterSignal(pipe: pipe)
        self.pipe = pipe
        self.signal = signal
        rings = (0..<loopCount).map { _ in LogQueue(capacity: Self.ringBytes, signal: signal) }
    }

    /// The ring of one loop, whose only producer that loop is; its lines are spans.
    package func ring(_ index: Int) -> LogQueue { rings[index] }

    // MARK: The deliverer's side

    /// A descriptor that is readable once a ring fills, or somebody has called ``wake()``, after
    /// ``beginRest()``.
    package var wakeNumber: Int32 { pipe.number }

    /// Has rings that fill wake the deliverer from now on; one may do so already.
    package func beginRest() { signal.enter(.nap) }

    /// Has nothing wake it any more.
    package func endRest() {
        signal.enter(.none)
        pipe.forget()
    }

    /// Wakes the deliverer for something other than spans.
    package func wake() { pipe.signal() }

    /// Takes out all that one loop's ring holds; the deliverer's call alone.
    package func takeAll(of index: Int) -> [UInt8] { rings[index].takeAll() }

    /// How many rings there are.
    package var ringCount: Int { rings.count }

    /// Counts spans that a receiver has taken.
    package func noteExported(_ count: Int) {
        exported.add(UInt64(clamping: count), ordering: .relaxed)
    }

    /// Counts spans that were given up.
    package func noteUndelivered(_ count: Int) {
        undelivered.add(UInt64(clamping: count), ordering: .relaxed)
    }

    /// What became of spans so far.
    package var counts: SpanCounts {
        SpanCounts(
            exported: exported.load(ordering: .relaxed),
            overflowed: rings.reduce(0) { $0 &+ $1.droppedCount },
            undelivered: undelivered.load(ordering: .relaxed))
    }
}

/// What became of spans.
package struct SpanCounts: Sendable, Equatable {
    package var exported: UInt64 = 0
    /// Dropped as a loop's ring was full.
    package var overflowed: UInt64 = 0
    /// Dropped as no receiver took them.
    package var undelivered: UInt64 = 0

    package init() {}

    package init(exported: UInt64, overflowed: UInt64, undelivered: UInt64) {
        self.exported = exported
        self.overflowed = overflowed
        self.undelivered = undelivered
    }
}
