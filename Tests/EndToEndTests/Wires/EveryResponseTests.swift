import Foundation
import Testing

/// Every kind of response over real sockets: each carries every security header once, a request id,
/// and what its route's CORS policy says to whoever asks.
@Suite(.staged) struct EveryResponseTests {
    /// Who a request says its page is of.
    enum Asker: CaseIterable {
        case nobody, allowed, foreign

        var field: String {
            switch self {
            case .nobody: ""
            case .allowed: "Origin: https://a.app.test\r\n"
            case .foreign: "Origin: https://evil.test\r\n"
            }
        }
    }

    /// One kind of response, and how to come by it.
    struct Kind: CustomTestStringConvertible {
        let name: String
        let status: Int
        /// The request's bytes up to where `Origin` goes, which ends a line, and what follows.
        let head: String
        var rest = "\r\n"
        /// Whether a route with a policy answers, or the app behind it.
        var hasPolicy = true

        var testDescription: String { name }
        var method: String { String(head.prefix { $0 != " " }) }

        init(
            _ name: String, _ status: Int, _ line: String, _ fields: String = "",
            rest: String = "\r\n", hasPolicy: Bool = true
        ) {
            self.name = name
            self.status = status
            head = "\(line)\r\nHost: api.test\r\n\(fields)"
            self.rest = rest
            self.hasPolicy = hasPolicy
        }
    }

    static let kinds = [
        Kind("proxied", 200, "GET /200 HTTP/1.1"),
        Kind("proxied not found", 404, "GET /404 HTTP/1.1"),
        Kind("proxied error", 500, "GET /500 HTTP/1.1"),
        Kind("proxied redirect", 302, "GET /302 HTTP/1.1"),
        Kind("answer to HEAD", 200, "HEAD /200 HTTP/1.1"),
        Kind("not modified", 304, "GET /304 HTTP/1.1", "If-None-Match: \"a\"\r\n"),
        Kind("no content", 204, "GET /204 HTTP/1.1"),
        Kind("chunked", 200, "GET /chunked HTTP/1.1"),
        Kind("until the app closes", 200, "GET /closing HTTP/1.1"),
        Kind("behind early hints", 200, "GET /hints HTTP/1.1"),
        Kind("HTTP/1.0 client", 200, "GET /200 HTTP/1.0"),
        Kind("chunked for an HTTP/1.0 client", 200, "GET /chunked HTTP/1.0"),
        Kind("upload", 200, "POST /200 HTTP/1.1", "Content-Length: 3\r\n", rest: "\r\nabc"),
        Kind(
            "tunnel", 101, "GET /tunnel HTTP/1.1",
            "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"),
        Kind("app without sense", 502, "GET /nonsense HTTP/1.1"),
        Kind("app that hangs up", 502, "GET /nothing HTTP/1.1"),
        Kind("app that is away", 502, "GET /away HTTP/1.1"),
        Kind("app that is silent", 504, "GET /silent HTTP/1.1"),
        Kind(
            "body too large", 413, "POST /200 HTTP/1.1", "Content-Length: 2000\r\n"),
        Kind("page of the operator", 502, "GET /away HTTP/1.1", "Accept: text/html\r\n"),
        Kind("error of the app that is replaced", 500, "GET /replaced HTTP/1.1"),
        Kind("client without access", 403, "GET /walled HTTP/1.1"),
        Kind("request without credentials", 401, "GET /keyed HTTP/1.1"),
        Kind(
            "media type that is not taken", 415, "POST /typed HTTP/1.1",
            "Content-Type: text/plain\r\nContent-Length: 1\r\n", rest: "\r\nx"),
        Kind(
            "body that breaks a rule", 400, "POST /typed HTTP/1.1",
            "Content-Type: application/json\r\nContent-Length: 4\r\n", rest: "\r\n[[]]"),
        Kind("own redirect", 308, "GET /old HTTP/1.1"),
        Kind("fixed response", 203, "GET /fixed HTTP/1.1"),
        Kind("fixed error", 503, "GET /down HTTP/1.1"),
        Kind("health", 200, "GET /health HTTP/1.1"),
        Kind("no route", 404, "GET /nowhere HTTP/1.1", hasPolicy: false),
        Kind("wrong method", 405, "DELETE /fixed HTTP/1.1", hasPolicy: false),
        Kind("refused method", 405, "TRACE /200 HTTP/1.1", hasPolicy: false),
        Kind("bad escape", 400, "GET /%zz HTTP/1.1", hasPolicy: false),
        Kind("malformed field", 400, "GET /200 HTTP/1.1", "X-A : b\r\n", hasPolicy: false),
        Kind(
            "two lengths", 400, "POST /200 HTTP/1.1",
            "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n", hasPolicy: false),
        Kind("malformed bytes", 400, "\u{1}\u{2}\u{3} \u{4}", hasPolicy: false),
        Kind("head too slow", 408, "GET /200 HTTP/1.1", rest: "", hasPolicy: false),
        Kind(
            "target too long", 414, "GET /\(String(repeating: "a", count: 1200)) HTTP/1.1",
            hasPolicy: false),
        Kind(
            "headers too large", 431, "GET /200 HTTP/1.1",
            "X-A: \(String(repeating: "a", count: 3000))\r\n", hasPolicy: false),
        Kind(
            "unknown coding", 501, "POST /200 HTTP/1.1", "Transfer-Encoding: gzip, chunked\r\n",
            hasPolicy: false),
        Kind("version to come", 505, "GET /200 HTTP/2.0", hasPolicy: false),
        Kind("options of the server", 204, "OPTIONS * HTTP/1.1", hasPolicy: false),
    ]

