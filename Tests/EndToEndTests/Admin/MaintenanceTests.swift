import Foundation
import Testing

/// Maintenance by an operator's word, and by the configuration's.
@Suite(.staged) struct MaintenanceTests {
    private func gateway(_ more: String = "", route: String = "") throws -> Apus {
        let app = try Origin.saying()
        return try Apus(
            """
            server: { workers: 2, drain_timeout: 20s }
            upstreams: { app: { servers: ["\(app.address)"] } }
            routes:
              - { name: live, match: { path: /live }, health: live }
              - { name: ready, match: { path: /ready }, health: ready }
              - { name: own, match: { path: /own }, respond: { status: 200, body: own }\(route) }
              - { name: app, match: { path: /* }, upstream: app }
            \(more)
            """, apps: [app])
    }

    @Test func `a word holds on all loops from the next request on`() throws {
        let apus = try gateway()
        // Several connections, so that each loop has some of them.
        let wires = try (0..<12).map { _ in try apus.connect() }
        func statuses(_ path: String) throws -> Set<Int> {
            Set(try wires.map { try $0.ask(get(path)).status })
        }
        #expect(try statuses("/x") == [200])
        let body = "{\"message\":\"Back at <5>\",\"retry_after\":120}"
        let answer = try apus.operate("PUT", "/api/v1/maintenance", body)
        #expect(answer.status == 200)
        #expect(answer.text.contains("\"retry_after\":120"))
        #expect(try statuses("/x") == [503])
        #expect(try statuses("/own") == [503])
        #expect(try statuses("/live") == [200])
        #expect(try statuses("/ready") == [200])
        let told = try wires[0].ask(get("/x"))
        #expect(told["Retry-After"] == "120")
        #expect(told.text.contains("\"detail\":\"Back at <5>\""))
        #expect(told.text.contains("\"code\":\"maintenance\""))
        let status = try apus.operate("GET", "/api/v1/status").text
        #expect(status.contains("{\"route\":\"app\",\"notice\":{\"message\":\"Back at <5>\""))
        #expect(try apus.operate("DELETE", "/api/v1/maintenance?route=app").status == 204)
        #expect(try statuses("/x") == [200])
        #expect(try statuses("/own") == [503])
        #expect(try apus.operate("DELETE", "/api/v1/maintenance").status == 204)
        #expect(try statuses("/own") == [200])
        #expect(try apus.accessLine(of: "/own").outcome == "maintenance")
        let audit = try eventually("3 audit lines") { () -> [LogLine]? in
            let lines = try apus.lines("audit").filter { $0.who != "process" }
            return lines.count == 3 ? lines : nil
        }
        #expect(audit.map(\.what) == ["maintenance_on", "maintenance_off", "maintenance_off"])
        #expect(audit.map(\.target) == [nil, "app", nil])
        #expect(audit.map(\.result) == ["done", "done", "done"])
    }

    @Test func `clients that are allowed pass`() throws {
        let apus = try gateway()
        let path = "/api/v1/maintenance?route=own"
        _ = try apus.operate("PUT", path, "{\"allow\":[\"127.0.0.0/8\"]}")
        #expect(try apus.ask(get("/own")).status == 200)
        _ = try apus.operate("PUT", path, "{\"allow\":[\"10.0.0.0/8\"]}")
        #expect(try apus.ask(get("/own")).status == 503)
    }

    @Test func `the configuration's word holds until an operator says another`() throws {
        let apus = try gateway(route: ", maintenance: { message: Soon, retry_after: 5s }")
        let told = try apus.ask(get("/own", "Accept: text/plain\r\n"))
        #expect(told.status == 503)
        #expect(told["Retry-After"] == "5")
        #expect(told.text.contains("\nSoon\n"))
        #expect(try apus.ask(get("/x")).status == 200)
        #expect(try apus.operate("DELETE", "/api/v1/maintenance").status == 204)
        #expect(try apus.ask(get("/own")).status == 200)
    }

    @Test(arguments: [
        ("?route=nowhere", "{}", 404), ("?route=", "{}", 404), ("?route=own&route=app", "{}", 400),
        ("?route=%zz", "{}", 400), ("", "[]", 400), ("", "{\"message\":\"\"}", 400),
        ("", "{\"retry_after\":-1}", 400), ("", "{\"allow\":[\"x\"]}", 400),
        ("", "{\"unknown\":1}", 400), ("", "{", 400),
    ])
    func `what is wrong changes nothing`(_ query: String, _ body: String, _ status: Int) throws {
        let apus = try gateway()
        let answer = try apus.operate("PUT", "/api/v1/maintenance\(query)", body)
        #expect(answer.status == status)
        #expect(answer["Content-Type"] == "application/problem+json")
        #expect(try apus.ask(get("/own")).status == 200)
        #expect(try apus.ask(get("/x")).status == 200)
        let token = "Authorization: Bearer \(Apus.token)\r\nContent-Type: text/plain\r\n"
        let typed = try Wire(to: .ip4(apus.adminPort)).ask(
            "PUT /api/v1/maintenance HTTP/1.1\r\nHost: localhost\r\n\(token)"
                + "Content-Length: 2\r\n\r\n{}")
        #expect(typed.status == 415)
    }
}
