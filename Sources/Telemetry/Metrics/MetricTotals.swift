/// The loops' numbers added up.
///
/// Loops go on counting meanwhile, so two numbers may be some requests apart; each is right by
/// itself, and none ever falls.
struct MetricTotals {
    let shape: Shape
    private(set) var cells: [UInt64]
    private(set) var requests: [RequestTable.Key: UInt64] = [:]
    private(set) var overflow: UInt64 = 0
    /// By route and bucket, the latest of all loops; empty where nobody asks for them.
    private var exemplars: [Exemplar?] = []

    init(_ loops: [LoopMetrics], _ names: MetricNames, hasExemplars: Bool) {
        shape = Shape(names, MetricSeats(names))
        cells = Array(repeating: 0, count: shape.cellCount)
        for loop in loops {
            precondition(
                loop.shape.cellCount == shape.cellCount, "loops and names of one configuration")
            loop.addCells(to: &cells)
            loop.mergeRequests(into: &requests)
            overflow += loop.requestOverflow
        }
        if hasExemplars { takeExemplars(of: loops) }
    }

    private mutating func takeExemplars(of loops: [LoopMetrics]) {
        exemplars.reserveCapacity(shape.routeCount * DurationBuckets.count)
        for route in 0..<shape.routeCount {
            for bucket in 0..<DurationBuckets.count {
                let place = DurationPlace(route: route, bucket: bucket)
                var latest: Exemplar?
                for loop in loops {
                    guard let exemplar = loop.exemplar(place) else { continue }
                    if exemplar.nanoseconds >= latest?.nanoseconds ?? 0 { latest = exemplar }
                }
                exemplars.append(latest)
            }
        }
    }

    /// Of a route's buckets, one each; none where nobody asks for them.
    func exemplars(ofRoute route: Int) -> ArraySlice<Exemplar?> {
        guard !exemplars.isEmpty else { return [] }
        let start = route * DurationBuckets.count
        return exemplars[start..<(start + DurationBuckets.count)]
    }

    func listener(_ index: Int, _ cell: ListenerCell) -> UInt64 {
        cells[shape.listener(index) + cell.rawValue]
    }
}
