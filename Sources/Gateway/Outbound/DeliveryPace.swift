/// How a receiver fares, and when it is tried again.
///
/// Its failures are told once when they begin, and its return once.
struct DeliveryPace {
    private(set) var isFailing = false
    /// Seconds until the next attempt, unless the receiver says otherwise.
    private var backoff = Self.backoffMin

    private static let backoffMin: Int64 = 1
    private static let backoffMax: Int64 = 30
    /// A receiver may ask for so much patience, and no more.
    private static let askedMax: Int64 = 300

    /// Takes note of a failure.
    ///
    /// - Parameter asked: Seconds that the receiver wants to be left alone; `nil` if it said
    ///   nothing.
    /// - Returns: Whether it is the first, and how long to wait.
    mutating func noteFailure(asked: Int64?) -> (isFirst: Bool, pause: Duration) {
        let isFirst = !isFailing
        isFailing = true
        let own = backoff
        backoff = min(backoff * 2, Self.backoffMax)
        let seconds = asked.map { min(max($0, own), Self.askedMax) } ?? own
        return (isFirst, .seconds(seconds))
    }

    /// Takes note of a delivery.
    ///
    /// - Returns: Whether it is the first after failures.
    mutating func noteSuccess() -> Bool {
        defer { isFailing = false }
        backoff = Self.backoffMin
        return isFailing
    }

    /// What `Retry-After` says, in seconds; a date says nothing here.
    static func seconds(_ retryAfter: String?) -> Int64? {
        guard let retryAfter, retryAfter.utf8.count <= 9,
            retryAfter.utf8.allSatisfy({ (0x30...0x39).contains($0) })
        else { return nil }
        return Int64(retryAfter)
    }
}
