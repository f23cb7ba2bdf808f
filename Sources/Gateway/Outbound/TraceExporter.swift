import Bytes
import Config
import HTTP
import Linux
import Policy
import Reactor
import Synchronization
import Telemetry

/// Delivers the spans of all loops to `otlp.endpoint`, a batch at a time.
///
/// All of it runs on the control loop. Beside the rings of the loops it holds what one ring does
/// and one batch; a receiver that takes nothing has the rings fill, which drop what comes then.
final class TraceExporter: Sendable {
    private let spans: SpanPipeline
    private let crew: WorkerCrew
    private let client: OutboundClient
    private let log: LogPipeline
    private let loop: ControlLoop
    private let instance: String
    /// Set once the end has come: until when a last delivery may take.
    private let ending = Mutex<MonotonicInstant?>(nil)
    private let isDone: Wakeup
    /// Guard: the mutex; used on the control loop alone.
    private let pace = Mutex(DeliveryPace())

    /// Spans wait no longer than this for others to go with.
    private static let period = Duration.seconds(5)
    /// Of one request to the receiver.
    private static let patience = Duration.seconds(10)
    /// A batch is given up after so many attempts.
    private static let attemptsMax = 5

    init(
        _ spans: SpanPipeline, crew: WorkerCrew, client: OutboundClient, log: LogPipeline,
        loop: ControlLoop
    ) throws(Errno) {
        self.spans = spans
        self.crew = crew
        self.client = client
        self.log = log
        self.loop = loop
        isDone = try Wakeup()
        let id = RequestID(
            milliseconds: Clock.wall() / 1_000_000, Randomness.word(), Randomness.word())
        instance = id.text
    }

    /// Delivers until the end.
    func run() async {
        var backlog = SpanBacklog()
        while true {
            let isLast = end != nil
            var next = 0
            while true {
                var batch = SpanBatch()
                collect(&batch, &backlog, from: &next)
                guard batch.count > 0 else { break }
                await deliver(batch)
            }
            if isLast { return isDone.signal() }
            spans.beginRest()
            await rest(for: Self.period)
            spans.endRest()
        }
    }

    /// Has what is left delivered, and waits for that: not beyond the deadline.
    func finish(by deadline: MonotonicInstant) async {
        ending.withLock { $0 = deadline }
        spans.wake()
        _ = await loop.readable(isDone.number, until: deadline)
    }

    private var end: MonotonicInstant? { ending.withLock { $0 } }

    private func rest(for length: Duration) async {
        _ = await loop.readable(
            spans.wakeNumber, until: Clock.monotonic().advanced(by: length))
    }

    /// - Parameter next: The ring to look into next: each once a round.
    private func collect(
        _ batch: inout SpanBatch, _ backlog: inout SpanBacklog, from next: inout Int
    ) {
        while true {
            backlog.move(to: &batch)
            guard backlog.isEmpty, !batch.isFull, next < spans.ringCount else { return }
            backlog.fill(spans.takeAll(of: next))
            next += 1
        }
    }

    // MARK: Delivering

    /// What came of an attempt.
    private enum Result {
        case taken(rejected: Int)
        case refused(StaticString, status: UInt16?)
        /// It may go better later.
        case failed(StaticString, status: UInt16?, asked: Int64?)
    }

    private func deliver(_ batch: SpanBatch) async {
        var attempt = 1
        while true {
            guard let settings = crew.standing.snapshot.otlp else {
                return spans.noteUndelivered(batch.count)
            }
            switch await post(batch, to: settings.endpoint) {
            case .taken(let rejected):
                let lost = min(rejected, batch.count)
                spans.noteExported(batch.count - lost)
                spans.noteUndelivered(lost)
                return noteSuccess()
            case .refused(let reason, let status):
                _ = noteFailure(reason, status: status, asked: nil)
                return spans.noteUndelivered(batch.count)
            case .failed(let reason, let status, let asked):
                let pause = noteFailure(reason, status: status, asked: asked)
                attempt += 1
                guard attempt <= Self.attemptsMax, end == nil else {
                    return spans.noteUndelivered(batch.count)
                }
                await rest(for: pause)
                spans.endRest()
            }
        }
    }

    private func post(_ batch: SpanBatch, to endpoint: HTTPEndpoint) async -> Result {
        let standing = crew.standing
        let resource = TraceResource(
            version: standing.names.build.version, instance: instance,
            environment: standing.snapshot.environment.rawValue)
        let soon = Clock.monotonic().advanced(by: Self.patience)
        var request = OutboundRequest(.post, endpoint, by: end.map { min($0, soon) } ?? soon)
        request.fields = [("Content-Type", "application/x-protobuf")]
        request.body = resource.request(batch)
        do throws(OutboundError) {
            let response = try await client.send(request)
            switch response.status {
            case 200..<300: return .taken(rejected: TraceResponse.rejectedCount(response.body))
            // As the protocol says; anything else would fail again.
            case 429, 502, 503, 504:
                return .failed(
                    "status", status: response.status,
                    asked: DeliveryPace.seconds(response.first("retry-after")))
            default: return .refused("status", status: response.status)
            }
        } catch {
            return .failed(error.name, status: nil, asked: nil)
        }
    }

    private func noteSuccess() {
        guard pace.withLock({ $0.noteSuccess() }) else { return }
        crew.note(.info, .traces, "spans are delivered again", to: log)
    }

    private func noteFailure(
        _ reason: StaticString, status: UInt16?, asked: Int64?
    ) -> Duration {
        let (isFirst, pause) = pace.withLock { $0.noteFailure(asked: asked) }
        if isFirst {
            crew.note(.warn, .traces, "spans cannot be delivered", reason, status, to: log)
        }
        return pause
    }
}

extension WorkerCrew {
    /// Writes a line about a receiver of ours.
    func note(
        _ level: LogLevel, _ event: EventName, _ message: StaticString,
        _ reason: StaticString? = nil, _ status: UInt16? = nil, to log: LogPipeline
    ) {
        guard level >= LogLevel(standing.snapshot.log.level) else { return }
        var line = LineBuilder(level: level, event: event, message: message, time: LogClock.now())
        if let reason { line.add("reason", reason) }
        if let status { line.add("status", Int(status)) }
        log.submit(&line)
    }
}
