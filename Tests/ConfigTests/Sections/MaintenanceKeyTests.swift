import Policy
import Testing

@testable import Config

struct MaintenanceKeyTests {
    private func routes(_ global: String, _ own: String) -> [MaintenanceSettings?]? {
        let lines = """
            listeners: { public: { bind: "127.0.0.1:8080" } }
            \(global)
            routes:
              - { name: one, match: { path: /one }, respond: {}\(own) }
              - { name: all, respond: {} }
            """
        return load(lines).snapshot?.routes.map(\.gate.maintenance)
    }

    @Test func `a route has its own, or the global one`() {
        let usual = MaintenanceSettings()
        #expect(routes("", "") == [nil, nil])
        #expect(routes("", ", maintenance: on") == [usual, nil])
        #expect(routes("maintenance: on", "") == [usual, usual])
        #expect(routes("maintenance: true", ", maintenance: off") == [nil, usual])
        #expect(routes("maintenance: off", ", maintenance: {}") == [usual, nil])
    }

    @Test func `a section says what clients are told, and who passes`() throws {
        let section = "{ message: \"Back at 5\", retry_after: 2min, allow: [10.0.0.0/8, unix] }"
        let found = try #require(routes("maintenance: \(section)", ""))[0]
        #expect(found?.message == "Back at 5")
        #expect(found?.retryAfter == 120)
        #expect(found?.allow?.blocks.map(\.description) == ["10.0.0.0/8"])
        #expect(found?.allow?.holdsUnix == true)
    }

    @Test(arguments: [
        ("maybe", "maintenance: \"maybe\" is not on or off"),
        ("{ retry_after: 2d }", "maintenance.retry_after: \"2d\" is more than 1d"),
        ("{ message: \"\" }", "maintenance.message: \"\" is empty, or holds line ends"),
        ("{ allow: [] }", "maintenance.allow: must not be empty"),
        ("{ alow: [unix] }", "maintenance.alow: unknown key"),
    ])
    func `what is wrong is told`(_ text: String, _ problem: String) throws {
        let found = problems(adding: "maintenance: \(text)")
        #expect(found.contains { $0.hasPrefix(problem) }, "\(found)")
    }
}
