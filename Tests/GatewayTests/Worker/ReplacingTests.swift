import Foundation
import Simulation
import Testing

@testable import Gateway

/// Errors of an app that give way to answers of the gateway, and cookies on their way.
struct ReplacingTests {
    private static let settings = """
        environment: development
        listeners: { public: { bind: "127.0.0.1:8080" } }
        trusted_proxies: ["192.0.2.0/24"]
        security_headers: api
        upstreams: { app: { servers: ["10.0.0.1:3000"] } }
        routes:
          - name: kept
            match: { path: /kept }
            cookies: harden
            upstream: app
          - { name: app, upstream_errors: replace, limits: { body: 1KiB }, upstream: app }
        """
    private static let secret = "stack trace of line 7"

    private static func reply(
        _ status: String, _ fields: String = "", body: String = secret
    ) -> AppPlay.Reply {
        .init("HTTP/1.1 \(status)\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)")
    }

    @Test(arguments: [
        ("500 Oops", "500 Internal Server Error"), ("502 Bad Gateway", "502 Bad Gateway"),
        ("503 x", "503 Service Unavailable"), ("520 Odd", "520 "), ("599 x", "599 "),
    ])
    func `clients get the status and none of the app's words`(_ sent: String, _ got: String) throws
    {
        let world = try World(Self.settings)
        world.app.answer = { _ in
            Self.reply(sent, "Content-Type: text/html\r\nX-Debug: 1\r\nSet-Cookie: a=b\r\n")
        }
        let client = try world.connect()
        client.get("/")
        world.run()
        #expect(client.text.hasPrefix("HTTP/1.1 \(got)\r\n"))
        for gone in [Self.secret, "X-Debug", "Set-Cookie", "Oops"] {
            #expect(!client.text.contains(gone))
        }
        #expect(client.text.contains(#""status":\#(got.prefix(3)),"#))
        #expect(client.text.contains(#""code":"upstream_error""#))
        let record = try #require(world.records.first)
        #expect(record["outcome"] == "upstream_error" && record["reason"] == "replaced_html")
        #expect(record["upstream_status"] == record["status"])
        world.expectNothingLeaks()
    }

