import Config
import Telemetry

/// Which lines are written.
struct LineChoice {
    let threshold: LogLevel
    /// Whether each request gets a line.
    let hasAccessLines: Bool
    /// Whether every success gets one.
    private let keepsAll: Bool
    private let successMillionths: UInt32
    private let slowMicroseconds: UInt64
    /// Millionths of a line that the successes so far are owed: less than a million between calls.
    private var owed: UInt32 = 0

    init(_ settings: LogSettings) {
        threshold = LogLevel(settings.level)
        hasAccessLines = settings.isAccessLogged && threshold <= .info
        successMillionths = min(settings.sampling.successMillionths, Self.whole)
        keepsAll = successMillionths == Self.whole
        let slow = settings.sampling.slow.components
        slowMicroseconds =
            UInt64(clamping: slow.seconds) * 1_000_000
            + UInt64(clamping: slow.attoseconds / 1_000_000_000_000)
    }

    /// Whether a request has no line, as its like have enough of them.
    ///
    /// Of each loop's successes exactly the configured share has one, evenly spread: no chance is
    /// in it. What failed or was slow always has one.
    @inline(__always)
    mutating func leavesOut(_ record: borrowing AccessRecord) -> Bool {
        keepsAll ? false : leavesOutSome(record)
    }

    private mutating func leavesOutSome(_ record: borrowing AccessRecord) -> Bool {
        guard isSuccess(record), record.durationMicroseconds < slowMicroseconds else {
            return false
        }
        owed += successMillionths
        guard owed >= Self.whole else { return true }
        owed -= Self.whole
        return false
    }

    private func isSuccess(_ record: borrowing AccessRecord) -> Bool {
        switch record.outcome {
        case .proxied, .answered, .tunneled: (record.status ?? 500) < 400
        default: false
        }
    }

    private static let whole: UInt32 = 1_000_000
}
