import Testing

@testable import Telemetry

@Suite struct TrafficSampleTests {
    private let loops = [LoopMetrics(names: sampleNames), LoopMetrics(names: sampleNames)]

    private func sample() -> TrafficSample { TrafficSample(loops: loops, names: sampleNames) }

    @Test func `only what happened in between counts`() {
        loops[0].requestFinished(finishedRecord(status: 500, microseconds: 9_000_000), method: 0)
        let before = sample()
        for _ in 0..<3 {
            loops[0].requestFinished(finishedRecord(status: 200, microseconds: 100), method: 0)
        }
        loops[1].requestFinished(finishedRecord(status: 404, microseconds: 100), method: 1)
        loops[1].requestFinished(
            finishedRecord(status: nil, microseconds: 100, route: nil), method: 1)
        let traffic = sample().since(before)
        #expect(traffic.all.count == 5)
        #expect(traffic.all.classes == [1, 0, 3, 0, 1, 0])
        #expect(traffic.routes[0].classes == [1, 0, 0, 0, 0, 0])
        #expect(sample().since(nil).all.count == 6)
        #expect(sample().since(sample()).all.count == 0)
        #expect(sample().since(sample()).all.quantile(thousandths: 500) == nil)
    }

    @Test func `percentiles lie within the bucket that holds them`() {
        let before = sample()
        for _ in 0..<90 {
            loops[0].requestFinished(finishedRecord(status: 200, microseconds: 700), method: 0)
        }
        for _ in 0..<10 {
            loops[1].requestFinished(
                finishedRecord(status: 200, microseconds: 40_000_000), method: 0)
        }
        let share = sample().since(before).all
        let half = share.quantile(thousandths: 500) ?? 0
        #expect((500...1000).contains(half))
        #expect(share.quantile(thousandths: 900) == 1000)
        // Nothing is known above the last bound.
        #expect(share.quantile(thousandths: 990) == 30_000_000)
    }

    @Test func `connections are those of now`() {
        loops[0].connectionOpened(listener: 0)
        loops[0].connectionOpened(listener: 0)
        loops[1].connectionClosed(listener: 0)
        #expect(sample().connections(ofListener: 0) == (2, 1))
        loops[1].upstreamConnectionMoved(0, from: .none, to: .active)
        #expect(sample().connections(toUpstream: 0, .active) == 1)
        #expect(sample().connections(toUpstream: 0, .idle) == 0)
    }

    @Test func `a time is told as log lines tell it`() {
        let clock = LogClock(nowMillisecondsSinceEpoch: 1_769_904_000_123)
        #expect(clock.text == "2026-02-01T00:00:00.123Z")
    }
}
