import Foundation
import Testing

/// Upstreams whose servers speak HTTPS.
@Suite(.staged) struct SecureServersTests {
    /// What `Apps/tls_server.py` tells of a request.
    private struct Told: Decodable {
        let connection: Int
        let name: String
        let resumed: Bool
        let version: String
        let client: String

        init(_ message: Message) throws {
            guard message.status == 200 else { throw Unmet("\(message.startLine) \(message.text)") }
            self = try JSONDecoder().decode(Told.self, from: Data(message.body))
        }
    }

    private static func server(_ name: String, _ settings: String = "{}") throws -> PythonApp {
        try PythonApp(
            "tls_server", Authority.path("\(name).pem"), Authority.path("\(name).key"), settings)
    }

    private static func gateway(
        _ servers: [PythonApp], _ tls: String = "", _ more: String = "", upstream: String = ""
    ) throws -> Apus {
        let list = servers.map { "\"https://\($0.address)\"" }.joined(separator: ", ")
        let ca = try "ca: \"\(Authority.path("ca.pem"))\""
        return try Apus(
            """
            upstreams:
              app:
                servers: [\(list)]
                tls: { \(tls.contains("verify") ? "" : "\(ca), ")\(tls) }
                \(upstream)
            routes: [ { name: app, match: { path: /* }, upstream: app } ]
            \(more)
            """, apps: servers)
    }

    private static let tlsErrors = ServersTests.reason("tls")

    @Test func `a server that proves itself is asked, on few connections and few handshakes`()
        throws
    {
        let server = try Self.server("app")
        let kept = try Self.gateway([server], "server_name: app.example")
        let wire = try kept.connect()
        let first = try Told(wire.ask(get("/")))
        #expect(first.version == "TLSv1.3")
        #expect(first.name == "app.example")
        for _ in 1...20 { #expect(try Told(wire.ask(get("/"))).connection == first.connection) }
        try kept.expect("apus_upstream_connections{upstream=\"app\",state=\"idle\"}", is: 1)
        // By its address no name is asked for, and the certificate has to be for it.
        let unkept = try Self.gateway([server], upstream: "keepalive: { max: 0 }")
        let told = try (0..<6).map { _ in try Told(unkept.ask(get("/"))) }
        #expect(Set(told.map(\.connection)).count == 6)
        #expect(told.allSatisfy { $0.name.isEmpty })
        #expect(told.dropFirst().allSatisfy { $0.resumed }, "\(told.map(\.resumed))")
        print("upstream without keep-alive:", told.map(\.resumed), "resumed of 6")
    }

    @Test(arguments: ["expired", "foreign", "wild", "nameless"])
    func `a server that does not prove itself is as good as none`(name: String) throws {
        let server = try Self.server(name)
        let apus = try Self.gateway([server])
        let answer = try apus.ask(get("/x"))
        #expect(answer.status == 502)
        let line = try apus.accessLine(of: "/x")
        #expect(line.reason == "tls", "\(line.reason ?? "-")")
        #expect(try apus.metrics()[Self.tlsErrors] ?? 0 >= 1)
        print("server with \(name): \(answer.status), reason \(line.reason ?? "-")")
        let trusting = try Self.gateway([server], "verify: off")
        #expect(try Told(trusting.ask(get("/"))).version == "TLSv1.3")
    }

    @Test func `a name that is none of the certificate's is refused`() throws {
        let server = try Self.server("app")
        let apus = try Self.gateway([server], "server_name: b.example")
        #expect(try apus.ask(get("/")).status == 502)
        #expect(try apus.metrics()[Self.tlsErrors] ?? 0 >= 1)
    }

    @Test func `servers are shown a certificate if they ask for one`() throws {
        let settings = "{\"ca\": \"\(try Authority.path("ca.pem"))\"}"
        let server = try Self.server("app", settings)
        let shown = """
            client_cert: "\(try Authority.path("client.pem"))", \
            client_key: "\(try Authority.path("client.key"))"
            """
        let apus = try Self.gateway([server], shown)
        #expect(try Told(apus.ask(get("/"))).client == "ada")
        let without = try Self.gateway([server])
        let answer = try without.ask(get("/x"))
        #expect(answer.status == 502)
        let reason = try without.accessLine(of: "/x").reason
        print("without a client's certificate: reason", reason ?? "-")
    }

    @Test func `servers of TLS 1-2 alone are spoken to, and their sessions resumed`() throws {
        let server = try Self.server("app", "{\"versions\": [\"TLSv1_2\", \"TLSv1_2\"]}")
        let apus = try Self.gateway([server], upstream: "keepalive: { max: 0 }")
        let told = try (0..<3).map { _ in try Told(apus.ask(get("/"))) }
        #expect(told.allSatisfy { $0.version == "TLSv1.2" })
        #expect(told.dropFirst().allSatisfy { $0.resumed })
    }

    @Test func `a body that is cut is not passed on as whole`() throws {
        let apus = try Self.gateway([try Self.server("app")])
        #expect(try apus.ask(get("/whole")).text == "first half")
        for path in ["/cut", "/stop"] {
            let status = (try? apus.ask(get(path)))?.status ?? 0
            #expect(status == 0 || status == 502, "\(path)")
            let line = try apus.accessLine(of: path)
            print("\(path): outcome \(line.outcome ?? "-"), reason \(line.reason ?? "-")")
            #expect(line.outcome != "ok")
        }
    }

    @Test func `a server that speaks no TLS, or never answers, is passed over`() throws {
        let plain = try Self.server("app", "{\"plain\": true}")
        let refused = try Self.gateway([plain])
        #expect(try refused.ask(get("/x")).status == 502)
        #expect(try refused.accessLine(of: "/x").reason == "tls")
        let deaf = try Self.server("app", "{\"deaf\": true}")
        let waiting = try Self.gateway([deaf], "", "timeouts: { connect: 300ms }")
        let answer = try waiting.ask(get("/x"))
        #expect(answer.status == 504)
        #expect(try waiting.accessLine(of: "/x").reason == "connect_timeout")
        let good = try Self.server("app")
        for bad in [plain, deaf, try Self.server("foreign")] {
            let apus = try Self.gateway([bad, good], "", "timeouts: { connect: 300ms }")
            for _ in 1...4 { #expect(try Told(apus.ask(get("/"))).version == "TLSv1.3") }
        }
    }

    @Test func `a tunnel goes through TLS on both sides`() throws {
        let echo = try UpgradeTests.echoing()
        let server = try SecureRelay.before(echo)
        let apus = try Apus(
            """
            \(secureListener())
            upstreams:
              app:
                servers: ["https://\(server.address)"]
                tls: { ca: "\(Authority.path("ca.pem"))" }
            routes: [ { name: app, match: { path: /* }, upstream: app } ]
            """, apps: [echo, server])
        let client = try SecureRelay.toward(apus)
        let wire = try Wire(to: .ip4(client.port))
        try wire.send(UpgradeTests.ask.replacing("a.test", with: "app.example"))
        #expect(try wire.head()?.status == 101)
        for size in [1, 1000, 100_000] {
            let bytes = (0..<size).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            try wire.send(bytes)
            #expect(try wire.read(count: size) == bytes)
        }
        wire.endWrites()
        try wire.readToEnd()
        let line = try apus.accessLine(of: "/ws")
        #expect(line.outcome == "tunneled")
        #expect(line.bytesIn == 101_001 && line.bytesOut == 101_001)
        withExtendedLifetime(client) {}
    }
}
