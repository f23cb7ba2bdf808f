import Foundation
import HTTP
import Policy
import Testing

@testable import Config

struct LoadingTests {
    private let everything = """
        environment: staging
        server: { workers: 4, drain_timeout: 1min }
        listeners:
          public: { bind: "*:8080" }
          inner: { bind: "unix:/run/apus.sock" }
        admin: { bind: "localhost:9000" }
        trusted_proxies: [10.0.0.0/8, 192.0.2.1, unix]
        limits: { request_line: 4KiB, header_bytes: 16KiB, header_count: 50, body: none,
          connections: 5 }
        timeouts: { header: 1s, body_min_rate: none, idle: 2s, send: 3s, connect: 4s,
          response: none, stream: 5s, tunnel_idle: none }
        log: { level: debug, output: /var/log/apus.log, access: off }
        security_headers: strict
        upstreams:
          one: { servers: [{ address: "127.0.0.1:1", weight: 3 }, "http://b"], balance: round_robin,
            host: server, keepalive: { max: 0, idle: 1min } }
          two: { servers: ["unix:/run/two.sock"], host: www.example.com }
        routes:
          - name: a
            match: { host: "*.Example.com", path: /a/*, methods: [GET, PURGE], listener: inner,
              headers: { X-Version: "2" } }
            security_headers: api
            limits: { body: 1KiB }
            timeouts: { connect: 1s, response: 2s, stream: none, tunnel_idle: 3s }
            upstream: two
          - { name: b, match: { path: /b }, redirect: { to: "https://b{path}", status: 301 } }
          - { name: c, match: { path: /c },
              respond: { status: 404, body: "no\\n", content_type: text/x } }
          - { name: d, health: live }
        """

