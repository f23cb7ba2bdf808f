import Simulation
import Testing

@testable import Gateway

/// What responses say of limits.
struct LimitFieldsTests {
    private static let settings = Settings.text(
        extra: """
            rate_limits:
              plain: { rate: 60/min, burst: 5, key: client_ip }
              old: { rate: 60/min, burst: 5, key: client_ip, headers: both }
              failures: { rate: 60/min, burst: 5, key: client_ip, count: [401] }
            """
    ).replacing(
        "  - { name: app,",
        with: """
              - { name: plain, match: { path: /plain }, rate_limits: [plain], upstream: app }
              - { name: old, match: { path: /old }, rate_limits: [old], upstream: app }
              - { name: failures, match: { path: /failures },
                  rate_limits: [failures], upstream: app }
              - { name: app,
            """)

    private func fields(_ path: String, ofApp fields: String = "", status: Int = 200) throws
        -> [String]
    {
        let world = try World(Self.settings)
        world.app.answer = { _ in
            .init("HTTP/1.1 \(status) X\r\nContent-Length: 0\r\n\(fields)\r\n")
        }
        let client = try world.connect()
        client.get(path)
        world.run()
        world.expectNothingLeaks()
        return client.text.components(separatedBy: "\r\n").map(String.init).filter {
            $0.lowercased().contains("ratelimit")
        }
    }

    @Test func `a bucket that is full again tells of no time to wait`() throws {
        #expect(
            try fields("/failures") == [
                "RateLimit-Policy: \"failures\";q=5;w=5", "RateLimit: \"failures\";r=5",
            ])
        #expect(
            try fields("/failures", status: 401) == [
                "RateLimit-Policy: \"failures\";q=5;w=5", "RateLimit: \"failures\";r=4;t=1",
            ])
    }

    @Test func `of fields that tell of one limit alone there is one copy, the gateway's`() throws {
        let own = "x-ratelimit-limit: 9\r\nX-RateLimit-Remaining: 9\r\nX-RateLimit-Reset: 9\r\n"
        #expect(
            try fields("/old", ofApp: own) == [
                "RateLimit-Policy: \"old\";q=5;w=5", "RateLimit: \"old\";r=4;t=1",
                "X-RateLimit-Limit: 5", "X-RateLimit-Remaining: 4", "X-RateLimit-Reset: 1",
            ])
        #expect(try fields("/plain", ofApp: own).count == 5)
        #expect(try fields("/", ofApp: own).count == 3)
    }

    @Test func `an app may tell of its own quotas in the lists`() throws {
        #expect(
            try fields("/plain", ofApp: "RateLimit: \"day\";r=7\r\n") == [
                "RateLimit: \"day\";r=7", "RateLimit-Policy: \"plain\";q=5;w=5",
                "RateLimit: \"plain\";r=4;t=1",
            ])
    }
}
