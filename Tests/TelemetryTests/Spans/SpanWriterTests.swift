import Bytes
import Dice
import Testing

@testable import Telemetry

@Suite struct SpanWriterTests {
    private func read(
        parent: UInt8 = 4, method: StaticString? = "GET",
        _ change: (inout SampleRecord, inout SourceText) -> Void = { _, _ in }
    ) throws -> (server: ReadSpan, client: ReadSpan) {
        var source = SourceText()
        var record = typicalRecord(&source)
        record.numbers.attemptCount = 1
        change(&record, &source)
        let ids = addIDs(to: &source, parent: parent)
        let bytes = spans(record, source.bytes, ids: ids, method: method)
        let server = try #require(ReadSpan(bytes.server))
        let client = try #require(ReadSpan(bytes.client))
        #expect(!server.isOdd && !client.isOdd)
        return (server, client)
    }

    @Test func `the two spans of a request belong together`() throws {
        let (server, client) = try read()
        #expect(server.ids[1] == [UInt8](repeating: 1, count: 16))
        #expect(server.ids[2] == [UInt8](repeating: 3, count: 8))
        #expect(server.ids[4] == [UInt8](repeating: 4, count: 8))
        #expect(client.ids[1] == server.ids[1])
        #expect(client.ids[2] == [UInt8](repeating: 2, count: 8))
        #expect(client.ids[4] == server.ids[2])
        #expect(server.numbers[6] == 2)
        #expect(client.numbers[6] == 3)
        #expect(try read(parent: 0).server.ids[4] == nil)
    }

