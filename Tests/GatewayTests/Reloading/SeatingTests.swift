import Config
import Policy
import Testing

@testable import Gateway

/// Where things stand when one configuration takes over from another.
struct SeatingTests {
    private func load(_ routes: String, upstreams: String = "a: { servers: [\"10.0.0.1:80\"] }")
        throws -> Snapshot
    {
        try World.load(
            """
            environment: development
            listeners: { public: { bind: "127.0.0.1:8080" } }
            rate_limits: { one: { rate: 1/s, key: client_ip }, two: { rate: 2/s, key: client_ip } }
            upstreams: { \(upstreams) }
            routes: [ \(routes) ]
            """)
    }

    private func route(_ name: String, _ upstream: String = "a", _ more: String = "") -> String {
        "{ name: \(name), match: { path: /\(name) }, upstream: \(upstream)\(more) }"
    }

    private func names(_ seating: Seating) -> [String] {
        seating.order.map { seating.snapshot.routes[$0].name }
    }

    @Test func `at first each thing stands where the file has it`() throws {
        let seating = Seating(try load([route("x"), route("y")].joined(separator: ", ")))
        #expect(seating.order == [0, 1])
        #expect(seating.upstreams == [0])
    }

    @Test func `new routes take seats that nobody uses, and keep the file's order`() throws {
        var seating = Seating(try load([route("x"), route("y")].joined(separator: ", ")))
        seating = seating.succeeded(
            by: try load([route("y"), route("z"), route("x")].joined(separator: ", ")),
            usage: Seating.Usage())
        #expect(names(seating) == ["y", "z", "x"])
        #expect(seating.order == [2, 3, 4])
        // The first two are free by now.
        let next = seating.succeeded(by: try load(route("x")), usage: Seating.Usage())
        #expect(next.order == [0])
        #expect(next.snapshot.routes.count == 5)
    }

    @Test func `a route that a request is on stays where it is, with all that it names`() throws {
        let first = Seating(
            try load(
                route("x", "b"),
                upstreams: "a: { servers: [\"10.0.0.1:80\"] }, b: { servers: [\"10.0.0.2:80\"] }"))
        var seating = first
        var usage = Seating.Usage()
        usage.routes = [0]
        for number in 3..<40 {
            let servers = "b: { servers: [\"10.0.0.\(number):80\"] }"
            seating = seating.succeeded(
                by: try load(route("x", "b"), upstreams: servers), usage: usage)
            #expect(seating.snapshot.routes[0].action == .upstream(1))
            #expect(seating.snapshot.upstreams[1] == first.snapshot.upstreams[1])
            #expect(seating.order != [0])
            let seat = try #require(seating.order.first)
            guard case .upstream(let upstream) = seating.snapshot.routes[seat].action else {
                Issue.record("no upstream")
                return
            }
            #expect(seating.snapshot.upstreams[upstream].servers[0].text == "10.0.0.\(number):80")
        }
        // However often, seats are taken again.
        #expect(seating.snapshot.routes.count <= 3)
        #expect(seating.snapshot.upstreams.count <= 4)
    }

    @Test func `an upstream that is the same keeps its seat, and one that is not does not`() throws
    {
        let two = "a: { servers: [\"10.0.0.1:80\"] }, b: { servers: [\"10.0.0.2:80\"] }"
        let other = "b: { servers: [\"10.0.0.2:80\"] }, a: { servers: [\"10.0.0.9:80\"] }"
        let routes = [route("x"), route("y", "b")].joined(separator: ", ")
        let seating = Seating(try load(routes, upstreams: two)).succeeded(
            by: try load(routes, upstreams: other), usage: Seating.Usage())
        #expect(seating.upstreams == [1, 2])
        #expect(seating.snapshot.upstreams[1].name == "b")
        #expect(seating.snapshot.upstreams[2].name == "a")
    }

    @Test func `limits keep their seats by name`() throws {
        let first = try load(route("x", "a", ", rate_limits: [two]"))
        var next = try load(route("x", "a", ", rate_limits: [two, one]"))
        next.rateLimits.swapAt(0, 1)
        next.routes[0].limits = [LimitUse(limit: 0, cost: 1), LimitUse(limit: 1, cost: 1)]
        let seating = Seating(first).succeeded(by: next, usage: Seating.Usage())
        #expect(seating.snapshot.rateLimits.map(\.name) == ["one", "two"])
        let seat = try #require(seating.order.first)
        #expect(seating.snapshot.routes[seat].limits.map(\.limit) == [1, 0])
    }
}
