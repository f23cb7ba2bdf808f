import Foundation
import Testing

@Suite(.staged) struct AddressesTests {
    @Test func `a unix socket listens, and its file goes with the gateway`() throws {
        let path = NSTemporaryDirectory() + "/apus-\(UUID().uuidString.prefix(8))"
        let app = try Origin.saying()
        let apus = try Apus(to: app, with: "listeners: { local: { bind: \"unix:\(path)\" } }")
        #expect(try Wire(to: .unix(path)).ask(get("/u")).text == "hello")
        #expect(app.requests.all[0].all("X-Real-IP").isEmpty)
        #expect(try apus.accessLine(of: "/u").clientIp == "unix")
        #expect(try apus.terminate() == 0)
        #expect(!FileManager.default.fileExists(atPath: path))
    }

    @Test func `a stale socket file is replaced, a live one is not`() throws {
        let path = NSTemporaryDirectory() + "/apus-\(UUID().uuidString.prefix(8))"
        do { _ = try Descriptor.listening(on: .unix(path)) }
        #expect(FileManager.default.fileExists(atPath: path))
        let more = "listeners: { local: { bind: \"unix:\(path)\" } }"
        let apus = try Apus(to: Origin.saying(), with: more)
        let second = #expect(throws: Unmet.self) { try Apus(to: Origin.saying(), with: more) }
        #expect(second?.description.contains("ended with 69") == true)
        #expect(try Wire(to: .unix(path)).ask(get("/")).text == "hello")
        try apus.terminate()
    }

    @Test func `an app on a unix socket is reached`() throws {
        let path = NSTemporaryDirectory() + "/app-\(UUID().uuidString.prefix(8))"
        let app = try Origin.saying("by file", on: .unix(path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        for _ in 1...3 { #expect(try wire.ask(get("/")).text == "by file") }
        #expect(app.connections.value == 1)
    }

    @Test func `an IPv6 listener serves`() throws {
        let app = try Origin.saying()
        let apus = try Apus(to: app, with: "listeners: { six: { bind: \"[::1]:PORT\" } }")
        #expect(try Wire(to: .ip6(apus.port)).ask(get("/")).text == "hello")
        #expect(app.requests.all[0]["X-Real-IP"] == "::1")
    }

    @Test func `an app is found by name, although one of its families is dead`() throws {
        // localhost is 127.0.0.1 and perhaps ::1, on which nobody listens.
        let app = try Origin.saying()
        let apus = try Apus(
            """
            upstreams: { app: { servers: ["localhost:\(app.port)"] } }
            routes: [ { name: app, match: { path: /* }, upstream: app } ]
            """)
        for _ in 1...5 { #expect(try apus.ask(get("/")).text == "hello") }
    }

    @Test func `servers take turns`() throws {
        let apps = try (0..<3).map { try Origin.saying("\($0)") }
        let apus = try Apus(to: apps[0], apps[1], apps[2])
        let answers = try (0..<9).map { _ in try apus.ask(get("/")).text }
        for app in apps.indices { #expect(answers.filter { $0 == "\(app)" }.count == 3) }
        #expect(Set(answers.prefix(3)).count == 3)
    }

    @Test func `a server's turns come as often as its weight says`() throws {
        let heavy = try Origin.saying("heavy")
        let light = try Origin.saying("light")
        let apus = try Apus(
            """
            upstreams:
              app: { servers: [ { address: "\(heavy.address)", weight: 3 }, "\(light.address)" ] }
            routes: [ { name: app, match: { path: /* }, upstream: app } ]
            """)
        let answers = try (0..<12).map { _ in try apus.ask(get("/")).text }
        #expect(answers.filter { $0 == "heavy" }.count == 9)
        #expect(answers.filter { $0 == "light" }.count == 3)
    }

    @Test func `two listeners are told apart by routes`() throws {
        let other = try Ports.free()
        let apus = try Apus(
            """
            listeners: { public: { bind: "127.0.0.1:PORT" }, inner: { bind: "127.0.0.1:\(other)" } }
            routes:
              - { name: inner, match: { listener: inner }, respond: { status: 200, body: inner } }
              - { name: rest, match: { path: /* }, respond: { status: 200, body: rest } }
            """)
        #expect(try apus.ask(get("/")).text == "rest")
        #expect(try Wire(to: .ip4(other)).ask(get("/")).text == "inner")
        #expect(try apus.metrics()["apus_connections_total{listener=\"inner\"}"] == 1)
    }
}
