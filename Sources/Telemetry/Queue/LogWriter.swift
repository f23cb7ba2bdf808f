import Glibc

/// The writer thread's work: whole lines from the queues to the output, as they come.
///
/// An output that takes nothing leaves the lines where they are, so the queues fill and their
/// producers drop and count; nothing else is lost, and memory does not grow.
struct LogWriter: ~Copyable {
    private let queues: [LogQueue]
    private var destination: LogDestination
    private let pipeline: LogPipeline
    /// Bytes written of the line at the begin of queue `current`, which must be finished first.
    private var cutBytes = 0
    private var current = 0
    /// Dropped lines that were told of, and when, on the monotonic clock in nanoseconds.
    private var toldDrops: UInt64 = 0
    private var toldAt: Int64 = .min

    private enum Progress {
        case nothing, wrote, full
        case failed(Int32)
    }

    /// Milliseconds between two looks while there is traffic.
    private static var napMilliseconds: Int32 { 100 }
    /// Milliseconds until an output that failed is tried again.
    private static var retryMilliseconds: Int32 { 1000 }
    /// Bytes of one write, so that a ring gets room again before all of it is written.
    private static var writeBytesMax: Int { 1 << 18 }

    init(queues: [LogQueue], destination: consuming LogDestination, pipeline: LogPipeline) {
        self.queues = queues
        self.destination = destination
        self.pipeline = pipeline
    }

    /// Writes until a stop.
    ///
    /// - Returns: Whether everything was written.
    mutating func run() -> Bool {
        nameThread()
        var wasQuiet = false
        while true {
            if pipeline.takeReopening() { reopen() }
            // Read before the queues are, so that what was queued before a stop is seen.
            let millisecondsLeft = pipeline.millisecondsLeft
            let progress = writeQueues()
            if tellDrops(after: progress, isLastTime: millisecondsLeft != nil) { continue }
            switch progress {
            case .nothing where millisecondsLeft != nil: return true
            case _ where millisecondsLeft == 0: return false
            case .wrote where millisecondsLeft != nil: continue
            case .nothing:
                rest(wasQuiet && pipeline.droppedCount == toldDrops ? .sleep : .nap)
                wasQuiet = true
            case .wrote:
                rest(.nap)
                wasQuiet = false
            case .full, .failed:
                waitForOutput(after: progress, atMost: millisecondsLeft ?? .max)
            }
        }
    }

    /// Rests for a tenth of a second, during which lines gather into one write, or until a line.
    private func rest(_ rest: WriterSignal.Rest) {
        pipeline.rest(
            rest, orWritable: -1, milliseconds: rest == .sleep ? -1 : Self.napMilliseconds)
    }

    /// Waits until the output may take lines again; meanwhile producers need not wake this thread.
    private func waitForOutput(after progress: Progress, atMost limit: Int64) {
        var output: Int32 = -1
        if case .full = progress { output = destination.descriptor }
        pipeline.rest(
            .none, orWritable: output,
            milliseconds: Int32(clamping: min(limit, Int64(Self.retryMilliseconds))))
    }

    /// Writes all that is published now, beginning where a line was cut.
    private mutating func writeQueues() -> Progress {
        var result = Progress.nothing
        for _ in queues {
            switch writeQueue(queues[current]) {
            case .nothing: break
            case .wrote: result = .wrote
            case .full: return .full
            case .failed(let error): return .failed(error)
            }
            current = (current + 1) % queues.count
        }
        return result
    }

    /// Writes one queue up to where it ended at the call, so that no queue is kept waiting for
    /// another.
    private mutating func writeQueue(_ queue: LogQueue) -> Progress {
        let end = queue.publishedEnd
        var start = queue.releasedEnd
        if start == end { return .nothing }
        while start < end {
            let place = start + cutBytes
            var lineEnd = 0
            let result = unsafe queue.withRun(from: place, to: end) { run in
                let part = unsafe UnsafeBufferPointer(rebasing: run.prefix(Self.writeBytesMax))
                let result = unsafe destination.write(part)
                if case .wrote(let count) = result {
                    lineEnd = unsafe endOfLastLine(part, count)
                }
                return result
            }
            // Bytes are given back line by line: the begin of a cut one may be needed once more.
            switch result {
            case .full: return .full
            case .failed(let error): return .failed(error)
            case .wrote(let count) where lineEnd > 0:
                start = place + lineEnd
                cutBytes = count - lineEnd
                queue.release(upTo: start)
            case .wrote(let count): cutBytes += count
            }
        }
        return .wrote
    }

    /// Opens the file anew.
    ///
    /// A line that the old file has only a part of is finished there or, where
    /// that cannot be, written whole to the new one.
    private mutating func reopen() {
        if cutBytes > 0 { _ = writeQueue(queues[current]) }
        do {
            try destination.reopen()
            cutBytes = 0
        } catch {
            var line = LineBuilder(
                level: .error, event: .log, message: "log file could not be reopened",
                time: LogClock.now())
            line.add("errno", Int(error.errno))
            pipeline.submit(&line)
        }
    }

    /// Says how many lines were dropped, when the output takes lines, at most once a second.
    ///
    /// - Returns: Whether there is a line more to write.
    private mutating func tellDrops(after progress: Progress, isLastTime: Bool) -> Bool {
        let dropped = pipeline.droppedCount
        guard dropped > toldDrops else { return false }
        switch progress {
        case .full, .failed: return false
        case .nothing, .wrote: break
        }
        let now = monotonicNanoseconds()
        if toldAt != .min, now - toldAt < 1_000_000_000, !isLastTime { return false }
        var line = LineBuilder(
            level: .warn, event: .log, message: "log lines were dropped", time: LogClock.now())
        line.add("dropped", Int(clamping: dropped - toldDrops))
        line.add("dropped_total", Int(clamping: dropped))
        guard pipeline.submit(&line) else { return false }
        toldDrops = dropped
        toldAt = now
        return true
    }

    /// Shows as `apus-log` in ps and top.
    private func nameThread() {
        let file = unsafe open("/proc/thread-self/comm", O_WRONLY | O_CLOEXEC)
        guard file >= 0 else { return }
        var name = Array("apus-log".utf8)
        _ = unsafe write(file, &name, name.count)
        _ = close(file)
    }
}

/// The offset after the last line end among the first `count` bytes; 0 without one.
private func endOfLastLine(_ bytes: UnsafeBufferPointer<UInt8>, _ count: Int) -> Int {
    var offset = count
    while offset > 0, unsafe bytes[offset - 1] != 0x0A { offset -= 1 }
    return offset
}
