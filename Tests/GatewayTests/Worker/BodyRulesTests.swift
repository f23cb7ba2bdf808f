import Policy
import Simulation
import Testing

@testable import Gateway

/// Bodies on routes with rules for them: what is refused never reaches the app whole.
struct BodyRulesTests {
    private static let settings = Settings.plain.replacing(
        "  - { name: app,",
        with: """
              - name: pictures
                match: { path: /pictures }
                upload: { parts: 2, part_size: 64KiB, types: [image/gif] }
                upstream: app
              - { name: api, match: { path: /api }, json: { max_depth: 4 }, upstream: app }
              - { name: app,
            """)

    private static let part =
        "--b\r\nContent-Disposition: form-data; name=a; filename=f\r\n"
        + "Content-Type: image/gif\r\n\r\n"
    private static let good = part + "GIF89a.....\r\n--b--\r\n"

    /// The request's bytes, by a length or in chunks of `size`.
    private func request(
        _ body: String, path: String = "/pictures",
        type: String = "multipart/form-data; boundary=b", chunkBytes size: Int? = nil,
        fields: String = ""
    ) -> String {
        let head = "POST \(path) HTTP/1.1\r\nHost: a.example\r\nContent-Type: \(type)\r\n\(fields)"
        guard let size else { return head + "Content-Length: \(body.utf8.count)\r\n\r\n" + body }
        var text = head + "Transfer-Encoding: chunked\r\n\r\n"
        var rest = body[...]
        while !rest.isEmpty {
            let chunk = rest.prefix(size)
            text += String(chunk.utf8.count, radix: 16) + "\r\n\(chunk)\r\n"
            rest = rest.dropFirst(size)
        }
        return text + "0\r\n\r\n"
    }

    @Test(arguments: [nil, 1, 7, 1000] as [Int?]) func `what keeps the rules passes byte for byte`(
        chunkBytes: Int?
    ) throws {
        let world = try World(Self.settings)
        let client = try world.connect(sending: request(Self.good, chunkBytes: chunkBytes))
        world.run()
        client.send(
            request("[[[[1]]]]", path: "/api", type: "application/json", chunkBytes: chunkBytes))
        world.run()
        #expect(client.statuses == [200, 200])
        if chunkBytes == nil {
            #expect(world.app.requests.map(\.body) == [Self.good, "[[[[1]]]]"])
        }
        #expect(world.outcomes == ["proxied", "proxied"])
        world.expectNothingLeaks()
    }

    @Test(arguments: Array(0..<80))
    func `a body may come in any two pieces`(third: Int) throws {
        let text = request(Self.good)
        let cut = third * 3
        let world = try World(Self.settings)
        let client = try world.connect(sending: String(text.prefix(cut)))
        world.run()
        client.send(String(text.dropFirst(cut)))
        world.run()
        #expect(client.statuses == [200])
        #expect(world.app.requests.map(\.body) == [Self.good])
        world.expectNothingLeaks()
    }

    struct Refused: CustomTestStringConvertible {
        var body: String
        var status: Int
        var reason: String
        var path = "/pictures"
        var testDescription: String { reason }
        var type: String {
            path == "/api" ? "application/json" : "multipart/form-data; boundary=b"
        }
    }

    private static let long = String(repeating: "x", count: 80 << 10)
    private static let refused = [
        Refused(body: part + "GIF89a", status: 400, reason: "multipart_unfinished"),
        Refused(body: part + "GIF89a\r\n--b\r\n", status: 400, reason: "multipart_unfinished"),
        Refused(body: good + "x", status: 400, reason: "multipart_epilogue"),
        Refused(body: "x" + good, status: 400, reason: "multipart_preamble"),
        Refused(body: part + "\0.....\r\n--b--", status: 415, reason: "upload_type_mismatch"),
        Refused(
            body: good.replacing("gif", with: "png"), status: 415, reason: "upload_type_refused"),
        Refused(
            body: part + "GIF89a\(long)\r\n--b--", status: 413, reason: "upload_part_too_large"),
        Refused(
            body: good.dropLast(4) + "\r\n" + good.dropFirst(5) + good, status: 400,
            reason: "multipart_epilogue"),
        Refused(body: "[[[[[]]]]]", status: 400, reason: "json_too_deep", path: "/api"),
        Refused(
            body: "[\"\(long)\",[[[[", status: 400, reason: "json_too_deep", path: "/api"),
        Refused(body: "[1]]", status: 400, reason: "json_malformed", path: "/api"),
    ]

    @Test(arguments: refused, [nil, 1 << 20] as [Int?])
    private func `what breaks a rule never reaches the app whole`(
        _ row: Refused, chunkBytes: Int?
    ) throws {
        let world = try World(Self.settings)
        // What stands behind the body must not be taken for a request of its own.
        let client = try world.connect(
            sending: request(row.body, path: row.path, type: row.type, chunkBytes: chunkBytes)
                + "GET /here HTTP/1.1\r\nHost: a.example\r\n\r\n")
        world.run()
        #expect(client.statuses == [row.status])
        #expect(client.text.contains("\r\nConnection: close\r\n"))
        #expect(world.app.requests.isEmpty)
        #expect(world.records.map { $0["reason"] } == [row.reason])
        #expect(world.upstreamCount == 0)
        world.expectNothingLeaks()
    }

    @Test(arguments: [nil, 1] as [Int?]) func `the last byte waits for the last check`(
        chunkBytes: Int?
    )
        throws
    {
        let world = try World(Self.settings)
        let text = request(Self.part + "GIF89a\r\n--b-", chunkBytes: chunkBytes)
        let client = try world.connect(sending: String(text.dropLast(chunkBytes == nil ? 1 : 5)))
        world.run()
        #expect(client.statuses == [])
        client.send(String(text.suffix(chunkBytes == nil ? 1 : 5)))
        world.run()
        #expect(client.statuses == [400])
        #expect(world.app.requests.isEmpty)
        world.expectNothingLeaks()
    }

    @Test func `a type that the head tells is refused before the app is asked`() throws {
        let world = try World(Self.settings)
        for (type, fields) in [
            ("text/plain", ""), ("multipart/form-data; boundary=b", "Content-Encoding: gzip\r\n"),
        ] {
            let client = try world.connect(sending: request("x", type: type, fields: fields))
            world.run()
            #expect(client.statuses == [415])
        }
        #expect(world.kernel.upstreamStreams.isEmpty)
        #expect(world.outcomes == ["unsupported_media_type", "unsupported_media_type"])
        world.expectNothingLeaks()
    }

    @Test func `a response that has begun is cut off`() throws {
        let world = try World(Self.settings)
        world.app.answersEarly = true
        world.app.answer = { _ in .init("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf") }
        let text = request(Self.part + "GIF89a\r\n--b--x")
        let client = try world.connect(sending: String(text.dropLast(20)))
        world.run()
        #expect(client.statuses == [200])
        client.send(String(text.suffix(20)))
        world.run()
        #expect(client.statuses == [200])
        #expect(world.records.map { $0["reason"] } == ["multipart_epilogue"])
        world.expectNothingLeaks()
    }

    @Test func `a client that goes away leaves its place behind`() throws {
        let world = try World(Self.settings)
        let client = try world.connect(sending: String(request(Self.good).dropLast(9)))
        world.run()
        #expect(world.worker.desk.inspectors.count == 1)
        client.leave()
        world.run()
        #expect(world.worker.desk.inspectors.count == 0)
        world.expectNothingLeaks()
    }
}
