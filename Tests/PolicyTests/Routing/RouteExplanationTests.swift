import Testing

@testable import Policy

@Suite struct RouteExplanationTests {
    private static let routes = [
        RouteSample("/a", host: "other.example"), RouteSample("/b"),
        RouteSample("/a", methods: ["POST"]),
        RouteSample("/a", headers: ["X-Kind": "one"]), RouteSample("/a", listener: "internal"),
        RouteSample("/a"), RouteSample("/*"),
    ]

    private static func failures(_ request: SentRequest) -> [RouteCriterion?] {
        request.read { head, bytes in
            routes.pipeline.explain(head, in: bytes, from: request.arrival)
        }.map(\.failed)
    }

    @Test func `each route names the first criterion that fails`() {
        let failures = Self.failures(SentRequest("GET", "/a"))
        #expect(failures == [.host, .path, .method, .header("x-kind"), .listener, nil, nil])
    }

    @Test func `a criterion that is met is not named`() {
        var request = SentRequest("POST", "/%61", host: "OTHER.example:80").with("X-Kind", "one")
        request.arrival.listener = 1
        #expect(Self.failures(request) == [nil, .path, nil, nil, nil, nil, nil])
    }

    @Test func `a path without a reading meets no path criterion but that of none`() {
        let failures = Self.failures(SentRequest("GET", "/%zz"))
        #expect(failures.dropFirst().allSatisfy { $0 == .path })
        #expect(Self.failures(SentRequest("GET", "/..")).last == .path)
    }
}
