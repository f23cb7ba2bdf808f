import Testing

@testable import Policy

@Suite struct MaintenanceBoardTests {
    private let board = MaintenanceBoard()

    /// Two routes; the second is a health check.
    private func pipeline(_ configured: MaintenanceSettings? = nil) -> Pipeline {
        var first = RouteSample("/a").route(0)
        first.gate.maintenance = configured
        var second = RouteSample("/b").route(1)
        second.action = .health(.ready)
        second.gate.maintenance = configured
        return Pipeline(
            routes: [first, second, RouteSample("/c").route(2)], listeners: [],
            identity: IdentitySettings(
                trustedProxies: TrustedProxies(blocks: [], trustsUnix: false)),
            maintenance: board)
    }

    private func set(_ word: MaintenanceBoard.Switch, _ route: String?, configured: Bool = false) {
        board.set(word, route: route, isConfigured: configured)
    }

    private let on = MaintenanceBoard.Switch.on(MaintenanceNotice(MaintenanceSettings()))

    @Test func `without a word every route serves`() {
        let pipeline = pipeline()
        #expect(pipeline.decision(SentRequest("GET", "/a")) == "0")
        #expect(pipeline.maintenanceNotice(of: 0) == nil)
        #expect(!pipeline.hasConfiguredMaintenance)
    }

    @Test func `one route is answered with 503 and the others serve`() {
        let pipeline = pipeline()
        set(on, "r0")
        #expect(pipeline.decision(SentRequest("GET", "/a")) == "maintenance")
        #expect(pipeline.verdict(SentRequest("GET", "/a")).route == 0)
        #expect(pipeline.decision(SentRequest("GET", "/c")) == "2")
        #expect(pipeline.decision(SentRequest("GET", "/nowhere")) == "no_route")
        set(.off, "r0")
        #expect(pipeline.decision(SentRequest("GET", "/a")) == "0")
        #expect(!board.isAnySet)
    }

    @Test func `all routes but health checks are in it at once`() {
        let pipeline = pipeline()
        set(on, nil)
        #expect(pipeline.decision(SentRequest("GET", "/a")) == "maintenance")
        #expect(pipeline.decision(SentRequest("GET", "/b")) == "1")
        #expect(pipeline.decision(SentRequest("GET", "/c")) == "maintenance")
        // One route is let out of it.
        set(.off, "r2")
        #expect(pipeline.decision(SentRequest("GET", "/c")) == "2")
        // The last word on all is one on each.
        set(on, nil)
        #expect(pipeline.decision(SentRequest("GET", "/c")) == "maintenance")
        set(.off, nil)
        #expect(!board.isAnySet)
    }

    @Test func `an operator's word goes before the configuration's`() {
        let pipeline = pipeline(MaintenanceSettings(message: "later"))
        #expect(pipeline.hasConfiguredMaintenance)
        #expect(pipeline.decision(SentRequest("GET", "/a")) == "maintenance")
        #expect(pipeline.decision(SentRequest("GET", "/b")) == "1")
        #expect(pipeline.maintenanceNotice(of: 0)?.settings.message == "later")
        set(.off, "r0", configured: true)
        #expect(pipeline.decision(SentRequest("GET", "/a")) == "0")
        set(on, "r0", configured: true)
        #expect(pipeline.maintenanceNotice(of: 0)?.settings.message == nil)
        set(.off, nil, configured: true)
        #expect(pipeline.decision(SentRequest("GET", "/a")) == "0")
    }

    @Test func `clients that are allowed pass`() throws {
        let block = try #require(AddressBlock("10.0.0.0/24"))
        let allow = ClientList(blocks: [block], holdsUnix: false)
        set(.on(MaintenanceNotice(MaintenanceSettings(allow: allow))), nil)
        let pipeline = pipeline()
        #expect(pipeline.decision(SentRequest("GET", "/a")) == "0")
        var stranger = SentRequest("GET", "/a")
        stranger.arrival.peer = .ip(try #require(IPAddress("10.0.1.1")), port: 1)
        #expect(pipeline.decision(stranger) == "maintenance")
        stranger.arrival.peer = .unix
        #expect(pipeline.decision(stranger) == "maintenance")
    }

    @Test(arguments: ["", "a\nb", "\u{7f}", String(repeating: "x", count: 1025)])
    func `what no header-free page should show is no message`(_ text: String) {
        #expect(!MaintenanceSettings.isMessage(text))
        #expect(MaintenanceSettings.isMessage("Back at 5 <soon> \"é\""))
    }
}