    /// What an app should not say of itself, and what the gateway says otherwise.
    private static let claims =
        "X-Frame-Options: ALLOWALL\r\nx-content-type-options: off\r\nX-Request-ID: of-the-app\r\n"
        + "Access-Control-Allow-Origin: *\r\nAccess-Control-Allow-Credentials: true\r\n"
        + "Referrer-Policy: unsafe-url\r\nServer: app/1\r\nX-Powered-By: app\r\n"

    private static func origin() throws -> Origin {
        try Origin { wire, _ in
            while let request = try wire.request(within: 60) {
                switch request.target {
                case "/nothing": return
                case "/silent": try wire.readToEnd(within: 60)
                case "/closing":
                    try wire.send("HTTP/1.1 200 OK\r\nConnection: close\r\n\(claims)\r\nhello")
                    return
                default: try wire.send(answer(request))
                }
            }
        }
    }

    private static func answer(_ request: Message) -> String {
        switch request.target {
        case "/404": "HTTP/1.1 404 Oops\r\nContent-Length: 1\r\n\(claims)\r\nx"
        case "/500", "/replaced":
            "HTTP/1.1 500 Oops\r\nContent-Length: 1\r\n\(claims)\r\nx"
        case "/302": "HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\(claims)\r\n"
        case "/204": "HTTP/1.1 204 No Content\r\n\(claims)\r\n"
        case "/304": "HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\(claims)\r\n"
        case "/chunked":
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\(claims)\r\n1\r\nx\r\n0\r\n\r\n"
        case "/hints": "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + ok("x", claims)
        case "/tunnel":
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
                + "\(claims)\r\n"
        case "/nonsense": "HTTX/1.1 200 OK\r\n\r\n"
        default:
            request.method == "HEAD"
                ? "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\(claims)\r\n" : ok("x", claims)
        }
    }

    private static func gateway() throws -> Apus {
        let app = try origin()
        return try Apus(
            """
            limits: { request_line: 1KiB, header_bytes: 2KiB, body: 1KiB }
            timeouts: { header: 500ms, response: 500ms }
            errors: { pages: { 502: \(page) } }
            cors: { app: { origins: ["https://*.app.test"], credentials: on } }
            upstreams:
              app: { servers: ["\(app.address)"] }
              away: { servers: ["\(try refusingAddress())"] }
            routes:
              - { name: old, match: { path: /old }, cors: app, redirect: { to: /new } }
              - name: fixed
                match: { path: /fixed, methods: [GET] }
                cors: app
                respond: { status: 203, body: x }
              - { name: down, match: { path: /down }, cors: app, respond: { status: 503 } }
              - { name: health, match: { path: /health }, cors: app, health: live }
              - { name: away, match: { path: /away }, cors: app, upstream: away }
              - name: replaced
                match: { path: /replaced }
                cors: app
                upstream_errors: replace
                upstream: app
              - name: walled
                match: { path: /walled }
                cors: app
                access: { deny: [127.0.0.0/8] }
                upstream: app
              - name: keyed
                match: { path: /keyed }
                cors: app
                auth: { bearer: "3ea1f0b6c7d5428990ab" }
                upstream: app
              - name: typed
                match: { path: /typed }
                cors: app
                content_types: [application/json]
                json: { max_depth: 1 }
                upstream: app
            \(paths.map { route($0) }.joined(separator: "\n"))
            """, apps: [app])
    }

