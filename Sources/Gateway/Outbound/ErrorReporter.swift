import Config
import HTTP
import Linux
import Reactor
import Synchronization
import Telemetry

/// Sends reports to `errors.sentry_dsn`, one after the other, on the control loop.
///
/// A receiver that takes none has them wait in the box, which is small; what finds no room there is
/// counted.
final class ErrorReporter: Sendable {
    private struct State {
        var pace = ReportPace()
        var delivery = DeliveryPace()
        var counts = ReportCounts()
        /// Nothing is sent before.
        var resumes = MonotonicInstant(nanoseconds: 0)
        /// Set once the end has come: until when a last delivery may take.
        var end: MonotonicInstant?
    }

    private let box: ReportBox
    private let crew: WorkerCrew
    private let client: OutboundClient
    private let log: LogPipeline
    private let loop: ControlLoop
    /// Guard: the mutex; loops have no part in it.
    private let state = Mutex(State())
    private let wakeup: Wakeup
    private let isDone: Wakeup

    /// Between two looks at what there is.
    private static let period = Duration.milliseconds(500)
    /// The same while nobody wants reports.
    private static let idlePeriod = Duration.seconds(5)
    /// Of one request to the receiver.
    private static let patience = Duration.seconds(5)

    init(
        _ box: ReportBox, crew: WorkerCrew, client: OutboundClient, log: LogPipeline,
        loop: ControlLoop
    ) throws(Errno) {
        self.box = box
        self.crew = crew
        self.client = client
        self.log = log
        self.loop = loop
        wakeup = try Wakeup()
        isDone = try Wakeup()
    }

    /// What became of reports so far.
    var counts: ReportCounts {
        var counts = state.withLock { $0.counts }
        counts.dropped &+= box.droppedCount
        counts.suppressed &+= box.untoldCount
        return counts
    }

    /// Sends until the end.
    func run() async {
        var anomalies = AnomalyWatch()
        while true {
            let isLast = end != nil
            let dsn = crew.standing.snapshot.sentry
            box.isWanted = dsn != nil
            if let dsn {
                let now = Int64(Clock.wall() / 1_000_000)
                for report in anomalies.look(AnomalyWatch.Signs(crew), at: now) {
                    box.add(report)
                }
                await sendAll(to: dsn)
            } else {
                anomalies = AnomalyWatch()
                box.removeAll()
            }
            if isLast { return isDone.signal() }
            let length = dsn == nil ? Self.idlePeriod : Self.period
            _ = await loop.readable(
                wakeup.number, until: Clock.monotonic().advanced(by: length))
            wakeup.clear()
        }
    }

    /// Has what is left sent, and waits for that: not beyond the deadline.
    func finish(by deadline: MonotonicInstant) async {
        state.withLock { $0.end = deadline }
        wakeup.signal()
        _ = await loop.readable(isDone.number, until: deadline)
    }

    private var end: MonotonicInstant? { state.withLock { $0.end } }

    private func sendAll(to dsn: SentryDSN) async {
        while Clock.monotonic() >= state.withLock({ $0.resumes }), let report = box.takeFirst() {
            let now = Clock.monotonic().nanoseconds
            let suppressed = state.withLock { $0.pace.admit(report.likeness, at: now) }
            guard let suppressed else {
                state.withLock { $0.counts.suppressed &+= 1 }
                continue
            }
            await send(report, suppressed: suppressed, to: dsn)
        }
    }

    private func send(_ report: ErrorReport, suppressed: Int, to dsn: SentryDSN) async {
        let standing = crew.standing
        let version = standing.names.build.version
        let envelope = SentryEnvelope(
            id: Self.newID(), version: version,
            environment: standing.snapshot.environment.rawValue)
        let soon = Clock.monotonic().advanced(by: Self.patience)
        var request = OutboundRequest(.post, dsn.endpoint, by: end.map { min($0, soon) } ?? soon)
        request.fields = [
            ("Content-Type", "application/x-sentry-envelope"),
            (
                "X-Sentry-Auth",
                "Sentry sentry_version=7, sentry_client=apus/\(version), sentry_key=\(dsn.key)"
            ),
        ]
        request.body = envelope.bytes(report, suppressed: suppressed)
        do throws(OutboundError) {
            let response = try await client.send(request)
            take(response)
        } catch {
            noteFailure(error.name, status: nil, asked: nil)
        }
    }

    private func take(_ response: OutboundResponse) {
        let asked = SentryLimits.pause(after: response)
        guard (200..<300).contains(response.status) else {
            return noteFailure("status", status: response.status, asked: asked)
        }
        let isBack = state.withLock { state in
            state.counts.sent &+= 1
            // A receiver may take this one and ask for no more.
            if let asked {
                state.resumes = Clock.monotonic().advanced(by: .seconds(min(asked, 3600)))
            }
            return state.delivery.noteSuccess()
        }
        if isBack { crew.note(.info, .reports, "errors are reported again", to: log) }
    }

    private func noteFailure(_ reason: StaticString, status: UInt16?, asked: Int64?) {
        let isFirst = state.withLock { state in
            state.counts.dropped &+= 1
            let (isFirst, pause) = state.delivery.noteFailure(asked: asked)
            state.resumes = Clock.monotonic().advanced(by: pause)
            return isFirst
        }
        if isFirst {
            crew.note(.warn, .reports, "errors cannot be reported", reason, status, to: log)
        }
    }

    private static func newID() -> String {
        let digits = [Randomness.word(), Randomness.word()].map { word in
            let text = String(word, radix: 16)
            return String(repeating: "0", count: 16 - text.utf8.count) + text
        }
        return digits.joined()
    }
}