    @Test func `attributes have the names of the conventions, and no secrets in them`() throws {
        let (server, client) = try read()
        #expect(server.name == "GET app")
        #expect(
            server.attributes == [
                "http.request.method": "GET", "url.scheme": "https", "url.path": "/api/items/17",
                "url.query": "page=2&token=[redacted]", "server.address": "app.example.com",
                "client.address": "203.0.113.9", "network.protocol.version": "1.1",
                "http.response.status_code": "200", "http.request.body.size": "0",
                "http.response.body.size": "5120", "http.route": "app",
                "user_agent.original": "Mozilla/5.0 (X11)",
                "apus.request_id": "0195f3c2-7d1a-7c3e-8a51-0123456789ab",
                "apus.outcome": "proxied", "apus.reason": "retried",
            ])
        #expect(client.name == "GET")
        #expect(
            client.attributes == [
                "http.request.method": "GET", "apus.upstream": "app", "server.address": "::1",
                "server.port": "3000", "http.response.status_code": "200",
                "url.full": "http://[::1]:3000/api/items/17?page=2&token=[redacted]",
            ])
        #expect(server.status == 0 && client.status == 0)
    }

    @Test func `the bytes of a small span are these`() {
        var source = SourceText()
        var record = SampleRecord(outcome: .answered)
        record.status = 204
        let ids = addIDs(to: &source, parent: 0)
        let bytes = spans(record, source.bytes, ids: ids).server
        let head: [UInt8] =
            [0x12, 0xEB, 0x01, 0x0A, 16] + [UInt8](repeating: 1, count: 16) + [0x12, 8]
            + [UInt8](repeating: 3, count: 8) + [0x85, 1, 1, 1, 0, 0]
            + [0x2A, 3, 0x47, 0x45, 0x54, 0x30, 2, 0x39]
        #expect(Array(bytes.prefix(head.count)) == head)
        #expect(bytes.count == 3 + 0xEB)
        let outcome: [UInt8] = Array("apus.outcome".utf8)
        let tail = [0x4A, 26, 0x0A, 12] + outcome + [0x12, 10, 0x0A, 8] + Array("answered".utf8)
        #expect(Array(bytes.suffix(tail.count)) == tail)
    }

    @Test func `a method that is not known is named apart`() throws {
        let (server, client) = try read(method: nil) { record, source in
            record.request.method = source.add("FROB")
        }
        #expect(server.name == "HTTP app")
        #expect(server.attributes["http.request.method"] == "_OTHER")
        #expect(server.attributes["http.request.method_original"] == "FROB")
        #expect(client.name == "HTTP")
    }

    @Test(arguments: [
        ("a.example:8443", "a.example", "8443"), ("[::1]:80", "::1", "80"), ("[::1]", "::1", nil),
        ("a.example", "a.example", nil), ("a:", "a", nil),
    ])
    func `a host is told without its port`(_ text: String, _ host: String, _ port: String?) throws {
        let (server, _) = try read { $0.request.host = $1.add(text) }
        #expect(server.attributes["server.address"] == host)
        #expect(server.attributes["server.port"] == port)
    }

    @Test func `servers' errors are failures of both, clients' errors of the client's span`() throws
    {
        let bad = try read {
            $0.status = 503
            $0.upstreamStatus = 503
            _ = $1
        }
        #expect(bad.server.status == 2 && bad.client.status == 2)
        #expect(bad.server.attributes["error.type"] == "503")
        let missing = try read {
            $0.status = 404
            $0.upstreamStatus = 404
            _ = $1
        }
        #expect(missing.server.status == 0 && missing.client.status == 2)
        #expect(missing.client.attributes["error.type"] == "404")
    }

    @Test func `what had no answer says why`() throws {
        let dead = try read {
            $0.status = 502
            $0.upstreamStatus = nil
            $0.outcome = .upstreamUnreachable
            $0.reason = "refused"
            $0.numbers.attemptCount = 3
            _ = $1
        }
        #expect(dead.client.status == 2)
        #expect(dead.client.attributes["error.type"] == "refused")
        #expect(dead.client.attributes["http.request.resend_count"] == "2")
        let gone = try read {
            $0.status = nil
            $0.outcome = .clientClosed
            _ = $1
        }
        #expect(gone.server.status == 0)
        let cut = try read {
            $0.outcome = .upstreamClosedEarly
            $0.reason = nil
            _ = $1
        }
        #expect(cut.server.attributes["error.type"] == "upstream_closed_early")
        #expect(cut.client.status == 2)
    }

    @Test func `a unix socket has no port and no URL`() throws {
        let (_, client) = try read {
            $0.upstream = 1
            $0.upstreamAddress = 0
            _ = $1
        }
        #expect(client.attributes["server.address"] == "/run/app.sock")
        #expect(client.attributes["server.port"] == nil)
        #expect(client.attributes["url.full"] == nil)
    }

    @Test func `whatever bytes a client sends, texts are UTF-8 and bounded`() throws {
        var dice = Dice(seed: 11)
        for _ in 0..<300 {
            func noise() -> [UInt8] {
                let count = Int.random(in: 0...5000, using: &dice)
                return (0..<count).map { _ in UInt8.random(in: 0...255, using: &dice) }
            }
            let (server, client) = try read { record, source in
                record.request.path = source.add(noise())
                record.request.query = source.add([0x3F] + noise())
                record.request.userAgent = source.add(noise())
            }
            #expect(server.attributes.values.allSatisfy { $0.utf8.count < 24 << 10 })
            #expect(client.attributes["apus.upstream"] == "app")
        }
    }

    @Test func `texts stand as they are, without JSON's escapes`() throws {
        let (server, _) = try read { record, source in
            record.request.userAgent = source.add("a\"b\\c\u{1}é\u{85}")
        }
        #expect(server.attributes["user_agent.original"] == "a\"b\\c\u{1}é\u{85}")
    }

    @Test func `hidden headers are hidden`() throws {
        var source = SourceText()
        let record = typicalRecord(&source)
        let ids = addIDs(to: &source)
        let labels = AccessLabels(
            routes: [], upstreams: [], redactedQueryKeys: [],
            redactedHeaders: ["Host", "User-Agent"])
        let bytes = spans(record, source.bytes, ids: ids, labels: labels).server
        let server = try #require(ReadSpan(bytes))
        #expect(server.attributes["server.address"] == "[redacted]")
        #expect(server.attributes["user_agent.original"] == "[redacted]")
    }

    @Test func `what does not fit is left out whole`() {
        var source = SourceText()
        let record = typicalRecord(&source)
        let ids = addIDs(to: &source)
        let bytes = spans(record, source.bytes, ids: ids, capacity: 200)
        #expect(bytes.server.isEmpty)
    }
}
