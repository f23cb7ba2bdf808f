import Foundation
import Testing

/// What clients are told of limits, and what they can rely on.
@Suite(.staged) struct RefusalsTests {
    static let limits = """
        wide: { rate: 600/min, burst: 5, key: "header:X-Key" }
        tight: { rate: 60/min, burst: 2, key: "header:X-Key" }
        watched: { rate: 1/h, burst: 1, key: "header:X-Key", mode: shadow }
        legacy: { rate: 2/h, key: "header:X-Key", headers: legacy }
        both: { rate: 2/h, key: "header:X-Key", headers: both }
        silent: { rate: 1/h, key: "header:X-Key", headers: none }
        """
    static let routes = """
        - { name: live, match: { path: /live }, health: live }
        - { name: two, match: { path: /two }, cors: app, rate_limits: [wide, tight], upstream: app }
        - { name: wide, match: { path: /wide }, rate_limits: [wide], upstream: app }
        - { name: watched, match: { path: /watched }, rate_limits: [watched], upstream: app }
        - { name: legacy, match: { path: /legacy }, rate_limits: [legacy], upstream: app }
        - { name: both, match: { path: /both }, rate_limits: [both], upstream: app }
        - { name: silent, match: { path: /silent }, rate_limits: [silent], upstream: app }
        - name: costly
          match: { path: /costly }
          rate_limits: [{ limit: wide, cost: 4 }]
          upstream: app
        """

    private func gateway(_ place: BucketPlace) throws -> LimitedGateway {
        try LimitedGateway(
            place, limits: Self.limits, routes: Self.routes,
            with: "cors: { app: { origins: [\"https://a.example\"] } }")
    }

    private struct Violations: Decodable {
        let violatedPolicies: [String]

        enum CodingKeys: String, CodingKey { case violatedPolicies = "violated-policies" }
    }