    @Test(
        arguments: [
            ("Retry-After: 120\r\n", "Retry-After: 120", "\"retry_after\":120"),
            (
                "retry-after: Wed, 21 Oct 2026 07:28:00 GMT\r\n",
                "Retry-After: Wed, 21 Oct 2026 07:28:00 GMT", nil
            ),
            ("Retry-After: 9999999999\r\n", "Retry-After: 9999999999", nil),
            ("Retry-After: \(String(repeating: "1", count: 65))\r\n", nil, nil), ("", nil, nil),
        ] as [(String, String?, String?)])
    func `when to come again is kept`(_ sent: String, _ line: String?, _ member: String?) throws {
        let world = try World(Self.settings)
        world.app.answer = { _ in Self.reply("503 x", sent) }
        let client = try world.connect()
        client.get("/")
        world.run()
        #expect(client.text.contains("\r\nRetry-After: ") == (line != nil))
        if let line { #expect(client.text.contains("\r\n\(line)\r\n")) }
        #expect(client.text.contains("retry_after") == (member != nil))
        if let member { #expect(client.text.contains(member)) }
        world.expectNothingLeaks()
    }

    @Test(arguments: [("/", "499 x"), ("/", "404 x"), ("/", "200 OK"), ("/kept", "500 Oops")])
    func `other answers pass as they are`(_ path: String, _ status: String) throws {
        let world = try World(Self.settings)
        world.app.answer = { _ in Self.reply(status) }
        let client = try world.connect()
        client.get(path)
        world.run()
        #expect(
            client.text.hasPrefix("HTTP/1.1 \(status)\r\n") && client.text.hasSuffix(Self.secret))
        #expect(world.records.first?["outcome"] == "proxied")
        world.expectNothingLeaks()
    }

    @Test(
        arguments: [
            (reply("500 x"), true), (reply("500 x", body: ""), true),
            (
                .init("HTTP/1.1 500 x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
                true
            ),
            // What has not come with the head is not waited for.
            (.init("HTTP/1.1 500 x\r\nContent-Length: 9\r\n\r\nabc"), false),
            (.init("HTTP/1.1 500 x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), false),
            (.init("HTTP/1.1 500 x\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"), false),
            (.init("HTTP/1.1 500 x\r\nContent-Length: 1\r\n\r\nabc"), false),
        ] as [(AppPlay.Reply, Bool)])
    func `the app's connection is kept if all of the error came at once`(
        _ reply: AppPlay.Reply, _ isKept: Bool
    ) throws {
        let world = try World(Self.settings)
        world.app.answer = { _ in reply }
        let client = try world.connect()
        for count in 1...2 {
            client.get("/")
            world.run()
            #expect(client.text.components(separatedBy: "HTTP/1.1 500 ").count == count + 1)
            #expect(world.upstreamCount == (isKept ? 1 : 0))
        }
        world.expectNothingLeaks()
    }

    @Test func `a client whose request is still coming is answered, and the connection ended`()
        throws
    {
        let world = try World(Self.settings)
        world.app.answersEarly = true
        world.app.answer = { _ in Self.reply("500 x") }
        let client = try world.connect(
            sending: "POST / HTTP/1.1\r\nHost: a.example\r\nContent-Length: 100\r\n\r\nabc")
        world.run()
        #expect(client.text.contains("\r\nConnection: close\r\n"))
        #expect(!client.text.contains(Self.secret) && world.upstreamCount == 0)
        client.leave()
        world.run()
        world.expectNothingLeaks()
    }

    @Test func `an answer to HEAD is replaced too`() throws {
        let world = try World(Self.settings)
        world.app.answer = { _ in .init("HTTP/1.1 500 x\r\nContent-Length: 9\r\n\r\n") }
        let client = try world.connect(sending: "HEAD / HTTP/1.1\r\nHost: a.example\r\n\r\n")
        world.run()
        #expect(client.text.hasSuffix("\r\n\r\n") && client.text.contains("problem+json"))
        #expect(world.records.first?["reason"] == "replaced_empty")
        world.expectNothingLeaks()
    }

    @Test func `people get a page, which may load nothing`() throws {
        let world = try World(Self.settings)
        world.app.answer = { _ in Self.reply("500 x") }
        let client = try world.connect()
        client.get("/", "Accept: text/html\r\n")
        world.run()
        #expect(client.text.contains("<h1>500 Internal Server Error</h1>"))
        #expect(client.text.components(separatedBy: "Content-Security-Policy").count == 2)
        #expect(client.text.contains("default-src 'none'; base-uri 'none'; form-action 'none'"))
    }

    @Test(arguments: [(true, "; Secure"), (false, "")])
    func `cookies are hardened by how the client came`(_ isSecure: Bool, _ added: String) throws {
        let world = try World(Self.settings)
        world.app.answer = { _ in .ok(fields: "Set-Cookie: a=b\r\nSet-Cookie: c=d\r\n") }
        let client = try world.connect()
        client.get("/kept", isSecure ? "X-Forwarded-Proto: https\r\n" : "")
        world.run()
        for cookie in ["a=b", "c=d"] {
            #expect(
                client.text.contains(
                    "\r\nSet-Cookie: \(cookie)\(added); HttpOnly; SameSite=Lax\r\n"))
        }
        world.expectNothingLeaks()
    }

    @Test func `more cookies than a buffer holds are an invalid answer, not a cut one`() throws {
        let world = try World(
            Self.settings + "\nlimits: { header_bytes: 40KiB, header_count: 1000 }\n")
        let cookies = String(
            repeating: "Set-Cookie: \(String(repeating: "a", count: 25))\r\n", count: 990)
        world.app.answer = { _ in .ok(fields: cookies) }
        let client = try world.connect()
        client.get("/kept")
        world.run()
        let count = client.text.components(separatedBy: "; HttpOnly; SameSite=Lax\r\n").count - 1
        #expect(client.text.hasPrefix("HTTP/1.1 502 ") ? count == 0 : count == 990)
        world.expectNothingLeaks()
    }

    @Test func `an answer without room behind untaken interim ones is none, not half of one`()
        throws
    {
        let page = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).json")
        try String(repeating: "x", count: 32 << 10).write(
            to: page, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: page) }
        let world = try World(
            Self.settings + "\nlimits: { header_bytes: 40KiB }\n"
                + "errors: { pages: { 500: \(page.path) } }\n")
        world.kernel.roomMax = 1024
        let hint = String(repeating: "Link: \(String(repeating: "a", count: 3990))\r\n", count: 10)
        world.app.answer = { _ in
            .init(
                "HTTP/1.1 103 Early Hints\r\n\(hint)\r\n"
                    + "HTTP/1.1 500 x\r\nContent-Length: 0\r\n\r\n")
        }
        let client = try world.connect()
        client.appetite = 0
        client.get("/")
        client.get("/next")
        world.run()
        client.appetite = .max
        world.run()
        #expect(!client.text.contains("HTTP/1.1 500 ") && client.text.utf8.count <= 1024)
        #expect(world.outcomes == ["upstream_error"])
        #expect(world.records.first?["status"] == nil)
        world.expectNothingLeaks()
    }
}
