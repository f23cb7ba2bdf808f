/// The histogram's buckets: 0.5 1 2.5 5 10 25 50 100 250 500 ms, 1 2.5 5 10 30 s, and all above.
enum DurationBuckets {
    /// Buckets, the unbounded one included.
    static let count = 16

    /// Upper bounds, which belong to their bucket, as the page shows them.
    static let labels: [String] = [
        "0.0005", "0.001", "0.0025", "0.005", "0.01", "0.025", "0.05", "0.1", "0.25", "0.5",
        "1", "2.5", "5", "10", "30", "+Inf",
    ]

    /// The same as OpenMetrics wants them: its numbers are floating-point, and so say a fraction.
    static let openMetricsLabels = labels.map {
        $0.contains(".") || $0 == "+Inf" ? $0 : "\($0).0"
    }

    /// For each position of the highest bit the bound in microseconds that has it there, or else
    /// the next one below; no two bounds have the same.
    private static let bounds: InlineArray<64, UInt64> = [
        .max, .max, .max, .max, .max, .max, .max, .max, 500, 1000, 1000, 2500, 5000, 10_000,
        25_000, 50_000, 100_000, 250_000, 500_000, 1_000_000, 1_000_000, 2_500_000, 5_000_000,
        10_000_000, 30_000_000, 30_000_000, 30_000_000, 30_000_000, 30_000_000, 30_000_000,
        30_000_000, 30_000_000, 30_000_000, 30_000_000, 30_000_000, 30_000_000, 30_000_000,
        30_000_000, 30_000_000, 30_000_000, 30_000_000, 30_000_000, 30_000_000, 30_000_000,
        30_000_000, 30_000_000, 30_000_000, 30_000_000, 30_000_000, 30_000_000, 30_000_000,
        30_000_000, 30_000_000, 30_000_000, 30_000_000, 30_000_000, 30_000_000, 30_000_000,
        30_000_000, 30_000_000, 30_000_000, 30_000_000, 30_000_000, 30_000_000,
    ]
    /// The bucket that ends with that bound.
    private static let indices: InlineArray<64, UInt8> = [
        0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 10, 11, 12, 13, 14, 14,
        14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14,
        14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14, 14,
    ]

    /// The bucket of a duration, 0 to 15: one look at a table and one comparison.
    @inline(__always)
    static func index(ofMicroseconds value: UInt64) -> Int {
        let highestBit = 63 &- (value | 1).leadingZeroBitCount
        return Int(indices[highestBit]) &+ (value > bounds[highestBit] ? 1 : 0)
    }
}