    @Test(arguments: BucketPlace.allCases)
    func `a limit that refuses has the others take nothing`(place: BucketPlace) throws {
        let gateway = try gateway(place)
        let wire = try gateway.apus.connect()
        let request = get("/two", "X-Key: a\r\nOrigin: https://a.example\r\n")
        #expect(
            try wire.ask(request)["RateLimit"] == "\"wide\";r=4;t=1, \"tight\";r=1;t=1")
        #expect(try wire.ask(request).status == 200)
        for _ in 0..<20 {
            let refusal = try wire.ask(request)
            #expect(refusal.status == 429)
            #expect(
                try JSONDecoder().decode(Violations.self, from: Data(refusal.body))
                    .violatedPolicies == ["tight"])
        }
        // Three are left of five, and nothing else has taken any.
        let left = try wire.ask(get("/wide", "X-Key: a\r\n"))
        #expect(try #require(left["RateLimit"]).wholeMatch(of: /"wide";r=[234](;t=1)?/) != nil)
    }

    @Test(arguments: BucketPlace.allCases)
    func `a refusal is as dressed as any answer`(place: BucketPlace) throws {
        let gateway = try gateway(place)
        let request = get("/two", "X-Key: a\r\nOrigin: https://a.example\r\n")
        _ = try gateway.statuses(request, 2)
        let refusal = try gateway.apus.ask(request)
        #expect(refusal.status == 429)
        #expect(refusal["Retry-After"] == "1")
        #expect(refusal["RateLimit"] == "\"tight\";r=0;t=1")
        #expect(refusal["RateLimit-Policy"] == "\"tight\";q=2;w=2")
        #expect(refusal["Access-Control-Allow-Origin"] == "https://a.example")
        let exposed = try #require(refusal["Access-Control-Expose-Headers"])
        for name in ["RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-ID"] {
            #expect(exposed.contains(name))
        }
        #expect(refusal["X-Content-Type-Options"] == "nosniff")
        #expect(refusal["X-Request-ID"] != nil)
        let problem = try refusal.problem()
        #expect(problem.code == "rate_limited")
        #expect(problem.type == "https://iana.org/assignments/http-problem-types#quota-exceeded")
        #expect(problem.retryAfter == 1)
        try gateway.apus.expect("apus_http_outcomes_total{outcome=\"rate_limited\"}", is: 1)
        let line = try eventually("a security event") {
            try gateway.apus.lines("security").first
        }
        #expect(line.kind == "rate_limited")
    }

    @Test(arguments: BucketPlace.allCases)
    func `who waits as long as Retry-After says is admitted`(place: BucketPlace) throws {
        let gateway = try gateway(place)
        let wire = try gateway.apus.connect()
        for number in 0..<3 {
            let request = get("/two", "X-Key: \(number)\r\n")
            var refusal = try wire.ask(request)
            while refusal.status == 200 { refusal = try wire.ask(request) }
            let seconds = try #require(refusal["Retry-After"].flatMap(Double.init))
            #expect(seconds >= 1)
            pass(seconds: seconds)
            #expect(try wire.ask(request).status == 200)
        }
    }

    @Test(arguments: BucketPlace.allCases)
    func `a cost is taken at once or not at all`(place: BucketPlace) throws {
        let gateway = try gateway(place)
        let wire = try gateway.apus.connect()
        #expect(try wire.ask(get("/costly", "X-Key: c\r\n"))["RateLimit"] == "\"wide\";r=1;t=1")
        #expect(try wire.ask(get("/costly", "X-Key: c\r\n")).status == 429)
        #expect(try wire.ask(get("/wide", "X-Key: c\r\n")).status == 200)
    }

    @Test(arguments: BucketPlace.allCases)
    func `a limit in the shadow tells only the operator`(place: BucketPlace) throws {
        let gateway = try gateway(place)
        #expect(try gateway.statuses(get("/watched", "X-Key: a\r\n"), 3) == [200, 200, 200])
        #expect(try gateway.apus.ask(get("/watched", "X-Key: b\r\n"))["RateLimit"] == nil)
        let store = place == .redis ? "redis" : "local"
        #expect(try gateway.decided("watched", "shadow_refused", by: store) == 2)
        #expect(try gateway.decided("watched", "admitted", by: store) == 2)
        #expect(try gateway.decided("watched", "refused", by: store) == 0)
    }

    @Test(arguments: BucketPlace.allCases)
    func `fields are those that were asked for`(place: BucketPlace) throws {
        let gateway = try gateway(place)
        let wire = try gateway.apus.connect()
        func fields(_ path: String) throws -> [String] {
            let names = [
                "RateLimit", "RateLimit-Policy", "X-RateLimit-Limit", "X-RateLimit-Remaining",
                "X-RateLimit-Reset",
            ]
            let answer = try wire.ask(get(path, "X-Key: a\r\n"))
            return names.map { answer[$0] ?? "" }
        }
        #expect(try fields("/legacy") == ["", "", "2", "1", "1800"])
        #expect(
            try fields("/both")
                == ["\"both\";r=1;t=1800", "\"both\";q=2;w=3600", "2", "1", "1800"])
        #expect(try fields("/silent") == ["", "", "", "", ""])
        #expect(try fields("/silent") == ["", "", "", "", ""])
        let refusal = try wire.ask(get("/silent", "X-Key: a\r\n"))
        #expect(refusal.status == 429)
        #expect(refusal["Retry-After"] == "3600")
    }

    @Test func `what is left of a lease is told as if it were still in Redis`() throws {
        let gateway = try LimitedGateway(
            .redis, limits: "each: { rate: 60/h, burst: 20, key: \"header:X-Key\", lease: 5 }",
            routes: "- { name: all, rate_limits: [each], upstream: app }")
        let wire = try gateway.apus.connect()
        let told = try (0..<7).map { _ in try wire.ask(get("/", "X-Key: a\r\n"))["RateLimit"] }
        #expect(told == (13...19).reversed().map { "\"each\";r=\($0);t=60" })
        // Two leases were taken of twenty.
        let left = try #require(gateway.server).ask("TTL", "apus:each:{=a}")
        guard case .number(let seconds) = left else { throw Unmet("\(left)") }
        #expect((595...601).contains(seconds))
    }

    @Test func `preflights and health take nothing`() throws {
        let gateway = try gateway(.memory)
        let preflight =
            "OPTIONS /two HTTP/1.1\r\nHost: app.test\r\nOrigin: https://a.example\r\n"
            + "Access-Control-Request-Method: GET\r\nX-Key: a\r\n\r\n"
        #expect(try gateway.statuses(preflight, 9) == Array(repeating: 204, count: 9))
        #expect(try gateway.statuses(get("/live", "X-Key: a\r\n"), 9).allSatisfy { $0 == 200 })
        #expect(try gateway.statuses(get("/two", "X-Key: a\r\n"), 3) == [200, 200, 429])
    }

    @Test(arguments: BucketPlace.allCases)
    func `who has no key is skipped, refused, or known by the address`(
        place: BucketPlace
    ) throws {
        let gateway = try LimitedGateway(
            place,
            limits: """
                skipped: { rate: 1/h, key: "header:X-Key", missing_key: skip }
                refused: { rate: 1/h, key: "header:X-Key", missing_key: reject }
                known: { rate: 1/h, key: "header:X-Key" }
                spared: { rate: 1/h, key: client_ip, exempt: { headers: { X-Pass: "the word" } } }
                """,
            routes: """
                - { name: a, match: { path: /skip }, rate_limits: [skipped], upstream: app }
                - { name: b, match: { path: /refuse }, rate_limits: [refused], upstream: app }
                - { name: c, match: { path: /know }, rate_limits: [known], upstream: app }
                - { name: d, match: { path: /spare }, rate_limits: [spared], upstream: app }
                """)
        #expect(try gateway.statuses(get("/skip"), 3) == [200, 200, 200])
        #expect(try gateway.statuses(get("/refuse"), 2) == [400, 400])
        #expect(try gateway.statuses(get("/refuse", "X-Key: a\r\n"), 2) == [200, 429])
        #expect(try gateway.statuses(get("/know"), 2) == [200, 429])
        #expect(try gateway.statuses(get("/know", "X-Key: 127.0.0.1\r\n"), 2) == [200, 429])
        #expect(try gateway.statuses(get("/spare", "X-Pass: the word\r\n"), 3) == [200, 200, 200])
        #expect(try gateway.statuses(get("/spare", "X-Pass: word\r\n"), 2) == [200, 429])
    }
}
