/// The loops' numbers at one moment, to be compared with those of another.
package struct TrafficSample: Sendable {
    private let totals: MetricTotals
    /// What its indices stand for.
    package let names: MetricNames

    /// Reads all loops, which were made for `names` and go on counting meanwhile.
    package init(loops: [LoopMetrics], names: MetricNames) {
        totals = MetricTotals(loops, names, hasExemplars: false)
        self.names = names
    }

    /// What happened since another moment of the same loops; since their start without one.
    ///
    /// Nothing, if things were counted under other names then.
    package func since(_ earlier: TrafficSample?) -> Traffic {
        let isComparable = earlier.map { names.isSame(as: $0.names) } ?? true
        let before = isComparable ? earlier?.totals : totals
        var statuses = Array(
            repeating: Array(repeating: UInt64(0), count: Traffic.Share.classCount),
            count: names.routes.count + 1)
        for (key, count) in totals.requests where statuses.indices.contains(key.route) {
            let place = min(Int(key.status) / 100, Traffic.Share.classCount - 1)
            statuses[key.route][place] += count &- (before?.requests[key] ?? 0)
        }
        func cell(_ index: Int) -> UInt64 { totals.cells[index] &- (before?.cells[index] ?? 0) }
        func buckets(_ row: Int) -> [UInt64] { (row..<(row + DurationBuckets.count)).map(cell) }
        let shape = totals.shape
        let shares = statuses.indices.map { route in
            Traffic.Share(classes: statuses[route], buckets: buckets(shape.route(route)))
        }
        return Traffic(
            routes: shares,
            upstreams: names.upstreams.indices.map { upstream in
                let row = shape.upstreamRow(upstream)
                let errors = UpstreamFailure.allCases.reduce(UInt64(0)) {
                    $0 &+ cell(row + UpstreamCell.errors + Int($1.rawValue))
                }
                return Traffic.UpstreamShare(buckets: buckets(row), errors: errors)
            })
    }

    /// What became of requests by a rate limit since the start, as counted by one store.
    package func decisions(ofLimit limit: Int, by store: LimitStore, _ decision: LimitDecision)
        -> UInt64
    {
        totals.cells[totals.shape.limit(limit, decision, store)]
    }

    /// What became of deliveries to a webhook since the start.
    package func verifications(ofWebhook webhook: Int, _ result: WebhookResult) -> UInt64 {
        totals.cells[totals.shape.webhook(webhook, result)]
    }

    /// Connections to an upstream in a state now.
    package func connections(toUpstream upstream: Int, _ state: UpstreamConnectionState) -> UInt64 {
        let row = totals.shape.upstreamRow(upstream) + UpstreamCell.connections
        return UInt64(max(0, Int64(bitPattern: totals.cells[row + Int(state.rawValue)])))
    }

    /// Clients' connections of a listener: opened since the start, and open now.
    package func connections(ofListener listener: Int) -> (opened: UInt64, open: UInt64) {
        let opened = totals.listener(listener, .opened)
        let closed = totals.listener(listener, .closed)
        // A close can be seen before its open when another loop's cells are read in between.
        return (opened, opened > closed ? opened - closed : 0)
    }
}

/// What happened between two moments.
package struct Traffic: Sendable {
    /// Some requests, by status and by how long they took.
    package struct Share: Sendable {
        /// Without a response, then 1xx to 5xx and above.
        package private(set) var classes: [UInt64]
        private var buckets: [UInt64]

        static var classCount: Int { 6 }

        init(classes: [UInt64], buckets: [UInt64]) {
            self.classes = classes
            self.buckets = buckets
        }

        /// Requests.
        package var count: UInt64 { classes.reduce(0, &+) }

        /// Adds others.
        mutating func add(_ other: Share) {
            for index in classes.indices { classes[index] &+= other.classes[index] }
            for index in buckets.indices { buckets[index] &+= other.buckets[index] }
        }

        /// Microseconds within which so many of a thousand requests were answered, as well as the
        /// histogram tells; `nil` without any request.
        package func quantile(thousandths: UInt64) -> UInt64? {
            Quantile.microseconds(thousandths: thousandths, of: buckets)
        }
    }

    /// What an upstream did.
    package struct UpstreamShare: Sendable {
        private let buckets: [UInt64]
        /// Failures of its servers, whether or not another one helped out.
        package let errors: UInt64

        init(buckets: [UInt64], errors: UInt64) {
            self.buckets = buckets
            self.errors = errors
        }

        /// Responses.
        package var count: UInt64 { buckets.reduce(0, &+) }

        /// As ``Share/quantile(thousandths:)``.
        package func quantile(thousandths: UInt64) -> UInt64? {
            Quantile.microseconds(thousandths: thousandths, of: buckets)
        }
    }

    /// Requests without a route, then those of each route.
    package let routes: [Share]
    /// In the order of the snapshot.
    package let upstreams: [UpstreamShare]

    /// All requests together.
    package var all: Share {
        routes.dropFirst().reduce(into: routes[0]) { $0.add($1) }
    }
}

/// Estimates out of a histogram.
private enum Quantile {
    /// Upper bounds of all buckets but the last, in microseconds.
    static let bounds: [UInt64] = [
        500, 1000, 2500, 5000, 10_000, 25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000,
        2_500_000, 5_000_000, 10_000_000, 30_000_000,
    ]

    /// As if what a bucket holds were spread evenly over it; the last bound for what lies above.
    static func microseconds(thousandths: UInt64, of buckets: [UInt64]) -> UInt64? {
        let total = buckets.reduce(0, &+)
        // A count that was read between its parts may be off by some; never by so many.
        guard total > 0, total < 1 << 48 else { return nil }
        let rank = max(1, (total * thousandths + 999) / 1000)
        var below: UInt64 = 0
        for (index, held) in buckets.enumerated() where held > 0 {
            guard below + held >= rank else {
                below += held
                continue
            }
            guard index < bounds.count else { break }
            let start = index == 0 ? 0 : bounds[index - 1]
            return start + (bounds[index] - start) * (rank - below) / held
        }
        return bounds.last
    }
}

/// How often an upstream answered and failed, as one loop or several have counted since the start.
package struct UpstreamCounts: Sendable {
    package private(set) var responses: UInt64 = 0
    /// Failures of its servers, whether or not another one helped out.
    package private(set) var errors: UInt64 = 0

    /// None.
    package init() {}

    init(responses: UInt64, errors: UInt64) {
        self.responses = responses
        self.errors = errors
    }

    /// Adds another loop's.
    package mutating func add(_ other: UpstreamCounts) {
        responses &+= other.responses
        errors &+= other.errors
    }
}

extension LoopMetrics {
    /// What this loop has counted of an upstream, read without allocating.
    package func upstreamCounts(_ upstream: Int) -> UpstreamCounts {
        let row = shape.upstream(upstream)
        var responses: UInt64 = 0
        for bucket in 0..<DurationBuckets.count { responses &+= cellValue(row + bucket) }
        var errors: UInt64 = 0
        for reason in 0..<UpstreamFailure.allCases.count {
            errors &+= cellValue(row + UpstreamCell.errors + reason)
        }
        return UpstreamCounts(responses: responses, errors: errors)
    }
}
