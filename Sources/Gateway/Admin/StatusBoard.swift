import Linux
import Synchronization
import Telemetry

/// What the counters said in the last seconds: rates and percentiles are differences of these.
final class StatusBoard: Sendable {
    private struct Moment {
        let time: MonotonicInstant
        let traffic: TrafficSample
        let linesDropped: UInt64
    }

    private let crew: WorkerCrew
    private let log: LogPipeline
    /// The latest last.
    ///
    /// Guard: the mutex.
    private let moments = Mutex<[Moment]>([])

    /// Moments that are kept, a second apart.
    private static let countMax = 11
    /// Failures in this time that say more of an upstream than chance.
    private static let errorsMin: UInt64 = 5

    init(_ crew: WorkerCrew, log: LogPipeline) {
        self.crew = crew
        self.log = log
        note(at: Clock.monotonic())
    }

    /// Notes a moment, to be called once a second, and what it says of the process' health.
    func note(at now: MonotonicInstant) {
        let moment = Moment(
            time: now, traffic: sample(), linesDropped: log.droppedCount)
        let first = moments.withLock { moments -> Moment? in
            let previous = moments.last
            moments.append(moment)
            if moments.count > Self.countMax { moments.removeFirst() }
            if let previous, previous.linesDropped != moment.linesDropped {
                crew.commons.operations.health.noteLinesDropped(at: now.nanoseconds)
            }
            return moments.first
        }
        guard let first else { return }
        let traffic = moment.traffic.since(first.traffic)
        for (index, share) in traffic.upstreams.enumerated() {
            crew.commons.operations.health.noteErrors(
                index, areMany: share.errors >= Self.errorsMin && share.errors >= share.count)
        }
    }

    /// What happened in the last seconds, up to this moment.
    func recent(at now: MonotonicInstant) -> Recent {
        let traffic = sample()
        guard let first = moments.withLock({ $0.first }) else {
            return Recent(totals: traffic, traffic: traffic.since(nil), milliseconds: 1)
        }
        let length = now.nanoseconds(since: first.time) / 1_000_000
        return Recent(
            totals: traffic, traffic: traffic.since(first.traffic), milliseconds: max(1, length))
    }

    struct Recent {
        let totals: TrafficSample
        let traffic: Traffic
        /// The time that ``traffic`` is about.
        let milliseconds: UInt64
    }

    private func sample() -> TrafficSample { TrafficSample(loops: crew.metrics, names: crew.names) }
}
