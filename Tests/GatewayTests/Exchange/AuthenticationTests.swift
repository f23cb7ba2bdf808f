import Foundation
import Testing

@testable import Gateway

/// `auth` of routes, from a client's bytes to the app's and to the log: the worked example of
/// docs/policies.md.
struct AuthenticationTests {
    /// The part of the page below its heading.
    private static let page: String = {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../docs/policies.md")
        let text = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
        let rest = text.firstRange(of: "\n## Edge authentication\n").map { text[$0.upperBound...] }
        return String((rest ?? "").components(separatedBy: "\n## ")[0])
    }()

    private static let environment = [
        "CRON_SECRET": "the-secret-of-the-clock",
        "JWT_SECRET": "of-those-who-sign-and-those-who-verify",
    ]

    /// `{"sub":"alice@example.com"}` by PyJWT, with the secret above.
    private static let token =
        "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhbGljZUBleGFtcGxlLmNvbSJ9."
        + "63nNEmkjllOO_Dll2Km02Rf5t4_BFAwHpKPcjWuVcsg"

    /// A row of the table: the request's line and fields, the status, the fields that the app gets.
    struct Row: Sendable {
        let request: [String]
        let status: Int
        let received: [String]
    }

    private static let rows: [Row] = page.split(separator: "\n").compactMap { line in
        let cells = line.split(separator: "|", omittingEmptySubsequences: false)
        guard cells.count == 5, let status = Int(cells[2].filter(\.isNumber)) else { return nil }
        return Row(request: spans(cells[1]), status: status, received: spans(cells[3]))
    }

    private static func spans(_ cell: Substring) -> [String] {
        let parts = cell.split(separator: "`", omittingEmptySubsequences: false)
        return parts.indices.filter { $0 % 2 == 1 }.map {
            String(parts[$0]).replacing("TOKEN", with: token)
        }
    }

    private func world() throws -> World {
        let blocks = Self.page.components(separatedBy: "```yaml\n")
        let example = try #require(blocks.last).components(separatedBy: "```")[0]
        // Fewer slots than by default, for a simulated kernel.
        return try World(
            "limits: { connections: 40 }\n" + String(example), environment: Self.environment)
    }

    private func ask(_ world: World, _ lines: [String]) throws -> Client {
        let client = try world.connect()
        let fields = lines.dropFirst().map { $0 + "\r\n" }.joined()
        client.send("\(lines[0]) HTTP/1.1\r\nHost: a.example\r\n\(fields)\r\n")
        world.run()
        return client
    }

    @Test func `every row of the page is as it says`() throws {
        #expect(Self.rows.count == 10)
        for row in Self.rows {
            let world = try world()
            let client = try ask(world, row.request)
            #expect(client.statuses == [row.status], "\(row.request)")
            #expect(world.app.requests.count == (row.status == 200 ? 1 : 0))
            for field in row.received {
                let name = String(field.prefix { $0 != ":" })
                let value = world.app.requests.first?.value(name.lowercased())
                #expect(value.map { "\(name): \($0)" } == field)
            }
            world.expectNothingLeaks()
        }
    }

    @Test func `a refusal says how to prove oneself, and the log why it was not enough`() throws {
        let world = try world()
        let plain = "\r\nWWW-Authenticate: Bearer realm=\"apus\"\r\n"
        let invalid = "\r\nWWW-Authenticate: Bearer realm=\"apus\", error=\"invalid_token\"\r\n"
        let missing = try ask(world, ["GET /api/me"])
        #expect(missing.text.hasPrefix("HTTP/1.1 401 Unauthorized\r\n"))
        #expect(missing.text.contains(plain))
        #expect(missing.text.contains("\"code\":\"unauthorized\""))
        #expect(missing.text.contains("\r\nX-Request-ID: "))
        let forged = try ask(world, ["GET /api/me", "Authorization: Bearer \(Self.token)x"])
        #expect(forged.text.contains(invalid))
        #expect(!forged.text.contains("signature"))
        let wrong = try ask(world, ["GET /deploy/7", "X-API-Key: a-wrong-key"])
        #expect(wrong.text.contains(plain))
        #expect(world.outcomes == ["unauthorized", "unauthorized", "unauthorized"])
        #expect(
            world.records.map { $0["reason"] } == [
                "auth_missing", "jwt_bad_signature", "auth_unknown_key",
            ])
        #expect(world.records.map { $0["route"] } == ["api", "api", "deploy"])
        let log = world.lines.joined()
        #expect(!log.contains(Self.token.prefix(20)))
        #expect(!log.contains("a-wrong-key"))
    }

    @Test func `the log names the key that admitted a request`() throws {
        let world = try world()
        _ = try ask(world, ["GET /deploy/7", "X-API-Key: key-of-ops"])
        _ = try ask(world, ["GET /api/me", "Authorization: Bearer \(Self.token)"])
        #expect(world.records.map { $0["auth_name"] } == ["ops", nil])
        #expect(!world.lines.joined().contains("key-of-ops"))
        #expect(!world.lines.joined().contains(Self.token.prefix(20)))
    }

    @Test func `a retry on another connection tells the app the same name`() throws {
        let world = try world()
        _ = try ask(world, ["GET /api/1", "Authorization: Bearer \(Self.token)"])
        var isFirst = true
        world.app.answer = { _ in
            defer { isFirst = false }
            return isFirst ? AppPlay.Reply("", .closes) : .ok()
        }
        _ = try ask(world, ["GET /api/2", "Authorization: Bearer \(Self.token)"])
        let names = world.app.requests.map { "\($0.value("x-auth-subject") ?? "-")" }
        #expect(names == Array(repeating: "alice@example.com", count: 3))
    }
}
