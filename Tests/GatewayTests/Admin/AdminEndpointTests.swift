import HTTP
import Testing

@testable import Gateway

struct AdminEndpointTests {
    @Test(arguments: [
        ("/", AdminEndpoint.page), ("/livez", .live), ("/readyz", .ready), ("/metrics", .metrics),
        ("/api/v1/status", .status), ("/api/v1/config", .configuration),
        ("/api/v1/events", .events), ("/api/v1/reload", .reload),
        ("/api/v1/maintenance", .maintenance),
        ("/api/v1/webhooks/a/replays/evt_1", .replay(webhook: "a", id: "evt_1")),
        ("/api/v1/webhooks/a/replays/a%2Fb%20c", .replay(webhook: "a", id: "a/b c")),
    ])
    func `each path leads to one thing`(_ path: String, _ expected: AdminEndpoint) {
        #expect(AdminEndpoint(path: path) == expected)
    }

    @Test(arguments: [
        "", "*", "//", "/page", "/livez/", "//livez", "/LIVEZ", "/api/v2/status",
        "/api/v1/../v1/status",
        "/api/v1/webhooks/a/replays/", "/api/v1/webhooks//replays/x",
        "/api/v1/webhooks/a/replays/b/c", "/api/v1/webhooks/a/replays/%zz",
        "/api/v1/webhooks/a/replays/%ff",
    ])
    func `any other path leads nowhere`(_ path: String) {
        #expect(AdminEndpoint(path: path) == nil)
    }

    @Test func `each thing is asked by its methods alone`() {
        #expect(AdminEndpoint.maintenance.allow == "PUT, DELETE")
        #expect(AdminEndpoint.status.allow == "GET, HEAD")
        #expect(AdminEndpoint.reload.takes(.post))
        #expect(!AdminEndpoint.reload.takes(.get))
        #expect(!AdminEndpoint.status.takes(.put))
    }

    @Test func `a parameter is there once, or cannot be read`() {
        #expect(asked(.put, "/a").parameter("route") == .absent)
        #expect(asked(.put, "/a?").parameter("route") == .absent)
        #expect(asked(.put, "/a?route=b+%41").parameter("route") == .given("b A"))
        #expect(asked(.put, "/a?route").parameter("route") == .given(""))
        #expect(asked(.put, "/a?x=1&route=b").parameter("route") == .given("b"))
        #expect(asked(.put, "/a?route=a&route=b").parameter("route") == .unreadable)
        #expect(asked(.put, "/a?route=%4").parameter("route") == .unreadable)
        #expect(asked(.put, "/a?route=%ff").parameter("route") == .unreadable)
    }
}
