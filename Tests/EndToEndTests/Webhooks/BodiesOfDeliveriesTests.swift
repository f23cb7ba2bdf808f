import Dice
import Foundation
import Testing

/// Not a byte of a delivery changes on its way, however it comes.
@Suite(.staged) struct BodiesOfDeliveriesTests {
    enum Content: String, CaseIterable, Sendable, CustomTestStringConvertible {
        case empty, zeros, all, gzip, lineEnds, mark, mebibyte, parts, highest, lines, chunkEnd
        case request, noUTF8, form, oddJSON, pool, poolAndOne

        var testDescription: String { rawValue }

        var bytes: [UInt8] {
            var dice = Dice(seed: 7)
            switch self {
            case .empty: return []
            case .zeros: return Array(repeating: 0, count: 333)
            case .all: return Array(0...255) + Array((0...255).reversed())
            case .gzip:
                // The head of a stream, and what might be one; nobody is to look into it.
                return [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3] + dice.bytes(count: 500)
            case .lineEnds: return Array("{\"a\":1}\r\n\r\n\n\r".utf8)
            case .mark: return [0xef, 0xbb, 0xbf] + Array("{\"a\": \"é\"}".utf8)
            case .mebibyte: return dice.bytes(count: 1 << 20)
            case .parts:
                return Array(
                    ("--b\r\nContent-Disposition: form-data; name=\"a\"; filename=\"b\"\r\n\r\n"
                        + "\u{0}x\r\n--b\r\n\r\nsecond\r\n--b--\r\nepilogue").utf8)
            case .highest: return Array(repeating: 0xff, count: 70_000)
            case .lines: return Array("\n\r\n\r\r\n \t\n{}\n".utf8)
            case .chunkEnd: return Array("5\r\nabcde\r\n0\r\n\r\n".utf8)
            case .request: return Array(get("/other").utf8)
            case .noUTF8: return [0x7b, 0x22, 0xc0, 0xaf, 0xed, 0xa0, 0x80, 0xf5, 0x22, 0x7d]
            case .form: return Array("a=%41+b&a=%zz&&=;é=1+".utf8)
            case .oddJSON: return Array(" {\"id\":1e400,\"id\":\"\\ud800\",}".utf8)
            case .pool: return dice.bytes(count: 16 << 10)
            case .poolAndOne: return dice.bytes(count: (16 << 10) + 1)
            }
        }

        var fields: String {
            switch self {
            case .gzip: "Content-Encoding: gzip\r\n"
            case .parts: "X-Content-Type: multipart/form-data; boundary=b\r\n"
            default: ""
            }
        }
    }

