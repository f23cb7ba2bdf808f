import Bytes
import HTTP
import Testing

@testable import Policy

/// Heads as clients send them, through the reader that the gateway has, to the verdict.
@Suite struct WirePipelineTests {
    private static let limits = HeadLimits(
        startLineBytesMax: 8192, fieldBytesMax: 32_768, fieldCountMax: 100)

    private static let pipeline = Pipeline(
        routes: [
            RouteSample("/admin/*", host: "*.example.com"),
            RouteSample("/api/*", methods: ["GET", "POST"], headers: ["X-Kind": "one"]),
            RouteSample("/api/*", methods: ["PATCH"]), RouteSample("/"),
        ].enumerated().map { $1.route($0) }, listeners: ["public"],
        trustedProxies: TrustedProxies(
            blocks: [AddressBlock("10.0.0.0/8")].compactMap(\.self), trustsUnix: false))

    private static func arrival(_ peer: String) -> Arrival {
        Arrival(peer: .ip(address(peer), port: 1), listener: 0, isSecure: false)
    }

    /// Reads a head of these lines and lends it with its bytes.
    private static func reading<R>(
        _ lines: [String], _ body: (borrowing RequestHead, borrowing Span<UInt8>) -> R
    ) throws -> R {
        let bytes = Array((lines + ["", ""]).joined(separator: "\r\n").utf8)
        var reader = RequestReader()
        var head = RequestHead()
        #expect(try reader.read(bytes.span, limits: limits, into: &head) == .complete)
        return body(head, bytes.span)
    }

    private static func verdict(_ peer: String, _ lines: String...) throws -> Verdict {
        try reading(lines) { head, bytes in
            var scratch = PolicyScratch()
            return pipeline.decide(head, in: bytes, from: arrival(peer), at: 0, scratch: &scratch)
        }
    }

    @Test func `host, path, method and headers of the wire lead to the route`() throws {
        let peer = "192.0.2.1"
        #expect(try Self.verdict(peer, "GET /admin HTTP/1.1", "Host: a.EXAMPLE.com:80").route == 0)
        #expect(
            try Self.verdict(peer, "GET http://a.example.com/admin/x?q HTTP/1.1", "Host: b").route
                == 0)
        #expect(try Self.verdict(peer, "HEAD /api HTTP/1.1", "Host: a", "x-kind: one").route == 1)
        #expect(try Self.verdict(peer, "GET http://a HTTP/1.1", "Host: a").route == 3)
        #expect(try Self.verdict(peer, "GET http://a?q HTTP/1.1", "Host: a").route == 3)
        let preflight = try Self.verdict(
            peer, "OPTIONS /api/x HTTP/1.1", "Host: a", "Origin: https://o",
            "Access-Control-Request-Method: PATCH")
        #expect(preflight.route == 2)
    }

    @Test func `what no route takes is refused for its reason`() throws {
        let wrongMethod = try Self.verdict(
            "192.0.2.1", "PUT /api HTTP/1.1", "Host: a", "X-Kind: one")
        guard case .refuse(let refusal) = wrongMethod.action else {
            Issue.record("not refused")
            return
        }
        #expect(refusal.code == .methodNotAllowed)
        #expect(
            appended { Self.pipeline.appendAllow(refusal.allow, to: &$0) }
                == "GET, HEAD, POST, PATCH")
        #expect(
            try Self.verdict("192.0.2.1", "GET /x HTTP/1.0").action
                == .refuse(Refusal(.noRoute, allow: [])))
        #expect(
            try Self.verdict("192.0.2.1", "GET /x/%2e%2e/admin HTTP/1.1", "Host: a.example.com")
                .action
                == .refuse(Refusal(.ambiguousPath, allow: [])))
        #expect(
            try Self.verdict("192.0.2.1", "OPTIONS * HTTP/1.1", "Host: a").action
                == .listMethods(.standard))
    }

    @Test func `a trusted peer's fields are found under their names, disguised ones are not`()
        throws
    {
        let told = try Self.verdict(
            "10.0.0.1", "GET / HTTP/1.1", "Host: a", "x-forwarded-for: 192.0.2.7",
            "X-FORWARDED-PROTO: https", "X-Request-Id: abc")
        #expect(told.identity.client == address("192.0.2.7"))
        #expect(told.identity.isSecure && told.identity.requestID.count == 3)
        let disguised = try Self.verdict(
            "10.0.0.1", "GET / HTTP/1.1", "Host: a", "X_Forwarded_For: 192.0.2.7")
        #expect(disguised.identity.client == address("10.0.0.1"))
    }

    @Test func `what is written for the upstream reads back as exactly four fields`() throws {
        var random = RandomSource(seed: 21)
        let words = [
            "192.0.2.1", "unknown", ",", " ", "\t", ":", "[::1]", "x\"y", "<", "é", "10.0.0.2", ";",
        ]
        for _ in 0..<500 {
            func noise() -> String {
                (0..<Int.random(in: 0...5, using: &random))
                    .map { _ in words.randomElement(using: &random) ?? "" }.joined()
            }
            let lines = [
                "GET / HTTP/1.1", "Host: a.example", "X-Forwarded-For: \(noise())",
                "X-Forwarded-For: \(noise())", "X-Forwarded-Host: \(noise())",
                "X-Forwarded-Proto: \(noise())",
            ]
            let arrival = Self.arrival("10.0.0.1")
            let written = try Self.reading(lines) { head, bytes in
                var scratch = PolicyScratch()
                let verdict = Self.pipeline.decide(
                    head, in: bytes, from: arrival, at: 0, scratch: &scratch)
                return forwarded(verdict.identity, head, bytes, arrival)
            }
            let names = try Self.reading(["GET / HTTP/1.1", "Host: b", String(written.dropLast(1))])
            {
                head, _ in head.fields.map(\.id)
            }
            #expect(
                names == [.host, .xForwardedFor, .xForwardedProto, .xForwardedHost, .xRealIP],
                "\(lines) became \(written)")
        }
    }
}
