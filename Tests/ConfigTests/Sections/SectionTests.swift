import Policy
import Testing

@testable import Config

/// Bounds and odd values of each section; golden files hold the messages.
struct SectionTests {
    private let listener = "listeners: { a: { bind: \"*:1\" } }\n"

    @Test(arguments: [
        ("limits", "request_line", "64B", "16KiB"), ("limits", "header_bytes", "1KiB", "40KiB"),
        ("limits", "header_count", "1", "1000"), ("limits", "body", "1B", "1024TiB"),
        ("limits", "connections", "1", "1000000"), ("limits", "webhooks_memory", "1MiB", "1024GiB"),
        ("timeouts", "header", "1ms", "365d"),
        ("timeouts", "body_min_rate", "1B", "1GiB"), ("timeouts", "idle", "1ms", "365d"),
        ("timeouts", "send", "1ms", "365d"), ("timeouts", "connect", "1ms", "365d"),
        ("timeouts", "response", "1ms", "365d"), ("timeouts", "stream", "1ms", "365d"),
        ("timeouts", "tunnel_idle", "1ms", "365d"), ("server", "drain_timeout", "1ms", "365d"),
        ("server", "workers", "1", "1024"),
    ])
    func `both bounds of a key are accepted`(
        section: String, key: String, least: String, most: String
    ) {
        #expect(problems(adding: "\(section): { \(key): \(least) }") == [])
        #expect(problems(adding: "\(section): { \(key): \(most) }") == [])
    }

    @Test(arguments: [
        "limits: { request_line: 63B }", "limits: { request_line: 16385B }",
        "limits: { header_bytes: 1023B }", "limits: { header_bytes: 41KiB }",
        "limits: { header_count: 0 }", "limits: { header_count: 1001 }",
        "limits: { body: 0B }", "limits: { body: 1025TiB }", "limits: { request_line: none }",
        "limits: { connections: 0 }", "limits: { connections: 1000001 }",
        "limits: { connections: none }", "timeouts: { header: 0s }", "timeouts: { header: 366d }",
        "timeouts: { header: none }", "timeouts: { connect: none }", "timeouts: { stream: 0ms }",
        "server: { workers: 0 }", "server: { workers: 1025 }", "server: { drain_timeout: none }",
        "log: { output: \"\" }", "log: { output: file }", "log: { output: /var/log/ }",
        "log: { access: yes }", "log: { level: INFO }", "environment: prod", "security_headers: on",
        "trusted_proxies: [ 10.0.0.1/8 ]", "trusted_proxies: [ \"\" ]", "admin: { bind: 9901 }",
    ])
    func `what is beyond a key's bounds is one error`(lines: String) {
        let result = load(minimal + lines)
        #expect(result.snapshot == nil)
        #expect(result.problems.count == 1)
    }

    @Test func `no timeout is said with none`() {
        let lines =
            "timeouts: { body_min_rate: none, response: none, stream: none, tunnel_idle: none }"
        let timeouts = load(minimal + lines).snapshot?.timeouts
        #expect(timeouts?.bodyRateMin == nil)
        #expect(timeouts?.route.response == nil)
        #expect(timeouts?.route.stream == nil)
        #expect(timeouts?.route.tunnelIdle == nil)
    }

    @Test(arguments: ["stdout", "stderr", "/var/log/apus.log", "./apus.log", "../apus.log"])
    func `logs go to a stream or a path`(output: String) throws {
        let log = try #require(load(minimal + "log: { output: \(output) }").snapshot).log
        switch output {
        case "stdout": #expect(log.output == .stdout)
        case "stderr": #expect(log.output == .stderr)
        default: #expect(log.output == .file(path: output))
        }
    }

    @Test(arguments: [("1", true), ("1000", true), ("0", false), ("1001", false), ("1.5", false)])
    func `a server's weight is 1 to 1000`(weight: String, isAccepted: Bool) {
        let lines = "upstreams: { app: { servers: [ { address: \"a:1\", weight: \(weight) } ] } }"
        #expect(problems(adding: lines).isEmpty == isAccepted)
    }

    @Test(arguments: [
        ("client", HostSent.client), ("server", .server), ("example.com", .fixed("example.com")),
        ("example.com:8080", .fixed("example.com:8080")), ("\"[::1]:80\"", .fixed("[::1]:80")),
    ])
    func `an upstream gets one of three hosts`(text: String, host: HostSent) {
        let lines = "upstreams: { app: { servers: [\"a:1\"], host: \(text) } }"
        #expect(load(minimal + lines).snapshot?.upstreams.first?.hostSent == host)
    }

    @Test(arguments: ["\"\"", "a b", "\"a:b\"", "\"a\\r\\nb\"", "http://a", "a/b"])
    func `a host that no request could carry is refused`(text: String) {
        let lines = "upstreams: { app: { servers: [\"a:1\"], host: \(text) } }"
        #expect(problems(adding: lines).count == 1)
    }

    @Test(arguments: [
        "/", "/new{path}", "https://www.example.com{path}", "http://[::1]:8080/",
        "https://a/?b=c#d",
    ])
    func `a redirect leads to a URL or a path`(target: String) {
        let lines =
            listener + "routes: [ { name: a, redirect: { to: \"\(target)\" } } ]"
        #expect(
            load(lines).snapshot?.routes.first?.action
                == .redirect(Redirect(target: target, status: 308)))
    }

    @Test(arguments: [
        "", "a", "//", "ftp://a", "/a b", "/ä", "/{x}", "/a\\r\\nb", "https://", "https:///a",
    ])
    func `a redirect leads nowhere else`(target: String) {
        let lines =
            listener + "routes: [ { name: a, redirect: { to: \"\(target)\" } } ]"
        #expect(problems(lines).count == (target == "//" ? 0 : 1))
    }

    @Test(arguments: [200, 204, 404, 503, 599])
    func `a fixed answer has any final status`(status: Int) {
        let lines =
            listener + "routes: [ { name: a, respond: { status: \(status) } } ]"
        let response = FixedResponse(
            status: UInt16(status), body: [], contentType: "text/plain; charset=utf-8")
        #expect(load(lines).snapshot?.routes.first?.action == .respond(response))
    }

    @Test func `a fixed answer's body is at most 32 KiB, in bytes`() {
        for (letter, count) in [("x", 32 << 10), ("é", 16 << 10)] {
            let body = String(repeating: letter, count: count)
            let lines = listener + "routes: [ { name: a, respond: { body: "
            #expect(problems(lines + "\(body) } } ]").isEmpty)
            #expect(problems(lines + "\(body)x } } ]").count == 1)
        }
    }
}
