import Testing

@testable import Policy

@Suite struct PipelineTests {
    private static func pipeline(_ actions: [RouteAction]) -> Pipeline {
        let routes = actions.enumerated().map { index, action in
            var route = RouteSample("/\(index)").route(index)
            route.action = action
            return route
        }
        return Pipeline(
            routes: routes, listeners: [],
            trustedProxies: TrustedProxies(blocks: [], trustsUnix: false))
    }

    @Test func `a route's action becomes the verdict's`() {
        let pipeline = Self.pipeline([
            .upstream(7), .redirect(Redirect(target: "/", status: 301)),
            .respond(FixedResponse(status: 200, body: [], contentType: "text/plain")),
            .health(.live),
        ])
        let actions = (0..<4).map { pipeline.verdict(SentRequest("GET", "/\($0)")).action }
        #expect(actions == [.forward(upstream: 7), .redirect, .respond, .health(.live)])
        #expect(pipeline.verdict(SentRequest("GET", "/2")).route == 2)
    }

    @Test func `a request that no route takes is refused with 404 and has no route`() {
        let verdict = Self.pipeline([]).verdict(SentRequest("GET", "/"))
        #expect(verdict.route == nil)
        #expect(verdict.action == .refuse(Refusal(.noRoute, allow: [])))
        #expect(verdict.identity.client == address("10.0.0.1"))
    }

    @Test(arguments: ["TRACE", "CONNECT"])
    func `tunnels and echoes are refused whatever the routes`(_ method: String) {
        let routes = [RouteSample("/*", methods: [method]), RouteSample("/*")]
        #expect(
            routes.decision(SentRequest(method, "/"))
                == "405 GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS")
    }

    @Test func `OPTIONS about the server lists what any route takes`() {
        let request = SentRequest("OPTIONS", "*")
        #expect(
            [RouteSample("/*")].decision(request)
                == "list GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS")
        let few = [
            RouteSample("/a", methods: ["GET"]), RouteSample("/b", methods: ["PURGE", "TRACE"]),
        ]
        #expect(few.decision(request) == "list GET, HEAD, PURGE")
    }

    @Test func `one scratch serves paths of all lengths`() {
        let routes = [RouteSample("/a/*")]
        let pipeline = routes.pipeline
        var scratch = PolicyScratch()
        for length in [1, 20_000, 3, 9000] {
            let request = SentRequest("GET", "/%61" + String(repeating: "/%62", count: length))
            let action = request.read { head, bytes in
                pipeline.decide(head, in: bytes, from: request.arrival, at: 0, scratch: &scratch)
                    .action
            }
            #expect(action == .refuse(Refusal(.ambiguousPath, allow: [])))
        }
    }
}
