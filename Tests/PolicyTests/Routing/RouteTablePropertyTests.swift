import Testing

@testable import Policy

/// Random routes and requests over a small vocabulary, so that they meet often, against
/// ``RouteModel``.
@Suite struct RouteTablePropertyTests {
    private static let segments = [
        "a", "b", "ab", "", ".", "..", "%61", "%2e", "%2E%2e", "a%2Fb", "%2f", "a;x", ";", "..;",
        "a\\b",
        "%5C", "%25", "%2561", "%C3%A9", "%20", "...", "A", "%3B",
    ]
    private static let plainSegments = ["a", "b", "ab", "c"]
    private static let hosts = [
        "a.com", "b.a.com", "c.b.a.com", "com", "a.org", "A.Com:80", "b.a.com.",
    ]
    private static let hostPatterns = [
        "a.com", "*.a.com", "*.com", "b.a.com", "*.b.a.com", "a.org",
    ]

    @Test(arguments: 0..<40)
    func `random routes and requests come out as first match says`(_ seed: UInt64) {
        var random = RandomSource(seed: seed)
        for _ in 0..<20 {
            let routes = (0..<Int.random(in: 1...12, using: &random)).map { _ in
                Self.route(&random)
            }
            let pipeline = routes.pipeline
            let model = RouteModel(routes: routes)
            for _ in 0..<40 {
                let request = Self.request(&random)
                let decided = pipeline.decision(request)
                #expect(
                    decided == model.decision(request),
                    "\(request.method) \(request.host) \(request.target) of \(routes)")
            }
        }
    }

    @Test(arguments: 0..<20)
    func `an explanation's first match is the route that is decided`(_ seed: UInt64) {
        var random = RandomSource(seed: 1000 + seed)
        let routes = (0..<12).map { _ in Self.route(&random) }
        let pipeline = routes.pipeline
        for _ in 0..<100 {
            let request = Self.request(&random)
            let explanations = request.read { head, bytes in
                pipeline.explain(head, in: bytes, from: request.arrival)
            }
            #expect(explanations.map(\.route) == Array(routes.indices))
            guard let route = pipeline.verdict(request).route else { continue }
            #expect(explanations.first { $0.failed == nil }?.route == route)
        }
    }

    @Test(arguments: [10, 1000])
    func `each of many routes that begin alike takes its own requests`(_ count: Int) {
        let routes = (0..<count).flatMap { index in
            [
                RouteSample("/customers/customer-number-\(1000 + index)/*"),
                RouteSample("/pages/the-page-of-number-\(1000 + index)"),
                RouteSample(host: "the-shop-of-\(1000 + index).shops.example.com"),
                RouteSample("/x", host: "*.the-tenant-of-\(1000 + index).example.com"),
            ]
        }
        let pipeline = routes.pipeline
        for index in stride(from: 0, to: count, by: 7) {
            let number = 1000 + index
            let requests = [
                SentRequest("GET", "/customers/customer-number-\(number)/a"),
                SentRequest("GET", "/pages/the-page-of-number-\(number)"),
                SentRequest("GET", "/y", host: "The-Shop-Of-\(number).Shops.Example.Com"),
                SentRequest("GET", "/x", host: "a.the-tenant-of-\(number).example.com"),
            ]
            #expect(
                requests.compactMap { pipeline.verdict($0).route } == (0..<4).map { 4 * index + $0 }
            )
        }
        #expect(
            pipeline.decision(SentRequest("GET", "/customers/customer-number-999")) == "no_route")
    }

    @Test func `random bytes never trap`() {
        var random = RandomSource(seed: 11)
        let pipeline = (0..<12).map { _ in Self.route(&random) }.pipeline
        for _ in 0..<5000 {
            func noise(_ length: Int) -> String {
                let bytes = (0..<Int.random(in: 0...length, using: &random)).map { _ in
                    random.next() % 3 == 0
                        ? UInt8(truncatingIfNeeded: random.next())
                        : Array("/.%2eaF[:]".utf8)[Int(random.next() % 10)]
                }
                return String(decoding: bytes, as: UTF8.self)
            }
            var request = SentRequest(noise(4), "/" + noise(30), host: noise(20))
            request.fields = [("X-Forwarded-For", noise(30)), ("Origin", ""), (noise(8), noise(8))]
            _ = pipeline.verdict(request)
        }
    }

    private static func route(_ random: inout RandomSource) -> RouteSample {
        var route = RouteSample()
        if Int.random(in: 0..<3, using: &random) == 0 {
            route.host = hostPatterns.randomElement(using: &random)
        }
        let depth = Int.random(in: 0..<4, using: &random)
        let path = (0..<depth).map { _ in "/" + (plainSegments.randomElement(using: &random) ?? "")
        }.joined()
        switch Int.random(in: 0..<4, using: &random) {
        case 0: break
        case 1: route.path = path.isEmpty ? "/" : path
        default: route.path = path + "/*"
        }
        if Int.random(in: 0..<4, using: &random) == 0 {
            route.methods = [["GET"], ["POST"], ["GET", "PUT"]].randomElement(using: &random)
        }
        if Int.random(in: 0..<8, using: &random) == 0 { route.headers = ["X-Kind": "one"] }
        if Int.random(in: 0..<8, using: &random) == 0 { route.listener = "internal" }
        return route
    }

    private static func request(_ random: inout RandomSource) -> SentRequest {
        let isPlain = Bool.random(using: &random)
        let words = isPlain ? plainSegments : segments
        let depth = Int.random(in: 1..<5, using: &random)
        let path = (0..<depth).map { _ in "/" + (words.randomElement(using: &random) ?? "") }
            .joined()
        var request = SentRequest(
            ["GET", "HEAD", "POST", "PUT"].randomElement(using: &random) ?? "GET", path,
            host: hosts.randomElement(using: &random) ?? "")
        request.arrival.listener = Int.random(in: 0..<2, using: &random)
        if Bool.random(using: &random) { request = request.with("x-kind", "one") }
        return request
    }
}
