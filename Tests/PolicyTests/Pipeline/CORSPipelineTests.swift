import Testing

@testable import Policy

/// The CORS policy in its place between the route and the route's action.
@Suite struct CORSPipelineTests {
    private static func pipeline(enforcing: Bool = false) -> Pipeline {
        let samples = [
            RouteSample("/api/*", methods: ["GET", "PATCH"]), RouteSample("/moved"),
            RouteSample("/open"), RouteSample("/get", methods: ["GET"]),
        ]
        let policy = CORSPolicyTests.policy { $0.enforcesOrigin = enforcing }
        let routes = samples.enumerated().map { index, sample in
            var route = sample.route(index)
            if index == 1 { route.action = .redirect(Redirect(target: "/", status: 308)) }
            if index != 2 { route.cors = policy }
            return route
        }
        return Pipeline(
            routes: routes, listeners: ["public"],
            trustedProxies: TrustedProxies(blocks: [], trustsUnix: false))
    }

    private static func preflight(_ path: String, _ method: String) -> SentRequest {
        SentRequest("OPTIONS", path).with("Origin", "https://app.test")
            .with("Access-Control-Request-Method", method)
    }

    @Test(arguments: ["/api/x", "/moved"])
    func `a preflight is answered whatever the route does`(_ path: String) {
        let verdict = Self.pipeline().verdict(Self.preflight(path, "PATCH"))
        #expect(verdict.action == .grantPreflight)
        #expect(verdict.route != nil)
    }

    @Test func `a preflight to a route without a policy goes on`() {
        let verdict = Self.pipeline().verdict(Self.preflight("/open", "PATCH"))
        #expect(verdict.action == .forward(upstream: 2))
        #expect(verdict.cors == .none)
    }

    @Test
    func `a preflight for a path or a method of no route is answered as its request would be`() {
        let pipeline = Self.pipeline()
        for (path, method) in [("/nowhere", "GET"), ("/get", "PATCH"), ("/api", "DELETE")] {
            let asked = pipeline.verdict(Self.preflight(path, method))
            #expect(asked.route == nil)
            #expect(asked.cors == .none)
            #expect(
                asked.action
                    == pipeline.verdict(SentRequest(method, path)).action)
        }
    }

    @Test func `a method that the policy does not list is refused with 403`() {
        let verdict = Self.pipeline().verdict(Self.preflight("/moved", "DELETE"))
        #expect(verdict.route == 1)
        #expect(verdict.cors.standing == .preflightRefused)
        #expect(verdict.action == .refuse(Refusal(.preflightMethod, allow: [])))
    }

    @Test func `a foreign origin is refused only where that is enforced`() {
        let request = SentRequest("GET", "/api").with("Origin", "https://evil.test")
        #expect(Self.pipeline().verdict(request).action == .forward(upstream: 0))
        #expect(
            Self.pipeline(enforcing: true).verdict(request).action
                == .refuse(Refusal(.foreignOrigin, allow: [])))
        let silent = SentRequest("GET", "/api")
        #expect(Self.pipeline(enforcing: true).verdict(silent).action == .forward(upstream: 0))
    }
}
