import Foundation
import Glibc
import Testing

/// TLS beside what else a listener may have, and at its end.
@Suite(.staged) struct SecurePlacesTests {
    @Test func `a PROXY header comes before the handshake`() throws {
        let app = try Origin.saying()
        let apus = try Apus(
            """
            listeners:
              public:
                bind: "127.0.0.1:PORT"
                proxy_protocol: on
                tls: { \(Authority.pairs(["app"])), handshake_timeout: 2s }
            trusted_proxies: ["127.0.0.0/8"]
            \(secureRoutes(to: app))
            """, apps: [app])
        let ca = try Authority.path("ca.pem")
        let url = "https://localhost:\(apus.port)/curl"
        #expect(try curl("--haproxy-protocol", "--cacert", ca, url).output == "hello")
        #expect(app.requests.all.last?["X-Forwarded-Proto"] == "https")
        let bare = try curl("--cacert", ca, "https://localhost:\(apus.port)/bare")
        #expect(bare.code != 0)
        // The header says who it is; whatever else comes in its packet is TLS.
        let wire = try apus.connect()
        try wire.send("PROXY TCP4 192.0.2.7 192.0.2.1 4711 443\r\nGET / HTTP/1.1\r\n\r\n")
        #expect(try wire.response().status == 400)
        let silent = try apus.connect()
        try silent.send("PROXY TCP4 192.0.2.7 192.0.2.1 4711 443\r\n")
        try silent.readToEnd()
        #expect(app.requests.all.count == 1)
    }

    @Test func `TLS is spoken on Unix sockets`() throws {
        let folder = try ChildProcess.newFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let apus = try Apus(
            """
            listeners:
              public: { bind: "unix:\(folder)/s", tls: { \(Authority.pairs(["app"])) } }
            \(secureRoutes(to: Origin.saying()))
            """)
        let seen = try curl(
            "--unix-socket", "\(folder)/s", "--cacert", Authority.path("ca.pem"),
            "https://app.example/own")
        #expect(seen.output == "own")
        #expect(try apus.terminate() == 0)
    }

    @Test func `told to end, it lets requests end and then closes`() throws {
        let door = Door()
        let app = try Origin.answering { request in
            if request.target == "/slow" { try? door.pass() }
            return ok()
        }
        let apus = try Apus(secureListener() + "\n" + secureRoutes(to: app), apps: [app])
        let client = try SecureRelay.toward(apus)
        let idle = try Wire(to: .ip4(client.port))
        #expect(try idle.ask(get("/own", host: "app.example")).text == "own")
        let busy = try Wire(to: .ip4(client.port))
        try busy.send(get("/slow", host: "app.example"))
        try eventually("the app is asked") { !app.requests.all.isEmpty }
        // One that has not begun its handshake, and never will.
        let silent = try apus.connect()
        apus.signal(SIGTERM)
        #expect(try idle.readToEnd().isEmpty)
        #expect(!idle.wasReset)
        try silent.readToEnd()
        #expect(apus.process.exitCode == nil)
        door.open()
        let answer = try busy.response()
        #expect(answer.text == "hello")
        #expect(answer["Connection"] == "close")
        #expect(try busy.readToEnd().isEmpty)
        #expect(!busy.wasReset)
        #expect(try apus.process.waitForEnd(within: 10) == 0)
    }

    /// Connections that have each sent a request, and wait.
    private static func idle(_ count: Int, at port: UInt16) throws -> [Wire] {
        let wires = try (0..<count).map { _ in try Wire(to: .ip4(port)) }
        for wire in wires { #expect(try wire.ask(get("/own", host: "app.example")).status == 200) }
        return wires
    }

    @Test func `a connection that is idle costs little memory`() throws {
        let apus = try Apus(secureListener() + "\n" + secureRoutes(to: Origin.saying()))
        let client = try SecureRelay.toward(apus)
        // What grows once is there before it is counted.
        _ = try Self.idle(50, at: client.port)
        try apus.expect("apus_connections_active{listener=\"public\"}", is: 0)
        let before = try apus.residentKiB()
        let wires = try Self.idle(1000, at: client.port)
        let after = try apus.residentKiB()
        let each = Double(after - before) / Double(wires.count)
        print("an idle connection with TLS: \(each) KiB (\(before) KiB before, \(after) after)")
        // 16 are allowed; the rest is for pools that grow in steps.
        #expect(each < 20)
        #expect(try wires[999].ask(get("/own", host: "app.example")).text == "own")
    }
}
