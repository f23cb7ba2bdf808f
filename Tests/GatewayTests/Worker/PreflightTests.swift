import Testing

@testable import Gateway

/// Preflights on the wire.
struct PreflightTests {
    private static func ask(
        _ path: String, _ method: String?, origin: String? = "https://app.test",
        headers: String? = nil, more: String = ""
    ) throws -> (world: World, text: String) {
        let world = try World(StampTests.configuration)
        var fields = origin.map { "Origin: \($0)\r\n" } ?? ""
        if let method { fields += "Access-Control-Request-Method: \(method)\r\n" }
        if let headers { fields += "Access-Control-Request-Headers: \(headers)\r\n" }
        let client = try world.connect(
            sending: "OPTIONS \(path) HTTP/1.1\r\nHost: a.example\r\n\(fields)\(more)\r\n")
        world.run()
        return (world, client.text)
    }

    @Test(arguments: ["/here", "/none", "/live", "/moved", "/app/x"])
    func `a granted preflight is 204 and empty on every kind of route`(_ path: String) throws {
        let (world, text) = try Self.ask(path, "PUT", headers: "content-type")
        #expect(text.hasPrefix("HTTP/1.1 204 No Content\r\n"))
        #expect(text.hasSuffix("\r\n\r\n"))
        for line in [
            "Access-Control-Allow-Origin: https://app.test",
            "Access-Control-Allow-Credentials: true",
            "Access-Control-Allow-Methods: GET, HEAD, POST, PUT",
            "Access-Control-Allow-Headers: Content-Type", "Access-Control-Max-Age: 7200",
            "Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
            "X-Frame-Options: DENY",
        ] { #expect(text.contains("\r\n\(line)\r\n"), "\(line)") }
        #expect(!text.contains("Content-Length") && !text.contains("Expose-Headers"))
        #expect(world.app.requests.isEmpty)
        #expect(world.outcomes == ["answered"])
        #expect(
            world.metric("apus_cors_requests_total{policy=\"app\",result=\"preflight\"}") == 1)
        world.expectNothingLeaks()
    }

    @Test(arguments: [
        ("https://evil.test", "PUT", nil, "preflight_origin"),
        ("https://app.test", "DELETE", nil, "preflight_method"),
        ("https://app.test", "PUT", "x-other", "preflight_headers"),
        ("https://x.app.test", "PUT", nil, "preflight_origin"),
    ])
    func `a refused preflight is 403 without a word on CORS`(
        _ origin: String, _ method: String, _ headers: String?, _ reason: String
    ) throws {
        let (world, text) = try Self.ask("/app/x", method, origin: origin, headers: headers)
        #expect(text.hasPrefix("HTTP/1.1 403 Forbidden\r\n"))
        #expect(text.contains("\"code\":\"forbidden\""))
        #expect(!text.contains("Access-Control-Allow"))
        #expect(text.contains("\r\nVary: Origin, Access-Control-Request-Method, "))
        #expect(world.app.requests.isEmpty)
        let event = world.lines.map(LogLine.init).first { $0["kind"] == "cors_refused" }
        #expect(event?["reason"] == reason)
        #expect(event?["policy"] == "app")
        #expect(
            world.metric("apus_cors_requests_total{policy=\"app\",result=\"refused\"}") == 1)
        world.expectNothingLeaks()
    }

    @Test func `OPTIONS that is no preflight goes on to the app`() throws {
        for (origin, method) in [(nil, "PUT"), ("https://app.test", nil), (nil, nil)] {
            let (world, text) = try Self.ask("/app/x", method, origin: origin)
            #expect(text.hasPrefix("HTTP/1.1 200 "))
            #expect(world.app.requests.first?.method == "OPTIONS")
        }
        // And on a route without a policy the app answers preflights itself.
        let (world, _) = try Self.ask("/plain", "PUT")
        #expect(world.app.requests.count == 1)
    }

    @Test func `a preflight is routed as the method that it asks for`() throws {
        #expect(try Self.ask("/only", "GET").text.hasPrefix("HTTP/1.1 204 "))
        #expect(try Self.ask("/only", "PUT").text.hasPrefix("HTTP/1.1 405 "))
        #expect(try Self.ask("/nowhere", "GET").text.hasPrefix("HTTP/1.1 404 "))
    }

    @Test func `a preflight with a body is answered and its connection closed`() throws {
        let (world, text) = try Self.ask("/here", "PUT", more: "Content-Length: 3\r\n")
        #expect(text.hasPrefix("HTTP/1.1 204 "))
        #expect(text.contains("\r\nConnection: close\r\n"))
        world.expectNothingLeaks()
    }

    @Test func `connections live on through preflights`() throws {
        let world = try World(StampTests.configuration)
        let client = try world.connect()
        for _ in 0..<3 {
            client.send(
                "OPTIONS /here HTTP/1.1\r\nHost: a.example\r\nOrigin: https://b.app.test:8443\r\n"
                    + "Access-Control-Request-Method: PUT\r\n\r\n")
        }
        client.get("/here", "Origin: https://b.app.test:8443\r\n")
        world.run()
        #expect(client.statuses == [204, 204, 204, 200])
        #expect(
            client.text.components(
                separatedBy: "Access-Control-Allow-Origin: https://b.app.test:8443\r\n"
            ).count == 5)
        world.expectNothingLeaks()
    }

    @Test func `a walled route answers strangers itself, and the page's own origin not`() throws {
        for (origin, status) in [
            ("https://evil.test", 403), ("null", 403), ("https://a.example", 200),
            ("https://app.test", 200),
        ] {
            let world = try World(StampTests.configuration)
            let client = try world.connect()
            client.get("/walled", "Origin: \(origin)\r\n")
            world.run()
            #expect(client.statuses == [status], "\(origin)")
            #expect(world.app.requests.count == (status == 200 ? 1 : 0))
            #expect(client.text.contains("\r\nVary: Origin\r\n"))
            world.expectNothingLeaks()
        }
    }
}
