import Linux
import Reactor
import Synchronization
import Telemetry

/// What the counters said in the last seconds: rates and percentiles are differences of these.
///
/// Moments are noted while somebody asks, and for some minutes after: a process that nobody looks
/// at does no work for it.
final class StatusBoard: Sendable {
    private struct Moment {
        let time: MonotonicInstant
        let traffic: TrafficSample
    }

    private struct Watch {
        /// The latest last.
        var moments: [Moment] = []
        var isRunning = false
        var lastAsked = MonotonicInstant(nanoseconds: 0)
    }

    private let crew: WorkerCrew
    private let loop: ControlLoop
    /// Guard: the mutex, held for the copy of a few references.
    private let watch: Mutex<Watch>

    /// Moments that are kept, a second apart.
    private static let countMax = 11
    private static let period: Duration = .seconds(1)
    /// For how long moments are noted for somebody who has asked, in nanoseconds.
    private static let interest: UInt64 = 300_000_000_000

    init(_ crew: WorkerCrew, loop: ControlLoop) {
        self.crew = crew
        self.loop = loop
        let start = Moment(
            time: Clock.monotonic(),
            traffic: TrafficSample(crew.standing))
        watch = Mutex(Watch(moments: [start]))
    }

    struct Recent {
        let totals: TrafficSample
        let traffic: Traffic
        /// The time that ``traffic`` is about.
        let milliseconds: UInt64
    }

    /// What happened in the last seconds, or since somebody last asked, up to this moment.
    func recent(at now: MonotonicInstant) -> Recent {
        let totals = sample()
        let (first, begins) = watch.withLock { watch -> (Moment?, Bool) in
            defer { watch.isRunning = true }
            watch.lastAsked = now
            return (watch.moments.first, !watch.isRunning)
        }
        if begins { loop.begin { [self] in await noteMoments() } }
        let length = first.map { now.nanoseconds(since: $0.time) / 1_000_000 } ?? 0
        return Recent(
            totals: totals, traffic: totals.since(first?.traffic), milliseconds: max(1, length))
    }

    private func sample() -> TrafficSample { TrafficSample(crew.standing) }

    private func noteMoments() async {
        repeat {
            let moment = Moment(time: Clock.monotonic(), traffic: sample())
            watch.withLock { watch in
                watch.moments.append(moment)
                // What came before nobody asked is no part of the last seconds.
                let isOld = { (other: Moment) in
                    moment.time.nanoseconds(since: other.time) > 20_000_000_000
                }
                watch.moments.removeAll(where: isOld)
                if watch.moments.count > Self.countMax { watch.moments.removeFirst() }
            }
            await loop.sleep(for: Self.period)
        } while isWanted(at: Clock.monotonic())
    }

    private func isWanted(at now: MonotonicInstant) -> Bool {
        watch.withLock { watch in
            watch.isRunning = now.nanoseconds(since: watch.lastAsked) < Self.interest
            return watch.isRunning
        }
    }
}

extension TrafficSample {
    fileprivate init(_ standing: WorkerCrew.Standing) {
        self.init(loops: standing.metrics, names: standing.names)
    }
}
