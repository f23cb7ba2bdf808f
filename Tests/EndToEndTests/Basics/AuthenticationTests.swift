import Foundation
import Testing

@Suite(.staged) struct AuthenticationTests {
    private static let fixtures = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Fixtures/jwt").standardized.path

    /// The key is `key-of-ci`.
    private static func configuration(to address: String) -> String {
        """
        upstreams: { app: { servers: ["\(address)"] } }
        routes:
          - name: keyed
            match: { path: /keyed }
            auth:
              api_keys:
                ci: "sha256:e9c893f01a06c7a7a151f3217c9f51b0992615a91e173540357ee7a77b934cbd"
            upstream: app
          - name: token
            match: { path: /token }
            auth:
              jwt:
                jwks: \(fixtures)/jwks.json
                algorithms: [RS256, ES256]
                audience: other
            upstream: app
        """
    }

    @Test func `a key admits by its digest, and the app learns its name`() throws {
        let app = try Origin.saying("hello")
        let apus = try Apus(Self.configuration(to: app.address))
        let refused = try apus.ask(get("/keyed", "X-API-Key: key-of-nobody\r\nX-Auth-Name: ci\r\n"))
        #expect(refused.status == 401)
        #expect(refused["WWW-Authenticate"] == "Bearer realm=\"apus\"")
        #expect(refused["X-Frame-Options"] == "DENY")
        #expect(app.requests.all.isEmpty)
        let answer = try apus.ask(get("/keyed", "X-API-Key: key-of-ci\r\nX-Auth-Name: root\r\n"))
        #expect(answer.status == 200)
        #expect(app.requests.all.count == 1)
        #expect(app.requests.all.first?["X-Auth-Name"] == "ci")
    }

    @Test func `a token of yesterday is refused, and the log says why`() throws {
        let app = try Origin.saying("hello")
        let apus = try Apus(Self.configuration(to: app.address))
        let token = try Self.expiredToken()
        let answer = try apus.ask(get("/token", "Authorization: Bearer \(token)\r\n"))
        #expect(answer.status == 401)
        #expect(
            answer["WWW-Authenticate"] == "Bearer realm=\"apus\", error=\"invalid_token\"")
        let record = try apus.accessLine(of: "/token")
        #expect(record.outcome == "unauthorized")
        #expect(record.reason == "jwt_expired")
        #expect(app.requests.all.isEmpty)
    }

    /// A token of RS256, which has expired: the reason tells how far it was verified.
    private static func expiredToken() throws -> Substring {
        let text = try String(contentsOfFile: fixtures + "/tokens.txt", encoding: .utf8)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("RS256 ") })
        return line.dropFirst("RS256 ".count)
    }

    @Test func `keys are rotated by their file, and a broken one changes nothing`() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let key = folder.appending(path: "key.pem")
        func put(_ fixture: String) throws {
            try Data(contentsOf: URL(filePath: "\(Self.fixtures)/\(fixture)")).write(to: key)
        }
        try put("rsa.pem")
        let apus = try Apus(
            """
            routes:
              - name: token
                auth: { jwt: { public_key: \(key.path), algorithms: [RS256], audience: other } }
                respond: {}
            """)
        let token = try Self.expiredToken()
        var asked = 0
        func reason() throws -> String? {
            asked += 1
            let path = "/\(asked)"
            _ = try apus.ask(get(path, "Authorization: Bearer \(token)\r\n"))
            return try apus.accessLine(of: path).reason
        }
        #expect(try reason() == "jwt_expired")
        try put("rsa-1024.pem")
        let refused = try eventually("a line about the broken file") {
            try apus.lines("keys").first
        }
        #expect(refused.level == "error" && refused.route == "token")
        #expect(refused.reason?.contains("1024 bits") == true)
        #expect(try reason() == "jwt_expired")
        try put("rsa-next.pem")
        // Each loop takes the keys over in a turn of its own.
        try eventually("the other key is asked") { try reason() == "jwt_bad_signature" }
        #expect(try apus.lines("keys").last?.level == "info")
        try put("rsa.pem")
        try eventually("the first key is asked again") { try reason() == "jwt_expired" }
    }
}
