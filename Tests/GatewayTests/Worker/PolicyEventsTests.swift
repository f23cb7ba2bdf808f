import Simulation
import Testing

@testable import Gateway

/// What the log and the upstream are told of what policies decided.
struct PolicyEventsTests {
    private static let settings = """
        environment: development
        listeners: { public: { bind: "127.0.0.1:8080" } }
        trusted_proxies: [192.0.2.1]
        security_headers: none
        upstreams: { app: { servers: ["10.0.0.1:3000"] } }
        routes:
          - { name: told, match: { path: /told }, fetch_metadata: report, upstream: app }
          - { name: kept, match: { path: /kept }, fetch_metadata: enforce, upstream: app }
          - { name: ours, match: { path: /ours }, access: { allow: [10.0.0.0/8] }, upstream: app }
          - { name: app, upstream: app }
        """
    private static let parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

    private static func post(_ path: String) -> String {
        "POST \(path) HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n"
            + "Sec-Fetch-Site: cross-site\r\n\r\n"
    }

    @Test func `a request of another site is reported or refused, with an event either way`() throws
    {
        let world = try World(Self.settings)
        let client = try world.connect()
        client.send(Self.post("/told"))
        world.run()
        client.send(Self.post("/kept"))
        world.run()
        #expect(client.statuses == [200, 403])
        let events = world.lines.map(LogLine.init).filter { $0["event"] == "security" }
        #expect(events.map { $0["kind"] } == ["fetch_metadata", "fetch_metadata"])
        #expect(events.map { $0["mode"] } == ["report", "enforce"])
        #expect(events.map { $0["request_id"] } == world.records.map { $0["request_id"] })
        #expect(world.records.map { $0["reason"] } == [nil, "cross_site"])
        #expect(world.records.map { $0["route"] } == ["told", "kept"])
        world.expectNothingLeaks()
    }

    @Test func `who has no access is answered 403 by the route`() throws {
        let world = try World(Self.settings)
        let client = try world.connect()
        client.get("/ours")
        world.run()
        #expect(client.statuses == [403])
        #expect(client.text.contains("\"forbidden\""))
        #expect(world.records.first?["reason"] == "access_denied")
        #expect(world.records.first?["route"] == "ours")
        world.expectNothingLeaks()
    }

    @Test func `a trace goes on upstream and into the log, or a new one begins`() throws {
        let world = try World(Self.settings)
        let client = try world.connect()
        client.get("/", "traceparent: \(Self.parent)\r\ntracestate: a=b\r\ntracestate: c=d\r\n")
        world.run()
        client.get("/", "tracestate: a=b\r\n")
        world.run()
        client.get("/ours", "traceparent: \(Self.parent)\r\n")
        world.run()
        let id = "4bf92f3577b34da6a3ce929d0e0e4736"
        #expect(world.app.requests[0].value("traceparent")?.hasPrefix("00-\(id)-") == true)
        #expect(world.app.requests[0].value("tracestate") == "a=b,c=d")
        // The first client is 192.0.2.0, no trusted proxy.
        #expect(world.app.requests[0].value("traceparent")?.hasSuffix("-00") == true)
        let begun = try #require(world.app.requests[1].value("traceparent"))
        #expect(begun.wholeMatch(of: /00-[0-9a-f]{32}-[0-9a-f]{16}-02/) != nil)
        #expect(world.app.requests[1].value("tracestate") == nil)
        let ids = world.records.map { $0["trace_id"] }
        #expect(ids == [id, String(begun.dropFirst(3).prefix(32)), id])
        world.expectNothingLeaks()
    }

    @Test func `a trusted peer's word that a trace is sampled is believed`() throws {
        let world = try World(Self.settings)
        _ = try world.connect()
        let trusted = try world.connect()
        trusted.get("/", "traceparent: \(Self.parent)\r\n")
        world.run()
        #expect(world.app.requests[0].value("traceparent")?.hasSuffix("-01") == true)
        world.expectNothingLeaks()
    }
}
