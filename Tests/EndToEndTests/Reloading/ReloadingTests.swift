import Foundation
import Glibc
import Testing

/// Going over to another configuration while serving.
@Suite(.staged) struct ReloadingTests {
    private static func file(_ body: String, limit: String = "rate: 4/h") -> String {
        """
        rate_limits: { each: { \(limit), key: "header:X-Key" } }
        routes:
          - name: all
            match: { path: /* }
            rate_limits: [each]
            respond: { status: 200, body: \(body) }
        """
    }

    @Test func `what the file says holds from then on, and buckets are not refilled`() throws {
        let apus = try Apus(Self.file("first"))
        let request = get("/", "X-Key: a\r\n")
        let wire = try apus.connect()
        #expect(try wire.ask(request).text == "first")
        #expect(try wire.ask(request).text == "first")
        try apus.rewrite(Self.file("second"))
        let answer = try apus.operate("POST", "/api/v1/reload")
        #expect(answer.status == 200)
        #expect(answer.text == "{\"result\":\"done\"}\n")
        // On the same connection, too.
        #expect(try wire.ask(request).text == "second")
        #expect(try wire.ask(request).text == "second")
        #expect(try wire.ask(request).status == 429)
        let metrics = try apus.metrics()
        #expect(
            metrics["apus_http_requests_total{route=\"all\",method=\"GET\",status=\"200\"}"] == 4)
        #expect(metrics["apus_config_reloads_total{result=\"success\"}"] == 1)
    }

    @Test func `a broken file changes nothing, and is told of`() throws {
        let apus = try Apus(Self.file("first"))
        try apus.rewrite(Self.file("second").replacingOccurrences(of: "match", with: "macht"))
        let answer = try apus.operate("POST", "/api/v1/reload")
        #expect(answer.status == 409)
        #expect(answer.text.contains("macht"))
        #expect(try apus.ask(get("/", "X-Key: a\r\n")).text == "first")
        apus.process.kill(SIGHUP)
        let lines = try eventually("two lines") { () -> [LogLine]? in
            let lines = try apus.lines("reload")
            return lines.count >= 2 ? lines : nil
        }
        #expect(lines.allSatisfy { $0.level == "error" })
        let metrics = try apus.metrics()
        #expect(metrics["apus_config_last_reload_successful"] == 0)
        try apus.rewrite(Self.file("third"))
        apus.process.kill(SIGHUP)
        try eventually("the third serves") {
            try apus.ask(get("/", "X-Key: b\(uptime())\r\n")).text == "third"
        }
        try apus.expect("apus_config_last_reload_successful", is: 1)
    }

    @Test func `what takes a restart is refused`() throws {
        let apus = try Apus(Self.file("first"))
        try apus.rewrite(Self.file("second") + "\nserver: { workers: 2 }")
        let answer = try apus.operate("POST", "/api/v1/reload")
        #expect(answer.status == 409)
        #expect(answer.text.contains("server.workers"))
        #expect(try apus.ask(get("/", "X-Key: a\r\n")).text == "first")
    }

    @Test func `requests and tunnels that are under way end as they began`() throws {
        let door = Door()
        let slow = try Origin.answering { _ in
            try? door.pass()
            return ok()
        }
        let echo = try UpgradeTests.echoing()
        func file(_ upstream: Origin, _ name: String) -> String {
            """
            upstreams: { \(name): { servers: ["\(upstream.address)"] } }
            routes:
              - { name: \(name), match: { path: /* }, upstream: \(name),
                  response_headers: { set: { X-Route: \(name) } } }
            """
        }
        let apus = try Apus(file(echo, "tunnel"), apps: [slow, echo])
        let tunnel = try apus.connect()
        try tunnel.send(UpgradeTests.ask)
        #expect(try tunnel.head()?.status == 101)
        try apus.rewrite(file(slow, "slow"))
        #expect(try apus.operate("POST", "/api/v1/reload").status == 200)
        let wire = try apus.connect()
        try wire.send(get("/"))
        try eventually("the app has it") { !slow.requests.all.isEmpty }
        for number in 0..<20 {
            try apus.rewrite(file(echo, "other\(number)"))
            #expect(try apus.operate("POST", "/api/v1/reload").status == 200)
        }
        door.open()
        let answer = try wire.response(to: "GET")
        #expect(answer.status == 200)
        #expect(answer["X-Route"] == "slow")
        try tunnel.send("still there")
        #expect(try tunnel.read(count: 11) == Array("still there".utf8))
    }

    @Test func `nothing is lost over many reloads under load, and nothing regained`() throws {
        let app = try Origin.saying()
        let echo = try UpgradeTests.echoing()
        func file(_ number: Int) -> String {
            """
            server: { workers: 2, drain_timeout: 20s }
            upstreams:
              app: { servers: ["\(app.address)"] }
              echo: { servers: ["\(echo.address)"] }
            rate_limits:
              each: { rate: 1000000/s, key: client_ip }
              few: { rate: 10/h, key: client_ip }
            routes:
              - { name: tunnel, match: { path: /ws }, upstream: echo }
              - { name: few, match: { path: /few }, rate_limits: [few], upstream: app }
              - { name: a\(number % 3), match: { path: /a }, rate_limits: [each], upstream: app }
              - { name: all, match: { path: /* }, upstream: app }
            """
        }
        let count = ProcessInfo.processInfo.environment["APUS_RELOADS"].flatMap { Int($0) } ?? 40
        let apus = try Apus(file(0), apps: [app, echo])
        let tunnels = try (0..<4).map { _ in try apus.connect() }
        for tunnel in tunnels {
            try tunnel.send(UpgradeTests.ask)
            #expect(try tunnel.head()?.status == 101)
        }
        // Half of the bucket.
        for _ in 0..<5 { #expect(try apus.ask(get("/few")).status == 200) }
        let load = Load(clients: 4, pause: 0) { _, number in
            (apus.port, number % 2, get(number % 2 == 0 ? "/a" : "/b"))
        }
        for number in 1...count {
            try apus.rewrite(file(number))
            let answer = try apus.operate("POST", "/api/v1/reload")
            #expect(answer.status == 200, "\(number): \(answer.text)")
            let tunnel = tunnels[number % tunnels.count]
            let word = String(format: "%05d", number)
            try tunnel.send(word)
            #expect(try tunnel.read(count: 5) == Array(word.utf8))
        }
        let samples = try load.end()
        #expect(samples.count > count)
        #expect(samples.allSatisfy { $0.status == 200 })
        // The other half, and nothing that a reload would have put in.
        let rest = try (0..<6).map { _ in try apus.ask(get("/few")).status }
        #expect(rest == [200, 200, 200, 200, 200, 429])
        // One number for each name, however often it was seated anew.
        let all = try apus.metrics()[
            "apus_http_requests_total{route=\"all\",method=\"GET\",status=\"200\"}"]
        #expect(Int(all ?? 0) == samples.filter { $0.kind == 1 }.count)
    }
}