    @Test func `a configuration with every key is read as it stands`() throws {
        let result = load(everything)
        #expect(result.problems == [])
        let snapshot = try #require(result.snapshot)
        #expect(snapshot.environment == .staging)
        #expect(snapshot.server == ServerSettings(workers: 4, drainTimeout: .seconds(60)))
        #expect(
            snapshot.listeners == [
                ListenerSettings(
                    name: "public", bind: .ip(.any, port: 8080), expectsProxyHeader: false),
                ListenerSettings(
                    name: "inner", bind: .unix(path: "/run/apus.sock"), expectsProxyHeader: false),
            ])
        #expect(snapshot.admin?.bind == .ip(.loopback, port: 9000))
        #expect(
            snapshot.identity.trustedProxies.blocks.map(\.description)
                == ["10.0.0.0/8", "192.0.2.1/32"])
        #expect(snapshot.identity.trustedProxies.trustsUnix)
        #expect(
            snapshot.limits
                == Limits(
                    requestLineBytesMax: 4096, headerBytesMax: 16_384, headerCountMax: 50,
                    bodyBytesMax: nil, connectionCountMax: 5))
        #expect(
            snapshot.timeouts
                == Timeouts(
                    header: .seconds(1), bodyRateMin: nil, idle: .seconds(2), send: .seconds(3),
                    route: RouteTimeouts(
                        connect: .seconds(4), response: nil, stream: .seconds(5), tunnelIdle: nil)))
        #expect(
            snapshot.log
                == LogSettings(
                    level: .debug, output: .file(path: "/var/log/apus.log"), isAccessLogged: false,
                    format: .json, redaction: RedactionSettings(headers: [], queryKeys: []),
                    sampling: SamplingSettings(
                        successMillionths: 1_000_000, slow: .seconds(1))))
    }

    @Test func `upstreams are read as they stand`() throws {
        let snapshot = try #require(load(everything).snapshot)
        #expect(
            snapshot.upstreams == [
                UpstreamSettings(
                    name: "one",
                    servers: [
                        ServerSpecification(
                            address: .ip(.loopback, port: 1), weight: 3, text: "127.0.0.1:1"),
                        ServerSpecification(
                            address: .name("b", port: 80), weight: 1, text: "http://b"),
                    ],
                    hostSent: .server,
                    keepalive: KeepaliveSettings(countMax: 0, idle: .seconds(60))),
                UpstreamSettings(
                    name: "two",
                    servers: [
                        ServerSpecification(
                            address: .unix(path: "/run/two.sock"), weight: 1,
                            text: "unix:/run/two.sock")
                    ],
                    hostSent: .fixed("www.example.com"),
                    keepalive: KeepaliveSettings(countMax: 64, idle: .seconds(30))),
            ])
    }

    @Test func `routes are read as they stand, and have the global values where they say nothing`()
        throws
    {
        let routes = try #require(load(everything).snapshot).routes
        #expect(routes.map(\.name) == ["a", "b", "c", "d"])
        #expect(
            routes[0].match
                == RouteMatch(
                    host: .suffix(".example.com"), path: .prefix("/a"), methods: ["GET", "PURGE"],
                    headers: [HeaderCriterion(name: "X-Version", value: "2")], listener: "inner"))
        #expect(routes[0].action == .upstream(1))
        #expect(routes[0].securityHeaders == SecurityHeaderSettings(.api))
        #expect(routes[0].bodyBytesMax == 1024)
        #expect(
            routes[0].timeouts
                == RouteTimeouts(
                    connect: .seconds(1), response: .seconds(2), stream: nil,
                    tunnelIdle: .seconds(3)))
        #expect(routes[1].action == .redirect(Redirect(target: "https://b{path}", status: 301)))
        let response = FixedResponse(status: 404, body: Array("no\n".utf8), contentType: "text/x")
        #expect(routes[2].action == .respond(response))
        #expect(routes[3].action == .health(.live))
        #expect(routes[3].securityHeaders == SecurityHeaderSettings(.strict))
        #expect(routes[3].bodyBytesMax == nil)
        #expect(routes[3].timeouts.connect == .seconds(4))
        #expect(routes[3].timeouts.stream == .seconds(5))
    }

    @Test func `a file is read from its path, and named by it in problems`() throws {
        let file = FileManager.default.temporaryDirectory
            .appendingPathComponent("apus-\(UUID().uuidString).yaml")
        try Data((minimal + "lgo: {}").utf8).write(to: file)
        defer { try? FileManager.default.removeItem(at: file) }
        let result = Loading.load(path: file.path, environment: [:])
        #expect(result.snapshot == nil)
        #expect(
            result.problems.map(\.text)
                == ["\(file.path):3:1: error: lgo: unknown key (did you mean \"log\"?)"])
    }

    @Test(arguments: [
        ("/nonexistent/apus.yaml", "does not exist, or its folder cannot be searched"),
        ("/", "is a folder"), ("", "is a folder"), ("/dev/zero", "is larger than 1MiB"),
    ])
    func `a file that cannot be read is a problem`(path: String, reason: String) {
        let result = Loading.load(path: path, environment: [:])
        #expect(result.snapshot == nil)
        #expect(result.problems.map(\.text) == ["\(path):1:1: error: file: \(reason)"])
    }

    @Test func `values come from the environment that was passed`() {
        let text = minimal + "server: { workers: \"${WORKERS}\" }"
        #expect(load(text, environment: ["WORKERS": "7"]).snapshot?.server.workers == 7)
        #expect(load(text).snapshot == nil)
    }

    @Test func `a section with everything commented out has its defaults`() {
        let result = load(minimal + "limits:\n  # body: 1MiB\nadmin:\n")
        #expect(result.problems == [])
        #expect(result.snapshot?.limits.bodyBytesMax == 10 << 20)
        #expect(result.snapshot?.admin?.bind == .ip(.loopback, port: 9901))
    }

    @Test func `warnings come with a snapshot`() {
        let result = load("environment: development\nsecurity_headers: none\n" + minimal)
        #expect(result.snapshot?.routes.first?.securityHeaders == SecurityHeaderSettings(.none))
        #expect(result.problems.map(\.severity) == [.warning])
    }

    @Test func `a thousand routes load, and ten thousand and one do not`() {
        func text(_ count: Int) -> String {
            let routes = (0..<count).map {
                "  - { name: r\($0), match: { path: /\($0)/* }, respond: {} }\n"
            }
            return "listeners: { public: { bind: \"*:1\" } }\nroutes:\n" + routes.joined()
        }
        #expect(load(text(1000)).snapshot?.routes.count == 1000)
        #expect(problems(text(10_001)) == ["routes: holds more than 10000"])
    }
}