    @Test(arguments: Content.allCases)
    func `the app gets every byte as it was signed`(content: Content) throws {
        let gateway = try WebhookGateway(["stripe", "github"], adding: "\"replay\": false")
        let body = content.bytes
        for name in ["stripe", "github"] {
            let delivery = try gateway.deliveries.sign(name, id: "evt_1", body: body)
            for framing in [Delivery.Framing.length, .chunks(1 << 16), .chunks(7)] {
                for piece in [Int.max, 7] {
                    let wire = try gateway.apus.connect()
                    wire.socket.sendAtOnce()
                    try send(delivery.request(framing, content.fields), by: piece, on: wire)
                    let answer = try wire.response()
                    #expect(answer.status == 200, "\(name) \(framing) by \(piece)")
                    let seen = try #require(gateway.app.requests.all.last)
                    #expect(seen.body == body, "\(name) \(framing) by \(piece)")
                    #expect(seen.isChunked == (framing != .length))
                    let length = framing == .length ? "\(body.count)" : nil
                    #expect(seen["Content-Length"] == length)
                    if content == .gzip { #expect(seen["Content-Encoding"] == "gzip") }
                }
            }
        }
        #expect(gateway.app.requests.all.count == 12)
        #expect(try gateway.judged("github", "verified") == 6)
    }

    private func send(_ bytes: [UInt8], by count: Int, on wire: Wire) throws {
        guard count < bytes.count else { return try wire.send(bytes) }
        for start in stride(from: 0, to: bytes.count, by: count) {
            try wire.send(Array(bytes[start..<min(start + count, bytes.count)]))
        }
    }

    @Test func `extensions of chunks and trailers change nothing`() throws {
        let gateway = try WebhookGateway(["github"], adding: "\"replay\": false")
        let delivery = try gateway.deliveries.sign("github", id: "e", body: Array("abcdef".utf8))
        let head = latin(delivery.request(.chunks(6))).components(before: "\r\n\r\n")
        let wire = try gateway.apus.connect()
        try wire.send("\(head)\r\n\r\n2;a=\"b\"\r\nab\r\n004\r\ncdef\r\n0\r\nX-Sum: 1\r\n\r\n")
        #expect(try wire.response().status == 200)
        #expect(gateway.app.requests.all.last?.text == "abcdef")
    }

    @Test(arguments: [Delivery.Framing.length, .chunks(1000)])
    func `a client that waits for leave is given it once`(framing: Delivery.Framing) throws {
        // An app that says so as well: the client has gone on by then.
        let app = try Origin.answering { request in
            (request["Expect"] == nil ? "" : "HTTP/1.1 100 Continue\r\n\r\n") + ok()
        }
        let gateway = try WebhookGateway(["stripe"], app: app)
        let body = Array(repeating: UInt8(0x61), count: 5000)
        let request = try gateway.deliveries.sign("stripe", id: "e", body: body)
            .request(framing, "Expect: 100-continue\r\n")
        let end = try #require(request.range(of: Array("\r\n\r\n".utf8))?.upperBound)
        let wire = try gateway.apus.connect()
        try wire.send(Array(request[..<end]))
        #expect(try wire.head()?.status == 100)
        #expect(try wire.isSilent(for: 0.05))
        try wire.send(Array(request[end...]))
        #expect(try wire.response().text == "hello")
        let seen = try #require(gateway.app.requests.all.last)
        #expect(seen.body == body)
        // Who sends all at once and asks nevertheless hears one final answer, and 100 at most once.
        let eager = try gateway.apus.connect()
        try eager.send(
            try gateway.deliveries.sign("stripe", id: "f", body: body + [0x62])
                .request(framing, "Expect: 100-continue\r\n") + Array(get("/other").utf8))
        var statuses: [Int] = []
        while statuses.last != 200 || statuses.filter({ $0 == 200 }).count < 2 {
            statuses.append(try eager.response().status)
        }
        #expect(statuses.filter { $0 == 200 }.count == 2)
        #expect(statuses.filter { $0 == 100 }.count <= 1)
    }

    @Test func `a body that is too long is refused before it was sent`() throws {
        let gateway = try WebhookGateway(["stripe"], adding: "\"max_body\": \"4KiB\"")
        let whole = Array(repeating: UInt8(0x61), count: 4096)
        let fits = try gateway.deliveries.sign("stripe", id: "a", body: whole)
        #expect(try gateway.deliver(fits).status == 200)
        let long = try gateway.deliveries.sign("stripe", id: "b", body: whole + [0x61])
        for framing in [Delivery.Framing.length, .chunks(500)] {
            let wire = try gateway.apus.connect()
            let answer = try wire.deliver(long, framing, "Expect: 100-continue\r\n")
            #expect(answer.status == (framing == .length ? 413 : 100))
            if framing != .length { #expect(try wire.response().status == 413) }
        }
        #expect(gateway.app.requests.all.count == 1)
        #expect(try gateway.judged("stripe", "too_large") == 2)
    }
}

extension String {
    /// What stands before the first place of a text.
    func components(before text: String) -> String {
        range(of: text).map { String(self[..<$0.lowerBound]) } ?? self
    }
}
