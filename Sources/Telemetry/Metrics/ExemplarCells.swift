/// A bucket of the durations of one route: what ``LoopMetrics`` counted a request in.
package struct DurationPlace: Sendable {
    /// Below the routes, the one for none included, times the buckets.
    fileprivate let index: Int

    init(route: Int, bucket: Int) { index = route &* DurationBuckets.count &+ bucket }
}

/// One request that a bucket counts, by its trace.
struct Exemplar: Equatable {
    var traceHigh: UInt64
    var traceLow: UInt64
    var microseconds: UInt64
    /// Since the epoch.
    var nanoseconds: UInt64
}

/// The latest trace of each bucket of each route, at most one a second.
///
/// A row has a sequence number, which is odd while its writer is at it: whoever reads the same even
/// number before and after has read a row that belongs together. No one waits for anyone.
struct ExemplarCells: ~Copyable, Sendable {
    private let cells: CounterCells

    private static let rowLength = 5
    /// How long an exemplar stays, in nanoseconds: a busy bucket costs a comparison a request.
    private static let stay: UInt64 = 1_000_000_000

    init(routeCount: Int) {
        cells = CounterCells(count: routeCount * DurationBuckets.count * Self.rowLength)
    }

    @inline(__always)
    func isDue(_ place: DurationPlace, at now: UInt64) -> Bool {
        now &- cells[place.index &* Self.rowLength &+ 1] >= Self.stay
    }

    /// The writer's call alone.
    func note(
        _ place: DurationPlace, trace: borrowing Span<UInt8>, microseconds: UInt64, at now: UInt64
    ) {
        guard trace.count == 32, let high = Self.word(trace, from: 0),
            let low = Self.word(trace, from: 16)
        else { return }
        let row = place.index * Self.rowLength
        let sequence = cells[row]
        // Every store releases: none of them is seen before the odd number is.
        cells.publish(sequence &+ 1, at: row)
        cells.publish(now, at: row + 1)
        cells.publish(high, at: row + 2)
        cells.publish(low, at: row + 3)
        cells.publish(microseconds, at: row + 4)
        cells.publish(sequence &+ 2, at: row)
    }

    /// `nil` where none is kept, or one is being written now; anyone's call.
    func value(_ place: DurationPlace) -> Exemplar? {
        let row = place.index * Self.rowLength
        let sequence = cells.published(row)
        guard sequence != 0, sequence & 1 == 0 else { return nil }
        // Every load acquires: the second look at the number comes after all of them.
        let nanoseconds = cells.published(row + 1)
        let high = cells.published(row + 2)
        let low = cells.published(row + 3)
        let microseconds = cells.published(row + 4)
        guard cells.published(row) == sequence else { return nil }
        return Exemplar(
            traceHigh: high, traceLow: low, microseconds: microseconds, nanoseconds: nanoseconds)
    }

    /// What 16 hexadecimal digits say; `nil` for anything else.
    private static func word(_ digits: borrowing Span<UInt8>, from start: Int) -> UInt64? {
        var value: UInt64 = 0
        for index in start..<(start + 16) {
            let digit: UInt8
            switch digits[index] {
            case 0x30...0x39: digit = digits[index] &- 0x30
            case 0x61...0x66: digit = digits[index] &- 0x57
            case 0x41...0x46: digit = digits[index] &- 0x37
            default: return nil
            }
            value = value &<< 4 | UInt64(digit)
        }
        return value
    }
}
