import Foundation
import Testing

/// Who may ask what of the admin listener.
@Suite(.staged) struct AdminAccessTests {
    private static let maintenance = "/api/v1/maintenance"

    private func code(_ answer: Message) -> String? {
        let body = try? JSONSerialization.jsonObject(with: Data(answer.body)) as? [String: Any]
        #expect(answer["Content-Type"] == "application/problem+json", "\(answer)")
        #expect(body?["status"] as? Int == answer.status)
        return body?["code"] as? String
    }

    @Test func `names of others lead nowhere`() throws {
        let apus = try Apus(to: Origin.saying())
        for host in ["evil.example", "localhost.evil.example:80", "10.0.0.1", "127.0.0.1.x.test"] {
            for path in ["/livez", "/metrics", "/api/v1/status", "/nowhere"] {
                let answer = try apus.operate("GET", path, host: host)
                #expect(answer.status == 421)
                #expect(code(answer) == "misdirected_request")
            }
            #expect(try apus.operate("DELETE", Self.maintenance, host: host).status == 421)
        }
        for host in ["localhost", "127.0.0.1:9", "[::1]", "ops.localhost"] {
            #expect(try apus.operate("GET", "/livez", host: host).status == 200)
        }
    }

    @Test func `configured names are ours`() throws {
        let apus = try Apus(
            to: Origin.saying(),
            with: "admin: { bind: \"127.0.0.1:ADMIN_PORT\", hosts: [ops.example.com] }")
        #expect(try apus.operate("GET", "/livez", host: "OPS.example.com:1").status == 200)
        #expect(try apus.operate("GET", "/livez", host: "example.com").status == 421)
        // Without a token it is read, and nothing else.
        let answer = try apus.operate("DELETE", Self.maintenance)
        #expect(answer.status == 403)
        #expect(code(answer) == "forbidden")
        #expect(answer.text.contains("no admin.token is configured"))
    }

    @Test func `without the token nothing changes`() throws {
        let apus = try Apus(to: Origin.saying())
        for path in [Self.maintenance, "/api/v1/webhooks/a/replays/b"] {
            let answer = try apus.operate("DELETE", path, fields: "")
            #expect(answer.status == 401)
            #expect(answer["WWW-Authenticate"] == "Bearer realm=\"apus-admin\"")
            #expect(code(answer) == "unauthorized")
        }
        #expect(try apus.operate("POST", "/api/v1/reload", fields: "").status == 401)
        #expect(try apus.ask(get("/")).status == 200)
        let lines = try eventually("3 audit lines") { () -> [LogLine]? in
            let lines = try apus.lines("audit").filter { $0.who != "process" }
            return lines.count == 3 ? lines : nil
        }
        #expect(lines.map(\.result) == ["no_token", "no_token", "no_token"])
        #expect(lines.map(\.what) == ["maintenance_off", "replay_forget", "reload"])
        #expect(lines.allSatisfy { $0.who == "127.0.0.1" })
    }

    @Test func `pages of other sites change nothing`() throws {
        let apus = try Apus(to: Origin.saying())
        let token = "Authorization: Bearer \(Apus.token)\r\n"
        for field in [
            "Origin: http://evil.example", "Origin: null", "Origin: http://localhost:1",
            "Sec-Fetch-Site: cross-site", "Sec-Fetch-Site: same-site",
        ] {
            let answer = try apus.operate(
                "PUT", Self.maintenance, fields: "\(token)\(field)\r\n")
            #expect(answer.status == 403, "\(field)")
        }
        #expect(try apus.ask(get("/")).status == 200)
        let own = try apus.operate(
            "DELETE", Self.maintenance,
            fields: "\(token)Origin: http://localhost\r\nSec-Fetch-Site: same-origin\r\n")
        #expect(own.status == 204)
    }