    private static let page = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../Fixtures/pages/502.html").standardized.path
    private static let paths = [
        "200", "404", "500", "302", "304", "204", "chunked", "closing", "hints", "tunnel",
        "nonsense", "nothing", "silent",
    ]

    private static func route(_ path: String) -> String {
        "  - { name: app-\(path), match: { path: /\(path) }, cors: app, upstream: app }"
    }

    /// The preset's headers over plain HTTP, and the id.
    private static let once = [
        "X-Frame-Options", "X-Content-Type-Options", "Cross-Origin-Opener-Policy",
        "X-Permitted-Cross-Domain-Policies", "X-DNS-Prefetch-Control", "X-XSS-Protection",
        "Permissions-Policy", "Referrer-Policy", "Cross-Origin-Resource-Policy",
        "Content-Security-Policy-Report-Only", "X-Request-ID", "Date",
    ]
    private static let never = [
        "Strict-Transport-Security", "Server", "X-Powered-By", "Content-Security-Policy",
    ]

    private static func answer(of apus: Apus, to kind: Kind, _ asker: Asker) throws -> Message {
        let wire = try apus.connect()
        try wire.send(kind.head + asker.field + kind.rest)
        var answer = try wire.response(to: kind.method)
        while answer.status < 200, answer.status != 101 {
            answer = try wire.response(to: kind.method)
        }
        return answer
    }

    private static func expectStamp(_ answer: Message, _ what: String) {
        for name in once { #expect(answer.all(name).count == 1, "\(name) of \(what)") }
        for name in never { #expect(answer.all(name).isEmpty, "\(name) of \(what)") }
        #expect(answer["X-Frame-Options"] == "DENY", "\(what)")
        #expect(answer["X-Content-Type-Options"] == "nosniff", "\(what)")
        #expect(answer["X-Request-ID"]?.count == 36, "\(what)")
    }

    @Test func `the table has every kind of response`() {
        #expect(Self.kinds.count >= 22)
        #expect(Set(Self.kinds.map(\.name)).count == Self.kinds.count)
        #expect(
            Set(Self.kinds.map(\.status)).isSuperset(of: [
                101, 200, 204, 304, 308, 400, 401, 403, 404, 405, 415, 408, 413, 414, 431, 500, 501,
                502, 503, 504,
                505,
            ]))
    }

    @Test func `every kind of response is stamped once and says what the policy says`() throws {
        let apus = try Self.gateway()
        var ids: Set<String> = []
        for kind in Self.kinds {
            for asker in Asker.allCases {
                let what = "\(kind.name), \(asker)"
                let answer = try Self.answer(of: apus, to: kind, asker)
                #expect(answer.status == kind.status, "\(what): \(answer.startLine)")
                Self.expectStamp(answer, what)
                let isTold = kind.hasPolicy && asker == .allowed
                #expect(
                    answer.all("Access-Control-Allow-Origin")
                        == (isTold ? ["https://a.app.test"] : []), "\(what)")
                #expect(
                    answer.all("Access-Control-Allow-Credentials") == (isTold ? ["true"] : []),
                    "\(what)")
                #expect(answer.all("Vary") == (kind.hasPolicy ? ["Origin"] : []), "\(what)")
                let id = answer["X-Request-ID"] ?? ""
                #expect(ids.insert(id).inserted, "\(what)")
            }
        }
        #expect(ids.count == Self.kinds.count * Asker.allCases.count)
    }

    @Test(arguments: [("https://a.app.test", 204), ("https://evil.test", 403)])
    func `answers to preflights are stamped once`(_ origin: String, _ status: Int) throws {
        let apus = try Self.gateway()
        let answer = try apus.ask(
            "OPTIONS /200 HTTP/1.1\r\nHost: api.test\r\nOrigin: \(origin)\r\n"
                + "Access-Control-Request-Method: POST\r\n\r\n")
        #expect(answer.status == status)
        Self.expectStamp(answer, origin)
        #expect(answer.all("Access-Control-Allow-Origin") == (status == 204 ? [origin] : []))
        #expect(
            answer.all("Vary")
                == ["Origin, Access-Control-Request-Method, Access-Control-Request-Headers"])
    }

    @Test func `one connection too many is told so with the stamp`() throws {
        let app = try Self.origin()
        let apus = try Apus(to: app, with: "limits: { connections: 1 }")
        let first = try apus.connect()
        #expect(try first.ask(get("/200")).status == 200)
        let answer = try apus.connect().response()
        #expect(answer.status == 503)
        Self.expectStamp(answer, "overloaded")
    }
}
