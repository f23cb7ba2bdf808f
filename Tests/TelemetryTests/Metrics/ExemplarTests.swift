import Synchronization
import Testing

@testable import Telemetry

struct ExemplarTests {
    private static let second: UInt64 = 1_000_000_000
    private static let now: UInt64 = 1_772_368_500 * second

    /// Counts a request and keeps its trace, as a loop does.
    private func count(
        _ trace: String, microseconds: UInt64 = 700, at now: UInt64 = ExemplarTests.now,
        route: UInt16? = 0, in loop: LoopMetrics
    ) {
        let record = finishedRecord(status: 200, microseconds: microseconds, route: route)
        let place = loop.requestFinished(record, method: 0)
        guard loop.isExemplarDue(place, at: now) else { return }
        let bytes = Array(trace.utf8)
        loop.noteExemplar(place, trace: bytes.span, microseconds: microseconds, at: now)
    }

    private func exemplars(_ loops: [LoopMetrics]) -> [String] {
        page(loops, format: .openMetrics).filter { $0.contains(" # ") && $0.first != "#" }
    }

    private let trace = "0123456789abcdef00000000000000ff"

    @Test func `a bucket shows the trace of a request that it counts`() {
        let loop = LoopMetrics(names: sampleNames)
        count(trace, in: loop)
        let bucket = #"apus_http_request_duration_seconds_bucket{route="app",le="0.001"} 1"#
        #expect(
            exemplars([loop])
                == [bucket + " # {trace_id=\"\(trace)\"} 0.000700 1772368500.000000"])
        // The text format has no place for it.
        #expect(page([loop]).contains(bucket))
    }

    @Test func `a bucket changes its trace once a second at most`() {
        let loop = LoopMetrics(names: sampleNames)
        let other = String(repeating: "a", count: 32)
        count(trace, in: loop)
        count(other, at: Self.now + Self.second - 1, in: loop)
        #expect(exemplars([loop]).allSatisfy { $0.contains(trace) })
        count(other, at: Self.now + Self.second, in: loop)
        #expect(exemplars([loop]).count == 1)
        #expect(exemplars([loop]).allSatisfy { $0.contains(other) })
    }

    @Test func `of several loops the latest trace is shown`() {
        let loops = (0..<3).map { _ in LoopMetrics(names: sampleNames) }
        let traces = (1...3).map { String(repeating: "\($0)", count: 32) }
        for (loop, (trace, age)) in zip(loops, zip(traces, [2, 0, 1] as [UInt64])) {
            count(trace, at: Self.now - age, in: loop)
        }
        #expect(exemplars(loops).count == 1)
        #expect(exemplars(loops).allSatisfy { $0.contains(traces[1]) })
    }

    @Test(arguments: [
        "", "0123", "0123456789abcdef00000000000000fg", "0123456789abcdef00000000000000ff0",
    ])
    func `what is no trace is not kept`(_ text: String) {
        let loop = LoopMetrics(names: sampleNames)
        count(text, in: loop)
        count(text, route: nil, in: loop)
        #expect(exemplars([loop]).isEmpty)
    }

    @Test func `every bucket of every route has a place of its own`() {
        let loop = LoopMetrics(names: sampleNames)
        var number = 0
        for route in [nil, 0, 1] as [UInt16?] {
            for power in 0..<16 {
                number += 1
                let digits = String(number, radix: 16)
                let trace = String(repeating: "0", count: 32 - digits.count) + digits
                let bounds: [UInt64] = [
                    500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000,
                    1_000_000, 2_500_000, 5_000_000, 10_000_000, 30_000_000, 60_000_000,
                ]
                count(trace, microseconds: bounds[power], route: route, in: loop)
            }
        }
        #expect(exemplars([loop]).count == 48)
        #expect(Set(exemplars([loop]).compactMap { $0.split(separator: "\"").last }).count == 16)
    }

    @Test func `a reader never sees parts of two traces`() async {
        let cells = Shared(ExemplarCells(routeCount: 1))
        let place = DurationPlace(route: 0, bucket: 3)
        let isDone = Flag()
        async let seen = Task.detached {
            var count = 0
            while !isDone.value {
                guard let exemplar = cells.value.value(place) else { continue }
                count += 1
                // All four say the same number.
                #expect(exemplar.traceHigh == exemplar.traceLow)
                #expect(exemplar.microseconds == exemplar.traceHigh)
                #expect(exemplar.nanoseconds == exemplar.traceHigh)
            }
            return count
        }.value
        let digits = Array("0123456789abcdef".utf8)
        for number in 1...200_000 as ClosedRange<UInt64> {
            let half = (0..<16).map { digits[Int(number >> (60 - 4 * $0) & 0xF)] }
            let trace = half + half
            cells.value.note(place, trace: trace.span, microseconds: number, at: number)
        }
        isDone.set()
        _ = await seen
        #expect(cells.value.value(place)?.traceLow == 200_000)
    }
}

/// Lets two threads have what cannot be copied.
private final class Shared: Sendable {
    let value: ExemplarCells

    init(_ value: consuming ExemplarCells) { self.value = value }
}

private final class Flag: Sendable {
    private let flag = Atomic(false)

    var value: Bool { flag.load(ordering: .acquiring) }
    func set() { flag.store(true, ordering: .releasing) }
}
