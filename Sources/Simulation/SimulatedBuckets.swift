package import Policy

/// What a call of the script by which gateways share buckets asks of one key.
package struct BucketAsk: Sendable {
    /// As the script spells them: see the script's own documentation for what each does.
    package enum Operation: String, CaseIterable, Sendable {
        case take, shadow, lease, back, charge
    }

    package var key: String
    package var shape: BucketShape
    package var operation: Operation
    package var cost: UInt64
    package var lease: UInt64

    package init(
        key: String, shape: BucketShape, operation: Operation, cost: UInt64 = 1, lease: UInt64 = 1
    ) {
        self.key = key
        self.shape = shape
        self.operation = operation
        self.cost = cost
        self.lease = lease
    }
}

/// What the script answers about one key, the server's clock apart.
package struct BucketResult: Equatable, Sendable {
    /// 0 for refused, 1 for admitted, 2 for admitted and leased.
    package var code: Int64
    package var full: BucketTime

    package init(code: Int64, full: BucketTime) {
        self.code = code
        self.full = full
    }
}

/// The script in Swift: buckets by key, which Policy's `Bucket` changes.
///
/// Tests play the same histories to this and to a real server, so that whoever simulates one
/// simulates what there is.
package struct SimulatedBuckets: Sendable {
    /// Those that are not full.
    package private(set) var buckets: [String: Bucket] = [:]

    package init() {}

    /// Asks about several keys, all or none.
    ///
    /// - Parameter now: Microseconds of the server's clock.
    package mutating func call(_ asks: [BucketAsk], at now: UInt64) -> [BucketResult] {
        var tried = asks.map { attempt($0, at: now) }
        let isRefused = zip(asks, tried).contains { ask, result in
            result.code == 0 && [.take, .lease].contains(ask.operation)
        }
        for (index, ask) in asks.enumerated() {
            if isRefused, ![.back, .charge].contains(ask.operation) {
                tried[index].code = min(1, tried[index].code)
                tried[index].full = unchanged(ask, at: now)
            }
            let bucket = Bucket(full: tried[index].full)
            // A clock that is set back finds no later instant of what was full.
            buckets[ask.key] = bucket.isFull(at: now) ? nil : bucket
        }
        return tried
    }

    /// Loses all keys.
    package mutating func removeAll() { buckets = [:] }

    private func bucket(_ ask: BucketAsk) -> Bucket { buckets[ask.key] ?? .untouched }

    /// The bucket as it is read: within what it can be at `now`.
    private func unchanged(_ ask: BucketAsk, at now: UInt64) -> BucketTime {
        var bucket = bucket(ask)
        bucket.charge(.zero, of: ask.shape, at: now)
        return bucket.full
    }

    private func attempt(_ ask: BucketAsk, at now: UInt64) -> BucketResult {
        var bucket = bucket(ask)
        let price = ask.shape.price(of: ask.cost)
        var code: Int64 = 1
        switch ask.operation {
        case .back: bucket.giveBack(price, of: ask.shape, at: now)
        case .charge: bucket.charge(price, of: ask.shape, at: now)
        case .take, .shadow:
            code = bucket.take(price, of: ask.shape, at: now) ? 1 : 0
        case .lease:
            var single = bucket
            if !single.take(price, of: ask.shape, at: now) {
                code = 0
                bucket = single
            } else if bucket.take(ask.shape.price(of: ask.lease), of: ask.shape, at: now) {
                code = 2
            } else {
                bucket = single
            }
        }
        return BucketResult(code: code, full: bucket.full)
    }
}
