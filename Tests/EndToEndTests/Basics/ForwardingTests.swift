import Foundation
import Testing

@Suite(.staged) struct ForwardingTests {
    /// What `Apps/echo.py` says it was asked.
    struct Echo: Decodable {
        let method: String
        let target: String
        let count: Int
        let digest: String
        let fields: [[String]]
    }

    static func route(to address: String) -> String {
        """
        upstreams: { app: { servers: ["\(address)"] } }
        routes: [ { name: app, match: { path: /* }, upstream: app } ]
        """
    }

    @Test func `a request reaches the app and its answer the client`() throws {
        let app = try Origin.saying("hello")
        let apus = try Apus(to: app)
        let answer = try apus.ask(get("/a?b=c"))
        #expect(answer.status == 200)
        #expect(answer.text == "hello")
        #expect(app.requests.all.map(\.startLine) == ["GET /a?b=c HTTP/1.1"])
        let line = try apus.accessLine(of: "/a")
        #expect(line.outcome == "proxied")
        #expect(line.status == 200)
        #expect(line.upstreamAddress == app.address)
        #expect(try apus.terminate() == 0)
    }

    @Test func `curl gets nginx's files, and only their heads with HEAD`() throws {
        let nginx = try Nginx(files: ["page.txt": String(repeating: "0123456789", count: 20_000)])
        let apus = try Apus(Self.route(to: nginx.address))
        let url = "http://127.0.0.1:\(apus.port)/page.txt"
        let (code, text) = try curl(url)
        #expect(code == 0)
        #expect(text.count == 200_000)
        let (headCode, head) = try curl("--head", url)
        #expect(headCode == 0)
        #expect(head.contains("Content-Length: 200000"))
        #expect(try curl("--range", "10-19", url).output == "0123456789")
        #expect(try curl("-o", "/dev/null", "-w", "%{http_code}", url + "x").output == "404")
    }

    @Test(arguments: ["GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"])
    func `an app in Python is asked with the client's method and body`(method: String) throws {
        let app = try PythonApp("echo")
        let apus = try Apus(Self.route(to: app.address))
        let body = method == "GET" ? "" : String(repeating: "body ", count: 5000)
        let answer = try apus.ask(
            "\(method) /x/y?z HTTP/1.1\r\nHost: app.test\r\n"
                + "Content-Length: \(body.utf8.count)\r\n\r\n"
                + body)
        #expect(answer.status == 200)
        let echo = try JSONDecoder().decode(Echo.self, from: Data(answer.body))
        #expect(echo.method == method)
        #expect(echo.target == "/x/y?z")
        #expect(echo.count == body.utf8.count)
        #expect(echo.digest == (try digest(Array(body.utf8))))
    }

    @Test func `curl uploads in chunks to an app in Python`() throws {
        let app = try PythonApp("echo")
        let apus = try Apus(Self.route(to: app.address))
        let body = String(repeating: "0123456789abcdef", count: 40_000)
        let folder = try ChildProcess.newFolder()
        try body.write(toFile: "\(folder)/body", atomically: false, encoding: .utf8)
        let (code, text) = try curl(
            "-T", "\(folder)/body", "-H", "Transfer-Encoding: chunked",
            "http://127.0.0.1:\(apus.port)/up")
        #expect(code == 0)
        let echo = try JSONDecoder().decode(Echo.self, from: Data(text.utf8))
        #expect(echo.method == "PUT")
        #expect(echo.count == body.utf8.count)
        #expect(echo.digest == (try digest(Array(body.utf8))))
    }

    @Test func `a response to HEAD has the length of the body that it lacks`() throws {
        let app = try Origin.saying("hello")
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        let answer = try wire.ask("HEAD /h HTTP/1.1\r\nHost: a.test\r\n\r\n")
        #expect(answer["Content-Length"] == "5")
        // Had a body come, it would be read as the next response.
        #expect(try wire.ask(get("/g")).text == "hello")
    }

    @Test(arguments: [204, 304]) func `a status without body ends with its head`(status: Int) throws
    {
        let app = try Origin.answering { _ in "HTTP/1.1 \(status) None\r\nETag: \"a\"\r\n\r\n" }
        let apus = try Apus(to: app)
        let wire = try apus.connect()
        for _ in 1...3 {
            let answer = try wire.ask(get("/n"))
            #expect(answer.status == status)
            #expect(answer["ETag"] == "\"a\"")
        }
        #expect(app.connections.value == 1)
    }
}

/// SHA-256 in hexadecimal, by the system's own tool.
func digest(_ bytes: [UInt8]) throws -> String {
    let folder = try ChildProcess.newFolder()
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try Data(bytes).write(to: URL(filePath: "\(folder)/bytes"))
    let (code, output) = try ChildProcess.run(["sha256sum", "\(folder)/bytes"])
    guard code == 0 else { throw Unmet(output) }
    return String(output.prefix(64))
}
