import Testing

/// Every way to frame a request beside every way to frame its answer, with TLS on both sides.
@Suite(.staged) struct SecurePairsTests {
    private enum Framing: String, CaseIterable { case none, length, chunked, toEnd }

    private static let body = String(repeating: "some bytes of a body. ", count: 3000)

    private static func request(_ version: String, _ framing: Framing, keeps: Bool) -> String {
        let persistence = keeps ? "keep-alive" : "close"
        let head =
            "POST /\(framing) HTTP/\(version)\r\nHost: app.example\r\n"
            + "Connection: \(persistence)\r\n"
        switch framing {
        case .none, .toEnd: return head + "Content-Length: 0\r\n\r\n"
        case .length: return head + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
        case .chunked:
            let size = String(body.utf8.count, radix: 16)
            return head + "Transfer-Encoding: chunked\r\n\r\n\(size)\r\n\(body)\r\n0\r\n\r\n"
        }
    }

    /// An app that answers as the request's field says, with as much as it was sent.
    private static func app() throws -> Origin {
        let requests = Notes<Message>()
        return try Origin(requests: requests) { wire, _ in
            while let request = try wire.request(within: 60) {
                requests.add(request)
                let text = request.text.isEmpty ? "none" : request.text
                switch Framing(rawValue: request["X-Answer"] ?? "") {
                case .length: try wire.send(ok(text))
                case .chunked:
                    let size = String(text.utf8.count, radix: 16)
                    try wire.send(
                        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
                            + "\(size)\r\n\(text)\r\n0\r\n\r\n")
                case .toEnd:
                    try wire.send("HTTP/1.1 200 OK\r\n\r\n\(text)")
                    return wire.endWrites()
                default: try wire.send("HTTP/1.1 204 No Content\r\n\r\n")
                }
            }
        }
    }

    @Test func `all framings pass, kept and closed, in both versions`() throws {
        let app = try Self.app()
        let server = try SecureRelay.before(app)
        let apus = try Apus(
            """
            \(secureListener())
            upstreams:
              app:
                servers: ["https://\(server.address)"]
                tls: { ca: "\(Authority.path("ca.pem"))" }
            routes: [ { name: app, match: { path: /* }, upstream: app } ]
            """, apps: [app, server])
        let client = try SecureRelay.toward(apus)
        var wire = try Wire(to: .ip4(client.port))
        var count = 0
        for version in ["1.0", "1.1"] {
            for framing in [Framing.none, .length, .chunked] {
                if version == "1.0" && framing == .chunked { continue }
                for answer in Framing.allCases {
                    for keeps in [true, false] {
                        let text = Self.request(version, framing, keeps: keeps)
                            .replacing("\r\nHost", with: "\r\nX-Answer: \(answer)\r\nHost")
                        let got = try wire.ask(text)
                        let what = "\(version) \(framing) \(answer) \(keeps)"
                        let sent = framing == .none ? "none" : Self.body
                        #expect(got.text == (answer == .none ? "" : sent), "\(what)")
                        count += 1
                        let isOver = got["Connection"] == "close" || (version == "1.0" && !keeps)
                        if isOver {
                            #expect(try wire.readToEnd().isEmpty, "\(what)")
                            #expect(!wire.wasReset, "\(what)")
                            wire = try Wire(to: .ip4(client.port))
                        }
                    }
                }
            }
        }
        #expect(app.requests.all.count == count)
        withExtendedLifetime(client) {}
    }

    @Test func `large bodies go both ways at once`() throws {
        let echo = try Origin { wire, _ in
            _ = try wire.head()
            try wire.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
            while let chunk = try wire.chunk() {
                try wire.send("\(String(chunk.count, radix: 16))\r\n")
                try wire.send(chunk + [13, 10])
            }
            try wire.send("0\r\n\r\n")
        }
        let server = try SecureRelay.before(echo)
        let apus = try Apus(
            """
            \(secureListener())
            upstreams:
              app:
                servers: ["https://\(server.address)"]
                tls: { ca: "\(Authority.path("ca.pem"))" }
            routes: [ { name: app, match: { path: /* }, upstream: app } ]
            """, apps: [echo, server])
        let client = try SecureRelay.toward(apus)
        let wire = try Wire(to: .ip4(client.port))
        try wire.send(
            "POST / HTTP/1.1\r\nHost: app.example\r\nTransfer-Encoding: chunked\r\n\r\n")
        var got: [UInt8] = []
        let piece = (0..<200_000).map { UInt8(truncatingIfNeeded: $0 &* 131 &+ $0 >> 8) }
        try wire.send("30d40\r\n")
        try wire.send(piece + [13, 10])
        #expect(try wire.head()?.status == 200)
        for _ in 1..<20 {
            try wire.send("30d40\r\n")
            try wire.send(piece + [13, 10])
            while got.count < 200_000, let chunk = try wire.chunk() { got += chunk }
            #expect(got.prefix(200_000).elementsEqual(piece))
            got.removeFirst(200_000)
        }
        try wire.send("0\r\n\r\n")
        while let chunk = try wire.chunk() { got += chunk }
        #expect(got == piece)
        withExtendedLifetime(client) {}
    }
}
