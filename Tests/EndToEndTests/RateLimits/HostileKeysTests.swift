import Testing

/// Keys are what clients write: none of them gets at another's bucket, or at Redis.
@Suite(.staged) struct HostileKeysTests {
    /// Texts that somebody might take for one another; none twice.
    static let texts: [String] = [
        "", "a", "A", "a/", "a:", "=a", "~a", "%23a", "{a}", "a}", "{a", "a}:{b", "a:{b}", "}{",
        "a%2562", "ab", "a%00", "a%00b", "%00", "%00%00", "%FF", "%FE%FF", "%C3%A9", "e%CC%81",
        "%D0%B0", "%EF%BB%BFa", "%E2%80%8Ba", "a%0D%0A", "a%0A", "a%0D%0ASET%20x%20y%0D%0A",
        "a%09", "a%20", "%20a", "127.0.0.1", "~127.0.0.1", "%3A%3A1", "1%3Aa", "1:a1:b",
        "redis.call('FLUSHALL')", "return%20redis.call('KEYS','*')", "'%20..%20KEYS[1]%20..'",
        "%24%7BREDIS_PASSWORD%7D", "*3%0D%0A%243%0D%0ASET%0D%0A", "apus:each:%7B%3Da%7D",
        "%25s%25n%25p", "9007199254740993", "9007199254740992", "1e3", "1000", "01", "1",
        "null", "nil", "true", "%22a%22", "a%5C", "a%5C%5C",
        text(63), text(64), text(65), text(4095), text(4096), text(4097),
        text(8000), text(7999) + "y",
        // What the second of two long ones is called in Redis.
        "%237oQ5_tv4V6vbrBt9Ev0AaHk1jRJYFCFxM8H9m4TL6Ck",
    ]

    private static func text(_ count: Int) -> String { String(repeating: "x", count: count) }

    private func gateway(_ place: BucketPlace) throws -> LimitedGateway {
        try LimitedGateway(
            place,
            limits: """
                each: { rate: 1/h, burst: 1, key: "query:k" }
                pairs: { rate: 1/h, burst: 1, key: ["query:a", "query:b"] }
                """,
            routes: """
                - { name: pairs, match: { path: /pairs }, rate_limits: [pairs], upstream: app }
                - { name: each, match: { path: /* }, rate_limits: [each], upstream: app }
                """, with: "limits: { request_line: 16KiB }")
    }

    @Test(arguments: BucketPlace.allCases)
    func `keys that look alike have a bucket each`(place: BucketPlace) throws {
        let gateway = try gateway(place)
        let wire = try gateway.apus.connect()
        for text in Self.texts {
            #expect(try wire.ask(get("/?k=\(text)")).status == 200, "\(text.prefix(80))")
        }
        for text in Self.texts {
            #expect(try wire.ask(get("/?k=\(text)")).status == 429, "\(text.prefix(80))")
        }
        // Who has no key takes from the bucket of its address, which is nobody's key.
        #expect(try wire.ask(get("/")).status == 200)
        #expect(try wire.ask(get("/?other=1")).status == 429)
        guard let server = gateway.server else { return }
        let keys = try server.keys()
        #expect(keys.count == Self.texts.count + 1)
        for key in keys {
            let isPlain = key.wholeMatch(of: /apus:each:\{[=~][A-Za-z0-9._:=~\/@-]{0,63}\}/) != nil
            let isDigest = key.wholeMatch(of: /apus:each:\{#[A-Za-z0-9_-]{43}\}/) != nil
            #expect(isPlain || isDigest, "\(key)")
        }
    }

    @Test(arguments: BucketPlace.allCases)
    func `parts of a key never run into one another`(place: BucketPlace) throws {
        let gateway = try gateway(place)
        let wire = try gateway.apus.connect()
        let pairs = [
            ("a", "bc"), ("ab", "c"), ("", "abc"), ("abc", ""), ("1:a", "b"), ("a", "1:b"),
            ("a1:b", ""), ("a%00", "b"), ("a", "%00b"), ("c", "ab"),
        ]
        for (a, b) in pairs {
            #expect(try wire.ask(get("/pairs?a=\(a)&b=\(b)")).status == 200, "\(a), \(b)")
        }
        for (a, b) in pairs {
            #expect(try wire.ask(get("/pairs?b=\(b)&a=\(a)")).status == 429, "\(a), \(b)")
        }
    }

    @Test func `a flood of new keys neither grows memory nor refills a spent bucket`() throws {
        let gateway = try LimitedGateway(
            .memory,
            limits: "each: { rate: 1/h, burst: 2, key: \"header:X-Key\", max_keys: 1000 }",
            routes: """
                - name: all
                  match: { path: /* }
                  rate_limits: [each]
                  respond: { status: 200, body: ok }
                """)
        let spent = get("/", "X-Key: spent\r\n")
        #expect(try gateway.statuses(spent, 3) == [200, 200, 429])
        try flood(gateway, "warm", 2000)
        let before = try gateway.apus.residentKiB()
        try flood(gateway, "new", 12_000)
        #expect(try gateway.apus.residentKiB() - before < 1024)
        #expect(try gateway.statuses(spent, 2) == [429, 429])
    }

    /// Asks with as many keys that nobody had before.
    private func flood(_ gateway: LimitedGateway, _ name: String, _ count: Int) throws {
        let wire = try gateway.apus.connect()
        for start in stride(from: 0, to: count, by: 50) {
            try wire.send((start..<start + 50).map { get("/", "X-Key: \(name)\($0)\r\n") }.joined())
            for _ in 0..<50 {
                let status = try wire.response().status
                #expect(status == 200 || status == 429)
            }
        }
    }
}
