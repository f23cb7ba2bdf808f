import Foundation
import Testing

@Suite(.staged) struct BodyRulesTests {
    private static func configuration(to address: String) -> String {
        """
        upstreams: { app: { servers: ["\(address)"] } }
        routes:
          - name: pictures
            match: { path: /pictures }
            upload: { parts: 3, part_size: 1MiB, types: [image/png, text/plain] }
            upstream: app
          - { name: api, match: { path: /api }, json: { max_depth: 8 }, upstream: app }
        """
    }

    private static let png: [UInt8] = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]
    private static let type = "Content-Type: multipart/form-data; boundary=b0undary\r\n"

    /// A form with one file.
    private static func form(_ content: [UInt8], type: String = "image/png") -> [UInt8] {
        Array(
            ("--b0undary\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.png\"\r\n"
                + "Content-Type: \(type)\r\n\r\n").utf8) + content
            + Array("\r\n--b0undary--\r\n".utf8)
    }

    /// The request, in chunks of 10 000 bytes or by its length.
    private static func request(
        _ body: [UInt8], path: String = "/pictures", _ fields: String = type, isChunked: Bool
    ) -> [UInt8] {
        let head = "POST \(path) HTTP/1.1\r\nHost: app.test\r\n\(fields)"
        guard isChunked else {
            return Array("\(head)Content-Length: \(body.count)\r\n\r\n".utf8) + body
        }
        var bytes = Array("\(head)Transfer-Encoding: chunked\r\n\r\n".utf8)
        for start in stride(from: 0, to: body.count, by: 10_000) {
            let chunk = body[start..<min(start + 10_000, body.count)]
            bytes += Array("\(String(chunk.count, radix: 16))\r\n".utf8) + chunk + [13, 10]
        }
        return bytes + Array("0\r\n\r\n".utf8)
    }

    @Test(arguments: [false, true]) func `a form passes byte for byte`(isChunked: Bool) throws {
        let app = try Origin.saying()
        let apus = try Apus(Self.configuration(to: app.address))
        let content = Self.png + (0..<700_000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 7) }
        let form = Self.form(content)
        let wire = try apus.connect()
        try wire.send(Self.request(form, isChunked: isChunked))
        #expect(try wire.response().status == 200)
        #expect(app.requests.all.first?.body == form)
        // The connection serves on.
        #expect(
            try wire.ask(post("/api", "[[[1]]]", "Content-Type: application/json\r\n")).status
                == 200)
    }

    @Test func `Python's parser finds the parts that curl sent`() throws {
        let app = try PythonApp("forms")
        let apus = try Apus(Self.configuration(to: app.address))
        let folder = try ChildProcess.newFolder()
        let file = URL(filePath: folder).appending(path: "pic ture.png")
        try Data(Self.png + [0, 13, 10, 45, 45]).write(to: file)
        let answer = try curl(
            "-F", "title=a; b=\"c\"", "-F", "file=@\(file.path);type=image/png", "-F",
            "note=plain;type=text/plain", "http://127.0.0.1:\(apus.port)/pictures")
        #expect(answer.code == 0)
        struct Part: Decodable {
            let name: String
            let file: String?
            let type: String
        }
        let parts = try JSONDecoder().decode([Part].self, from: Data(answer.output.utf8))
        #expect(parts.map(\.name) == ["title", "file", "note"])
        #expect(parts.map(\.file) == [nil, "pic ture.png", nil])
        #expect(parts.map(\.type) == ["text/plain", "image/png", "text/plain"])
    }

    struct Refused: CustomTestStringConvertible {
        let body: [UInt8]
        let status: Int
        let reason: String
        var path = "/pictures"
        var fields = type
        var testDescription: String { reason }
    }

    private static let long = [UInt8](repeating: 0x78, count: 1 << 20)
    private static let refused = [
        Refused(body: form(long + long), status: 415, reason: "upload_type_mismatch"),
        Refused(body: form(png + long + long), status: 413, reason: "upload_part_too_large"),
        Refused(body: form(png, type: "image/gif"), status: 415, reason: "upload_type_refused"),
        Refused(
            body: form(png + long.dropLast(9)).dropLast(4) + [], status: 400,
            reason: "multipart_unfinished"),
        Refused(body: form(png) + [0x78], status: 400, reason: "multipart_epilogue"),
        Refused(
            body: Array("{\"a\":\"".utf8) + long + Array("\",\"b\":[[[[[[[[1]]]]]]]]}".utf8),
            status: 400, reason: "json_too_deep", path: "/api",
            fields: "Content-Type: application/json\r\n"),
    ]

    @Test(arguments: refused, [false, true])
    private func `what is refused never arrives whole`(_ row: Refused, isChunked: Bool) throws {
        let arrivals = Notes<[UInt8]>()
        let app = try Origin { wire, _ in
            _ = try wire.head()
            arrivals.add(try wire.readToEnd())
        }
        let apus = try Apus(Self.configuration(to: app.address))
        let request = Self.request(
            row.body, path: row.path, row.fields, isChunked: isChunked)
        let wire = try apus.connect()
        // The gateway may end before it has been sent all.
        try? wire.send(request)
        let answer = try wire.response()
        #expect(answer.status == row.status)
        #expect(answer["Connection"] == "close")
        let record = try apus.accessLine(of: row.path)
        #expect(record.reason == row.reason)
        // A connection on which nothing was sent has no head to read.
        for bytes in arrivals.all {
            let isWhole =
                isChunked ? latin(bytes).hasSuffix("\r\n0\r\n\r\n") : bytes.count >= row.body.count
            #expect(!isWhole)
        }
    }
}
