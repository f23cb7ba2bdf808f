import Glibc
import Synchronization

/// The log of a process: a queue for each loop, one for everybody else, one for audit lines, and
/// the thread that writes them.
///
/// Lines of one queue keep their order; those of different queues may change places within a tenth
/// of a second.
package final class LogPipeline: Sendable {
    /// Bytes that a queue holds.
    package static let queueBytes = 1 << 20

    /// One for each loop, one for those who have none of their own, one for audit lines.
    private let queues: [LogQueue]
    /// The guard of the last two queues' producers' side, held for one copy at most.
    private let sharedTurn = Mutex<Void>(())
    private let wakeUp: WakePipe
    private let finished: WakePipe
    private let signal: WriterSignal
    /// What the writer takes when it starts; the mutex is its guard.
    private let outputs: Mutex<LogOutputs?>
    private let isStarted = Atomic<Bool>(false)
    private let mustReopen = Atomic<Bool>(false)
    /// Nanoseconds of the monotonic clock at which a stop gives up; `Int64.max` while nobody stops.
    private let deadline = Atomic<Int64>(.max)
    private let isDrained = Atomic<Bool>(false)

    /// Opens the outputs and makes a queue for each of `queueCount` loops.
    package init(_ plan: LogPlan, queueCount: Int) throws(LogProblem) {
        wakeUp = try WakePipe()
        finished = try WakePipe()
        let signal = WriterSignal(pipe: wakeUp)
        self.signal = signal
        let queues = (0..<(queueCount + 2)).map { _ in
            LogQueue(capacity: Self.queueBytes, signal: signal)
        }
        self.queues = queues
        outputs = Mutex(
            try LogOutputs(
                plan, queues: queues.dropLast(), auditQueue: queues[queueCount + 1]))
    }

    /// One output for all lines, as JSON.
    package convenience init(output: LogTarget, queueCount: Int) throws(LogProblem) {
        let plan = LogPlan(
            output: output, format: .json, auditOutput: nil, isChained: true,
            isColourAllowed: false)
        try self.init(plan, queueCount: queueCount)
    }

    /// Starts the writer thread, once; lines queued before are written too.
    package func start() throws(LogProblem) {
        let wasStarted = isStarted.exchange(true, ordering: .relaxed)
        precondition(!wasStarted, "a pipeline has one writer")
        try startThread { self.write() }
    }

    /// The queue of one loop, whose only producer that loop is.
    package func queue(_ index: Int) -> LogQueue {
        precondition(index >= 0 && index < queues.count - 2, "a loop's index")
        return queues[index]
    }

    /// Appends to the shared queue, from any thread; not for a loop's data path.
    ///
    /// - Returns: Whether there was room for the line.
    @discardableResult
    package func submit(_ line: inout LineBuilder) -> Bool {
        submit(&line, to: queues[queues.count - 2])
    }

    /// Writes down what somebody changed; from any thread but the loops'.
    ///
    /// The line has a queue of its own, so that no flood of other lines has it dropped.
    ///
    /// - Parameters:
    ///   - who: An address, or the name of a signal.
    ///   - what: What was asked for, without secrets.
    ///   - result: What came of it, such as `done`, `refused` or `failed`.
    ///   - reason: Why, where that is to be said; nothing if it is empty.
    ///   - target: What was changed, such as a route; nothing if it is empty.
    ///   - requestID: Of the request that asked for it; nothing if it is empty.
    /// - Returns: Whether there was room for the line.
    @discardableResult
    package func audit(
        who: String, what: String, result: String, reason: String, target: String = "",
        requestID: String = ""
    ) -> Bool {
        var line = LineBuilder(
            level: .info, event: .audit, message: "change", time: LogClock.now())
        line.add("who", who)
        line.add("what", what)
        line.add("result", result)
        line.add("reason", reason)
        line.add("target", target)
        line.add("request_id", requestID)
        return submit(&line, to: queues[queues.count - 1])
    }

    private func submit(_ line: inout LineBuilder, to queue: LogQueue) -> Bool {
        let publication = sharedTurn.withLock { _ in queue.publish(&line) }
        queue.announce(publication)
        return publication != .dropped
    }

    /// Lines taken by all queues.
    package var lineCount: UInt64 { queues.reduce(0) { $0 + $1.lineCount } }
    /// Lines dropped by all queues.
    package var droppedCount: UInt64 { queues.reduce(0) { $0 + $1.droppedCount } }

    /// Has a file target opened anew, between two lines, as after it was renamed.
    package func reopen() {
        mustReopen.store(true, ordering: .releasing)
        signal.wake()
    }

    /// Writes what was queued before the call and ends the writer.
    ///
    /// - Parameter limit: Waits no longer, even if the output has stopped taking lines.
    /// - Returns: Whether all was written; of a pipeline that was not started, whether it is empty.
    package func stop(within limit: Duration) -> Bool {
        guard isStarted.load(ordering: .relaxed) else { return lineCount == 0 }
        let parts = limit.components
        let nanoseconds = parts.seconds * 1_000_000_000 + parts.attoseconds / 1_000_000_000
        deadline.store(monotonicNanoseconds() + nanoseconds, ordering: .releasing)
        signal.wake()
        // The writer ends by itself at the deadline; a file system that hangs is not waited for.
        finished.wait(orWritable: -1, milliseconds: Int32(clamping: nanoseconds / 1_000_000 + 100))
        return isDrained.load(ordering: .acquiring)
    }
}

// MARK: - The writer's side

extension LogPipeline {
    /// The writer thread's life.
    private func write() {
        isDrained.store(writeUntilStop(), ordering: .releasing)
        finished.signal()
    }

    /// The output is closed when this returns.
    ///
    /// - Returns: Whether everything was written.
    private func writeUntilStop() -> Bool {
        guard let taken = outputs.withLock({ $0.take() }) else { return false }
        var writer = LogWriter(taken, pipeline: self)
        return writer.run()
    }

    /// Milliseconds until a stop gives up; `nil` while nobody stops.
    var millisecondsLeft: Int64? {
        let end = deadline.load(ordering: .acquiring)
        if end == .max { return nil }
        return max(0, (end - monotonicNanoseconds()) / 1_000_000)
    }

    /// Whether a reopening was asked for since the last call.
    func takeReopening() -> Bool { mustReopen.exchange(false, ordering: .acquiring) }

    /// Rests as long as nothing is to be done.
    ///
    /// - Parameters:
    ///   - rest: What ends it besides the time, a stop or a reopening.
    ///   - output: A descriptor whose being writable ends it too; -1 for none.
    ///   - milliseconds: -1 for no end.
    func rest(_ rest: WriterSignal.Rest, orWritable output: Int32, milliseconds: Int32) {
        signal.enter(rest)
        let isWorkThere = rest == .sleep && queues.contains { $0.releasedEnd != $0.publishedEnd }
        if !isWorkThere { wakeUp.wait(orWritable: output, milliseconds: milliseconds) }
        signal.enter(.none)
    }
}
