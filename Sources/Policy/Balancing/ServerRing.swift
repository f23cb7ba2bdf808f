/// Chooses among an upstream's endpoints, in turn and by weight, passing over those that fail.
///
/// Smooth weighted round robin: in each round an endpoint of weight 3 comes three times, spread
/// over it. An endpoint that cannot be connected to is set aside for 1 s, doubling to 30 s, as long
/// as another is not; with all of them set aside, all are tried.
///
/// - Units: instants are nanoseconds on any monotonic clock.
/// - Complexity: O(endpoints); O(1) for a single one.
package struct ServerRing: Sendable {
    private struct Seat: Sendable {
        /// 0 for an endpoint that is no more.
        var weight: Int
        /// Credit of the smooth round robin; their sum over all seats stays 0.
        var credit = 0
        /// Set aside until then; 0 if it is not.
        var setAsideUntil: UInt64 = 0
        /// How long it was set aside last; 0 after a success.
        var setAsideLength: UInt64 = 0
    }

    private var seats: [Seat]

    private static let setAsideFirst: UInt64 = 1_000_000_000
    private static let setAsideMax: UInt64 = 30_000_000_000

    /// - Parameter weights: One for each endpoint, 0 to 1000; 0 is never chosen.
    package init(weights: [Int]) {
        seats = weights.map { Seat(weight: $0) }
    }

    /// Seats another endpoint, as new, in the place of `index`, or behind the last one.
    package mutating func seat(weight: Int, at index: Int) {
        if index < seats.count {
            seats[index] = Seat(weight: weight)
        } else {
            seats.append(Seat(weight: weight))
        }
    }

    /// Endpoints that were ever seated, those of weight 0 included.
    package var count: Int { seats.count }

    /// The next endpoint's index; `nil` if every one was tried.
    package mutating func choose(at now: UInt64, passing tried: TriedEndpoints) -> Int? {
        if seats.count == 1 { return tried.contains(0) || seats[0].weight == 0 ? nil : 0 }
        let isAnyLive = seats.indices.contains { index in
            isOpen(index, passing: tried) && isLive(index, at: now)
        }
        var chosen: Int?
        var total = 0
        for index in seats.indices
        where isOpen(index, passing: tried) && (!isAnyLive || isLive(index, at: now)) {
            total += seats[index].weight
            seats[index].credit += seats[index].weight
            if let best = chosen, seats[best].credit >= seats[index].credit { continue }
            chosen = index
        }
        if let chosen { seats[chosen].credit -= total }
        return chosen
    }

    /// Notes that a connection could not be made.
    ///
    /// - Returns: How long the endpoint is set aside.
    package mutating func noteFailure(of index: Int, at now: UInt64) -> UInt64 {
        let length =
            seats[index].setAsideLength == 0
            ? Self.setAsideFirst : min(seats[index].setAsideLength * 2, Self.setAsideMax)
        seats[index].setAsideLength = length
        seats[index].setAsideUntil = now &+ length
        return length
    }

    /// Notes that a connection was made.
    ///
    /// - Returns: Whether the endpoint had failed before.
    package mutating func noteSuccess(of index: Int) -> Bool {
        guard seats[index].setAsideLength != 0 else { return false }
        seats[index].setAsideLength = 0
        seats[index].setAsideUntil = 0
        return true
    }

    private func isOpen(_ index: Int, passing tried: TriedEndpoints) -> Bool {
        seats[index].weight > 0 && !tried.contains(index)
    }

    private func isLive(_ index: Int, at now: UInt64) -> Bool {
        seats[index].setAsideUntil <= now
    }
}

/// Which endpoints a request has tried.
///
/// Beyond the 64th they count as tried, so that tries are
/// bounded.
@usableFromInline package struct TriedEndpoints: Equatable, Sendable {
    @usableFromInline var bits: UInt64 = 0

    @inlinable package init() {}

    /// Whether the endpoint is not to be tried again for this request.
    package func contains(_ index: Int) -> Bool { index > 63 || bits >> UInt64(index) & 1 == 1 }

    /// Notes that the endpoint was tried.
    package mutating func insert(_ index: Int) {
        if index < 64 { bits |= 1 << UInt64(index) }
    }
}
