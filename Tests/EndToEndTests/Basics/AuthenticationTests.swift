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
        let text = try String(contentsOfFile: Self.fixtures + "/tokens.txt", encoding: .utf8)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("RS256 ") })
        let token = line.dropFirst("RS256 ".count)
        let answer = try apus.ask(get("/token", "Authorization: Bearer \(token)\r\n"))
        #expect(answer.status == 401)
        #expect(
            answer["WWW-Authenticate"] == "Bearer realm=\"apus\", error=\"invalid_token\"")
        let record = try apus.accessLine(of: "/token")
        #expect(record.outcome == "unauthorized")
        #expect(record.reason == "jwt_expired")
        #expect(app.requests.all.isEmpty)
    }
}
