import Testing

/// What holds while Redis is away, and what is made good when it is back.
@Suite(.staged) struct StoreAwayTests {
    /// A gateway before a Redis that can be taken away.
    final class Scene {
        let server: RedisServer
        let proxy: FaultyRedis
        let apus: Apus

        init(_ limit: String, lease: Int = 1) throws {
            server = try RedisServer()
            proxy = try FaultyRedis(before: server)
            apus = try Apus(
                """
                redis:
                  url: "redis://\(proxy.address)"
                  timeout: 1s
                  breaker: { failures: 1, cooldown: 50ms, max_cooldown: 100ms }
                rate_limits:
                  each: { key: "header:X-Key", \(limit) }
                routes:
                  - name: all
                    match: { path: /* }
                    rate_limits: [each]
                    respond: { status: 200, body: ok }
                """)
            try awaitRedis()
        }

        func ask(_ key: String) throws -> Int {
            try apus.ask(get("/", "X-Key: \(key)\r\n")).status
        }

        func isDecided(by store: String) throws -> Bool {
            let before = try decided(by: store)
            _ = try ask("probe-\(uptime())")
            return try decided(by: store) > before
        }

        private func decided(by store: String) throws -> Double {
            try ["admitted", "refused"].reduce(0) { sum, decision in
                let labels = "{limit=\"each\",decision=\"\(decision)\",store=\"\(store)\"}"
                return try sum + (apus.metrics()["apus_rate_limit_decisions_total" + labels] ?? 0)
            }
        }

        func awaitRedis() throws {
            try eventually("Redis decides") { try isDecided(by: "redis") }
        }

        func takeAway() throws {
            try proxy.begin("refuse")
            try eventually("the gateway decides") { try isDecided(by: "local") }
        }

        func giveBack() throws {
            try proxy.begin("none")
            try awaitRedis()
        }
    }

    @Test func `what was taken while Redis was away is charged to it`() throws {
        let scene = try Scene("rate: 4/h")
        #expect(try scene.ask("a") == 200)
        try scene.takeAway()
        #expect(try [scene.ask("a"), scene.ask("a")] == [200, 200])
        #expect(try [scene.ask("b"), scene.ask("b"), scene.ask("b")] == [200, 200, 200])
        try scene.giveBack()
        // Three of four are gone wherever it is asked, and of the other key as well.
        try eventually("the debts are paid") {
            try scene.server.keys().contains("apus:each:{=b}")
        }
        #expect(try [scene.ask("a"), scene.ask("a")] == [200, 429])
        #expect(try [scene.ask("b"), scene.ask("b")] == [200, 429])
    }

    @Test func `what is spent in Redis is spent while it is away`() throws {
        let scene = try Scene("rate: 2/h")
        #expect(try [scene.ask("a"), scene.ask("a"), scene.ask("a")] == [200, 200, 429])
        try scene.takeAway()
        #expect(try scene.ask("a") == 429)
        #expect(try scene.ask("b") == 200)
        try scene.giveBack()
        #expect(try scene.ask("a") == 429)
    }

    @Test func `an outage is no refill however often it comes`() throws {
        let scene = try Scene("rate: 6/h")
        var admitted = 0
        for _ in 0..<4 {
            for _ in 0..<2 where try scene.ask("a") == 200 { admitted += 1 }
            try scene.takeAway()
            let known = try scene.server.ask("GET", "apus:each:{=a}")
            var owed = 0
            for _ in 0..<2 where try scene.ask("a") == 200 { owed += 1 }
            try scene.giveBack()
            guard owed > 0 else { continue }
            admitted += owed
            // Each loop pays its own, and the one that is asked next may be another.
            try eventually("the debts are paid") {
                try scene.server.ask("GET", "apus:each:{=a}") != known
            }
        }
        #expect(admitted == 6)
    }

    @Test func `deny refuses all while Redis is away, and allow none`() throws {
        let denying = try Scene("rate: 2/h, on_store_failure: deny")
        try denying.takeAway()
        let refusal = try denying.apus.ask(get("/", "X-Key: a\r\n"))
        #expect(refusal.status == 503)
        #expect(refusal["Retry-After"] == "1")
        #expect(try refusal.problem().code == "overloaded")
        try denying.giveBack()
        #expect(try denying.ask("a") == 200)
        let allowing = try Scene("rate: 2/h, on_store_failure: allow")
        try allowing.takeAway()
        for _ in 0..<9 { #expect(try allowing.ask("a") == 200) }
        try allowing.giveBack()
        #expect(try allowing.ask("a") == 200)
    }

    @Test func `a share is held of what several gateways may admit together`() throws {
        let scene = try Scene("rate: 8/h, replicas: 4")
        try scene.takeAway()
        #expect(try [scene.ask("a"), scene.ask("a"), scene.ask("a")] == [200, 200, 429])
        try scene.giveBack()
        try eventually("the debts are paid") {
            try scene.server.keys().contains("apus:each:{=a}")
        }
        let answer = try scene.apus.ask(get("/", "X-Key: a\r\n"))
        #expect(answer["RateLimit"] == "\"each\";r=5;t=450")
    }

    @Test func `a gateway that starts without Redis serves, and finds it`() throws {
        let server = try RedisServer()
        let proxy = try FaultyRedis(before: server)
        try proxy.begin("refuse")
        let apus = try Apus(
            """
            redis:
              url: "redis://\(proxy.address)"
              timeout: 1s
              breaker: { failures: 1, cooldown: 50ms, max_cooldown: 100ms }
            rate_limits: { each: { rate: 2/h, key: "header:X-Key" } }
            routes:
              - { name: all, rate_limits: [each], respond: { status: 200, body: ok } }
            """)
        let request = get("/", "X-Key: a\r\n")
        #expect(try (0..<3).map { _ in try apus.ask(request).status } == [200, 200, 429])
        try proxy.begin("none")
        try eventually("the debt is paid") { try server.keys() == ["apus:each:{=a}"] }
        #expect(try apus.ask(request).status == 429)
    }
}