    @Test func `who tries tokens is slowed, and who has the right one is not`() throws {
        let apus = try Apus(to: Origin.saying())
        let began = uptime()
        let wires = try (0..<3).map { _ in try Wire(to: .ip4(apus.adminPort)) }
        for wire in wires {
            try wire.send(
                "DELETE \(Self.maintenance) HTTP/1.1\r\nHost: localhost\r\n"
                    + "Authorization: Bearer wrong\r\n\r\n")
        }
        #expect(try apus.operate("DELETE", Self.maintenance).status == 204)
        for wire in wires { #expect(try wire.response().status == 401) }
        #expect(uptime() - began >= 1)
    }

    @Test func `as many attempts wait as may, and further ones are put off`() throws {
        let apus = try Apus(to: Origin.saying())
        let request =
            "DELETE \(Self.maintenance) HTTP/1.1\r\nHost: localhost\r\n"
            + "Authorization: Bearer wrong\r\n\r\n"
        let wires = try (0..<12).map { _ in try Wire(to: .ip4(apus.adminPort)) }
        for wire in wires { try wire.send(request) }
        let answers = try wires.map { try $0.response() }
        #expect(answers.allSatisfy { $0.status == 401 || $0.status == 429 })
        let slowed = answers.filter { $0.status == 429 }
        #expect(!slowed.isEmpty)
        #expect(slowed.allSatisfy { $0["Retry-After"] == "1" })
        #expect(try apus.operate("DELETE", Self.maintenance).status == 204)
    }

    @Test func `methods and paths that are not there are said so`() throws {
        let apus = try Apus(to: Origin.saying())
        for (method, path, allow) in [
            ("PUT", "/livez", "GET, HEAD"), ("GET", "/api/v1/reload", "POST"),
            ("PATCH", Self.maintenance, "PUT, DELETE"), ("BREW", "/metrics", "GET, HEAD"),
            ("GET", "/api/v1/webhooks/a/replays/b", "DELETE"),
        ] {
            let answer = try apus.operate(method, path)
            #expect(answer.status == 405, "\(method) \(path)")
            #expect(answer["Allow"] == allow)
            #expect(code(answer) == "method_not_allowed")
        }
        for path in ["/index.html", "/api/v1", "/api/v1/status/", "/%2e/livez", "//livez"] {
            #expect(try apus.operate("GET", path).status == 404, "\(path)")
        }
        for path in ["/", "/api/v1/status", "/readyz", "/metrics", "/api/v1/config"] {
            let answer = try apus.operate("HEAD", path)
            #expect(answer.status == 200)
            #expect(answer.body.isEmpty)
            #expect(answer["Cache-Control"] == "no-store")
            #expect(answer["X-Request-ID"] != nil)
        }
    }

    @Test func `bodies are bounded however they come`() throws {
        let apus = try Apus(to: Origin.saying())
        let head =
            "PUT \(Self.maintenance)?route=app HTTP/1.1\r\nHost: localhost\r\n"
            + "Authorization: Bearer \(Apus.token)\r\nContent-Type: application/json\r\n"
        func ask(_ rest: String) throws -> Int {
            try Wire(to: .ip4(apus.adminPort)).ask(head + rest).status
        }
        #expect(try ask("Content-Length: 65537\r\n\r\n") == 413)
        #expect(try ask("Content-Length: 99999999999999999999\r\n\r\n") == 400)
        #expect(try ask("Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n") == 200)
        #expect(try ask("Transfer-Encoding: chunked\r\n\r\nzz\r\n") == 400)
        let blanks = String(repeating: " ", count: 60_000)
        #expect(try ask("Content-Length: 60002\r\n\r\n{\(blanks)}") == 200)
        let chunk = "4000\r\n" + String(repeating: " ", count: 0x4000) + "\r\n"
        let many = String(repeating: chunk, count: 5)
        #expect(try ask("Transfer-Encoding: chunked\r\n\r\n\(many)") == 413)
        // A client that asks first is told to go on.
        let wire = try Wire(to: .ip4(apus.adminPort))
        try wire.send(head + "Content-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        #expect(try wire.head()?.status == 100)
        try wire.send("{}")
        #expect(try wire.response().status == 200)
        #expect(try apus.operate("DELETE", Self.maintenance).status == 204)
    }
}
