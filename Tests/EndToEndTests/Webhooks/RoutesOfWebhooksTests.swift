import Testing

/// How webhooks go together with the other policies of their routes, and with an absent Redis.
@Suite(.staged) struct RoutesOfWebhooksTests {
    @Test func `with deny nothing passes while Redis is away, and all of it later`() throws {
        let server = try RedisServer()
        let proxy = try FaultyRedis(before: server)
        let gateway = try WebhookGateway(
            ["stripe"], adding: "\"on_store_failure\": \"deny\"",
            with: """
                redis:
                  url: "redis://\(proxy.address)"
                  timeout: 1s
                  breaker: { failures: 1, cooldown: 50ms, max_cooldown: 100ms }
                """)
        let (first, second) = (
            try gateway.deliveries.sign("stripe", id: "evt_1"),
            try gateway.deliveries.sign("stripe", id: "evt_2")
        )
        try eventually("Redis is there") { try gateway.deliver(first).status == 200 }
        try proxy.begin("refuse")
        try eventually("the gateway knows that Redis is away") {
            try gateway.deliver(gateway.deliveries.sign("stripe", id: "probe")).status == 503
        }
        let before = gateway.app.requests.all.count
        for _ in 0..<5 {
            let answer = try gateway.deliver(second)
            #expect(answer.status == 503)
            #expect(try answer.problem().code == "overloaded")
            #expect(answer["Retry-After"].flatMap { Int($0) } ?? 0 >= 1)
        }
        // What it knows needs nobody's word.
        #expect(try gateway.deliver(first).isReplay)
        #expect(gateway.app.requests.all.count == before)
        try proxy.begin("none")
        try eventually("the provider's next try passes") {
            try gateway.deliver(second).status == 200
        }
        #expect(try gateway.deliver(second).isReplay)
        #expect(gateway.app.requests.all.count == before + 1)
    }

    @Test func `in shadow a handshake reaches the app, every time`() throws {
        let gateway = try WebhookGateway(["slack"], adding: "\"mode\": \"shadow\"")
        let body = #"{"token":"x","type":"url_verification","challenge":"3eZbrw1aBm2rZgRN"}"#
        let delivery = try gateway.deliveries.sign("slack", id: "e", body: Array(body.utf8))
        for _ in 0..<2 { #expect(try gateway.deliver(delivery).text == "hello") }
        #expect(gateway.app.requests.all.map(\.body) == [delivery.bytes, delivery.bytes])
        #expect(try gateway.judged("slack", "handshake") == 2)
    }

    @Test func `browsers' rules stand beside the signature, and in no provider's way`() throws {
        let deliveries = try Deliveries()
        let app = try Origin.saying()
        let apus = try Apus(
            """
            upstreams: { app: { servers: ["\(app.address)"] } }
            cors: { ours: { origins: ["https://app.example.com"], methods: [POST] } }
            \(try deliveries.webhooks(["stripe"], adding: ""))
            routes:
              - { name: stripe, match: { path: /hooks/stripe }, webhook: stripe, cors: ours,
                  fetch_metadata: enforce, upstream: app }
            """, apps: [app])
        func deliver(_ id: String, _ lines: String, which: String = "ours") throws -> Message {
            let delivery = try deliveries.sign("stripe", id: id, which: which)
            return try apus.connect().deliver(delivery, .length, lines)
        }
        // No provider sends either field.
        let plain = try deliver("evt_1", "")
        #expect(plain.status == 200 && plain["Access-Control-Allow-Origin"] == nil)
        let page = try deliver("evt_2", "Origin: https://app.example.com\r\n", which: "stranger")
        #expect(page.status == 401)
        #expect(page["Access-Control-Allow-Origin"] == "https://app.example.com")
        // A genuine one that a stranger's page got hold of is refused before it is verified.
        let stolen = try deliver(
            "evt_3", "Origin: https://evil.example\r\nSec-Fetch-Site: cross-site\r\n")
        #expect(stolen.status == 403)
        let preflight = try apus.ask(
            "OPTIONS /hooks/stripe HTTP/1.1\r\nHost: app.test\r\n"
                + "Origin: https://app.example.com\r\nAccess-Control-Request-Method: POST\r\n\r\n")
        #expect(preflight.status == 204)
        #expect(app.requests.all.count == 1)
        #expect(try deliver("evt_3", "").status == 200)
    }
}
