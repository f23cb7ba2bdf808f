import Config
import Synchronization

/// Something that went wrong, for those who want to be told.
struct ErrorReport: Sendable {
    /// Which of its kind others are like it.
    struct Likeness: Sendable, Hashable {
        /// A route, or what it is about.
        let place: String
        let outcome: String
        let status: UInt16?
    }

    enum Level: String, Sendable { case warning, error }

    var level: Level
    /// Milliseconds since 1970.
    var time: Int64
    var likeness: Likeness
    var message: String
    var upstream: String?
    var reason: String?
    /// `nil` for what is no request's.
    var request: FailedRequest?
}

/// What a report says of a request; nothing in it that a log line would hide.
struct FailedRequest: Sendable {
    var id: String
    var method: String
    var url: String
    /// 32 and 16 hexadecimal digits; empty for a request that was not understood.
    var traceID: String
    var spanID: String
}

/// Reports on their way from the loops to who sends them: a few, in the order in which they came.
final class ReportBox: Sendable {
    /// Guard: the mutex, held to append one.
    private let reports = Mutex<[ErrorReport]>([])
    /// Whether anybody wants them.
    ///
    /// Guarded by being atomic; nothing else depends on it.
    private let wanted = Atomic<Bool>(false)
    private let dropped = Atomic<UInt64>(0)
    private let untold = Atomic<UInt64>(0)

    /// Reports that wait at most.
    static let countMax = 100

    var isWanted: Bool {
        get { wanted.load(ordering: .relaxed) }
        set { wanted.store(newValue, ordering: .relaxed) }
    }

    /// Reports that found no room.
    var droppedCount: UInt64 { dropped.load(ordering: .relaxed) }
    /// Errors of which no report was made, as a loop had made enough.
    var untoldCount: UInt64 { untold.load(ordering: .relaxed) }

    func add(_ report: ErrorReport) {
        let hasRoom = reports.withLock { reports in
            guard reports.count < Self.countMax else { return false }
            reports.append(report)
            return true
        }
        if !hasRoom { dropped.add(1, ordering: .relaxed) }
    }

    func noteUntold() {
        if isWanted { untold.add(1, ordering: .relaxed) }
    }

    func takeFirst() -> ErrorReport? {
        reports.withLock { $0.isEmpty ? nil : $0.removeFirst() }
    }

    /// Forgets all that wait.
    func removeAll() { reports.withLock { $0 = [] } }
}

/// How often reports are sent: one of a kind a minute, and all together one a second, after ten at
/// once.
struct ReportPace {
    private struct Sent {
        var at: UInt64
        /// Others like it that were left out since.
        var suppressed = 0
    }

    private var sent: [ErrorReport.Likeness: Sent] = [:]
    /// In nanoseconds of its filling: a token is a second.
    private var credit: UInt64 = Self.creditMax
    private var filledAt: UInt64 = 0

    private static let second: UInt64 = 1_000_000_000
    private static let creditMax: UInt64 = 10 * second
    private static let pause: UInt64 = 60 * second
    /// Kinds that are told apart.
    static let kindsMax = 500

    /// Judges a report.
    ///
    /// - Parameter now: Nanoseconds of the monotonic clock.
    /// - Returns: How many like it were left out since the last one; `nil` if this one is, too.
    mutating func admit(_ likeness: ErrorReport.Likeness, at now: UInt64) -> Int? {
        credit = min(Self.creditMax, credit &+ min(now &- filledAt, Self.creditMax))
        filledAt = now
        if let last = sent[likeness], now &- last.at < Self.pause {
            sent[likeness]?.suppressed += 1
            return nil
        }
        guard credit >= Self.second else {
            sent[likeness]?.suppressed += 1
            return nil
        }
        credit -= Self.second
        let suppressed = sent[likeness]?.suppressed ?? 0
        if sent.count >= Self.kindsMax { forgetOldest(at: now) }
        sent[likeness] = Sent(at: now)
        return suppressed
    }

    private mutating func forgetOldest(at now: UInt64) {
        sent = sent.filter { now &- $0.value.at < Self.pause }
        guard sent.count >= Self.kindsMax else { return }
        if let oldest = sent.min(by: { $0.value.at < $1.value.at }) {
            sent[oldest.key] = nil
        }
    }
}
