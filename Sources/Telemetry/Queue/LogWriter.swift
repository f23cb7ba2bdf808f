import Glibc

/// The writer thread's work: whole lines from the queues to the outputs, as they come.
///
/// An output that takes nothing leaves the lines where they are, so the queues fill and their
/// producers drop and count; nothing else is lost, and memory does not grow.
struct LogWriter: ~Copyable {
    private let pipeline: LogPipeline
    private var outputs: LogOutputs
    /// Dropped lines that were told of, and when, on the monotonic clock in nanoseconds.
    private var toldDrops: UInt64 = 0
    private var toldAt: Int64 = .min

    /// Milliseconds between two looks while there is traffic.
    private static var napMilliseconds: Int32 { 100 }
    /// Milliseconds until an output that failed is tried again.
    private static var retryMilliseconds: Int32 { 1000 }

    init(_ outputs: consuming LogOutputs, pipeline: LogPipeline) {
        self.outputs = outputs
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
            let round = outputs.write(isLast: millisecondsLeft != nil)
            if tellDrops(after: round.progress, isLastTime: millisecondsLeft != nil) { continue }
            switch round.progress {
            case .nothing where millisecondsLeft != nil: return true
            case _ where millisecondsLeft == 0: return false
            case .wrote where millisecondsLeft != nil || round.isHeldUp: continue
            case .nothing:
                let maySleep = wasQuiet && !round.mustReturn && pipeline.droppedCount == toldDrops
                rest(maySleep ? .sleep : .nap)
                wasQuiet = true
            case .wrote:
                rest(.nap)
                wasQuiet = false
            case .full, .failed:
                waitForOutput(round, atMost: millisecondsLeft ?? .max)
            }
        }
    }

    /// Rests for a tenth of a second, during which lines gather into one write, or until a line.
    private func rest(_ rest: WriterSignal.Rest) {
        pipeline.rest(
            rest, orWritable: -1, milliseconds: rest == .sleep ? -1 : Self.napMilliseconds)
    }

    /// Waits until the output may take lines again; meanwhile producers need not wake this thread.
    private func waitForOutput(_ round: LogOutputs.Round, atMost limit: Int64) {
        pipeline.rest(
            .none, orWritable: round.descriptor,
            milliseconds: Int32(clamping: min(limit, Int64(Self.retryMilliseconds))))
    }

    private mutating func reopen() {
        for (message, problem) in outputs.reopen() {
            var line = LineBuilder(
                level: .error, event: .log, message: message, time: LogClock.now())
            line.add("errno", Int(problem.errno))
            pipeline.submit(&line)
        }
    }

    /// Says how many lines were dropped, when the output takes lines, at most once a second.
    ///
    /// - Returns: Whether there is a line more to write.
    private mutating func tellDrops(
        after progress: LogChannel.Progress, isLastTime: Bool
    ) -> Bool {
        let dropped = pipeline.droppedCount
        guard dropped > toldDrops, !progress.isStuck else { return false }
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
