import Testing

/// However many clients race through however many gateways, a key is admitted what its limit says.
@Suite(.staged, .serialized) struct ExactnessTests {
    static let seconds = 3.0
    static let rate = 5.0
    static let burst = 10.0

    /// When the clients of one key asked, and how often they were let pass.
    struct Key {
        private var first: Load.Sample?
        private var last: Load.Sample?
        private(set) var admitted = 0
        private(set) var asked = 0
        private var times: [Double] = []

        /// Seconds in which nobody asked, and a full bucket let tokens go by; a busy machine has
        /// some.
        var idle: Double {
            let times = times.sorted()
            return zip(times, times.dropFirst()).reduce(0) { sum, pair in
                sum + max(0, pair.1 - pair.0 - 1 / ExactnessTests.rate)
            }
        }

        mutating func note(_ sample: Load.Sample) {
            times.append(sample.ended)
            first = first.map { $0.began < sample.began ? $0 : sample } ?? sample
            last = last.map { $0.ended > sample.ended ? $0 : sample } ?? sample
            asked += 1
            if sample.status == 200 { admitted += 1 }
        }

        /// What was there, and what flowed in from the first decision to the last, which were at
        /// some time between a request and its answer.
        var allowed: ClosedRange<Double> {
            guard let first, let last else { return 0...0 }
            let least = burst + rate * (last.began - first.ended)
            return least...burst + rate * (last.ended - first.began)
        }
    }

    private func race(through gateways: [LimitedGateway], keys: Int) throws -> [Key] {
        let ports = gateways.map(\.apus.port)
        let load = Load(clients: 8, pause: 0) { client, number in
            let key = (client * 7 + number) % keys
            let port = ports[(client + number / keys) % ports.count]
            return (port, key, get("/", "X-Key: key-\(key)\r\n"))
        }
        pass(seconds: Self.seconds)
        var found = Array(repeating: Key(), count: keys)
        for sample in try load.end() {
            #expect(sample.status == 200 || sample.status == 429)
            found[sample.kind].note(sample)
        }
        return found
    }

    /// Not one more than is allowed, and less only by what is not whole yet.
    private func expect(
        _ key: Key, missing: Double, location: SourceLocation = #_sourceLocation
    ) {
        #expect(Double(key.asked) > key.allowed.upperBound, sourceLocation: location)
        #expect(Double(key.admitted) <= key.allowed.upperBound, sourceLocation: location)
        #expect(
            Double(key.admitted) >= key.allowed.lowerBound - missing - Self.rate * key.idle,
            sourceLocation: location)
    }

    private func gateway(
        _ place: BucketPlace, workers: Int = 1, lease: Int = 1, server: RedisServer? = nil
    ) throws -> LimitedGateway {
        let limit = "rate: 5/s, burst: 10, key: \"header:X-Key\", lease: \(lease)"
        return try LimitedGateway(
            place, limits: "each: { \(limit) }",
            routes: """
                - name: all
                  match: { path: /* }
                  rate_limits: [each]
                  respond: { status: 200, body: ok }
                """, with: "server: { workers: \(workers) }", server: server)
    }

    @Test func `two gateways on one Redis admit what one bucket holds`() throws {
        let server = try RedisServer()
        let gateways = [
            try gateway(.redis, workers: 2, server: server), try gateway(.redis, server: server),
        ]
        for gateway in gateways { try gateway.awaitLoops("each", get("/", "X-Key: first\r\n")) }
        let before = try gateways.map { try $0.decided("each", "admitted", by: "local") }
        for key in try race(through: gateways, keys: 50) {
            expect(key, missing: 1)
        }
        for gateway in gateways {
            #expect(try gateway.decided("each", "admitted", by: "redis") > 0)
        }
        let after = try gateways.map { try $0.decided("each", "admitted", by: "local") }
        #expect(before == after)
    }

    @Test func `the loops of one gateway admit what one bucket holds`() throws {
        for key in try race(through: [gateway(.memory, workers: 2)], keys: 50) {
            expect(key, missing: 1)
        }
    }

    @Test func `leases admit no more than what all loops may hold beyond it`() throws {
        let server = try RedisServer()
        let gateways = [
            try gateway(.redis, workers: 2, lease: 3, server: server),
            try gateway(.redis, lease: 3, server: server),
        ]
        for key in try race(through: gateways, keys: 10) {
            expect(key, missing: 1 + 3 * 3)
        }
    }
}
