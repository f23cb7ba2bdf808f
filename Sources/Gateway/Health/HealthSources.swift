import Synchronization
import Telemetry

/// Counters out of which health is told, looked at when it is asked for and at no other time.
final class HealthSources: Sendable {
    private let loops: [LoopMetrics]
    private let log: LogPipeline
    private let upstreamCount: Int

    private struct Look {
        let time: UInt64
        /// By upstream.
        let counts: [UpstreamCounts]
    }

    private struct State {
        var older: Look
        var newer: Look
        var linesDropped: UInt64
        /// 0 for never.
        var linesDroppedAt: UInt64 = 0
    }

    /// Held while a few counters of each upstream are read.
    private let state: Mutex<State>

    /// Two looks that are compared are so far apart at least, in nanoseconds.
    private static let span: UInt64 = 5_000_000_000
    /// Failures in this time that say more of an upstream than chance.
    private static let errorsMin: UInt64 = 5

    /// - Parameter now: Nanoseconds of the monotonic clock.
    init(_ loops: [LoopMetrics], upstreamCount: Int, log: LogPipeline, at now: UInt64) {
        self.loops = loops
        self.log = log
        self.upstreamCount = upstreamCount
        // What was counted before is no news.
        let counts = (0..<upstreamCount).map { upstream in
            loops.reduce(into: UpstreamCounts()) { $0.add($1.upstreamCounts(upstream)) }
        }
        let look = Look(time: now, counts: counts)
        state = Mutex(State(older: look, newer: look, linesDropped: log.droppedCount))
    }

    /// What has become of things since they were last looked at.
    struct News {
        /// By upstream: whether exchanges with it fail no less often than not.
        let failsOften: [Bool]
        let linesDroppedAt: UInt64
    }

    func news(at now: UInt64) -> News {
        let counts = (0..<upstreamCount).map { upstream in
            loops.reduce(into: UpstreamCounts()) { $0.add($1.upstreamCounts(upstream)) }
        }
        let dropped = log.droppedCount
        return state.withLock { state in
            if now >= state.newer.time, now - state.newer.time >= Self.span {
                state.older = state.newer
                state.newer = Look(time: now, counts: counts)
            }
            if dropped != state.linesDropped {
                state.linesDropped = dropped
                state.linesDroppedAt = max(1, now)
            }
            let failsOften = zip(counts, state.older.counts).map { later, earlier in
                let errors = later.errors &- earlier.errors
                return errors >= Self.errorsMin
                    && errors >= later.responses &- earlier.responses
            }
            return News(failsOften: failsOften, linesDroppedAt: state.linesDroppedAt)
        }
    }
}
