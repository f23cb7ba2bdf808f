import Policy
import Simulation
import Testing

@testable import Gateway

struct MaintenanceTests {
    private func world(_ extra: String = "") throws -> World {
        try World(
            Settings.text().replacing(
                "routes:",
                with: """
                    cors: { page: { origins: ["https://page.test"] } }
                    \(extra)
                    routes:
                      - { name: well, match: { path: /well }, health: ready }
                      - { name: shared, match: { path: /shared }, cors: page, upstream: app }
                    """))
    }

    private func put(_ world: World, _ settings: MaintenanceSettings, _ route: String? = nil) {
        world.commons.operations.maintenance.set(
            .on(MaintenanceNotice(settings)), route: route, isConfigured: false)
    }

    private func ask(_ world: World, _ path: String, _ fields: String = "") throws -> String {
        let client = try world.connect(
            sending: "GET \(path) HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\(fields)\r\n")
        world.run()
        return client.text
    }

    @Test func `clients are told to come again, and the app is not asked`() throws {
        let world = try world()
        put(world, MaintenanceSettings(retryAfter: 90), "app")
        let answer = try ask(world, "/x")
        #expect(answer.hasPrefix("HTTP/1.1 503 "))
        #expect(answer.contains("\r\nRetry-After: 90\r\n"))
        #expect(answer.contains("\"code\":\"maintenance\",\"retry_after\":90"))
        #expect(answer.contains("The service is down for maintenance"))
        #expect(world.upstreamCount == 0)
        #expect(try ask(world, "/here").hasPrefix("HTTP/1.1 200 "))
        #expect(world.outcomes == ["maintenance", "answered"])
        #expect(world.commons.operations.errors.latest.isEmpty)
        world.expectNothingLeaks()
    }

    @Test func `a message is told in the format that is asked for`() throws {
        let world = try world()
        put(world, MaintenanceSettings(message: "Back at <5>"))
        #expect(try ask(world, "/here").contains("\"detail\":\"Back at <5>\""))
        let page = try ask(world, "/here", "Accept: text/html\r\n")
        #expect(page.contains("<p>Back at &lt;5></p>"))
        #expect(page.contains("\r\nRetry-After: 60\r\n"))
        #expect(try ask(world, "/here", "Accept: text/plain\r\n").contains("\nBack at <5>\n"))
        world.expectNothingLeaks()
    }

    @Test func `the answer says whose scripts may read it`() throws {
        let world = try world()
        put(world, MaintenanceSettings())
        let answer = try ask(world, "/shared", "Origin: https://page.test\r\n")
        #expect(answer.hasPrefix("HTTP/1.1 503 "))
        #expect(answer.contains("\r\nAccess-Control-Allow-Origin: https://page.test\r\n"))
        #expect(!(try ask(world, "/shared", "Origin: https://x.test\r\n").contains("Allow-Origin")))
        world.expectNothingLeaks()
    }

    @Test func `requests under way end as they began`() throws {
        let world = try world()
        world.app.answer = { _ in .silence }
        let client = try world.connect(sending: "GET /x HTTP/1.1\r\nHost: a\r\n\r\n")
        world.run()
        put(world, MaintenanceSettings())
        #expect(client.text.isEmpty)
        #expect(world.exchangeCount == 1)
        world.expectNothingLeaks()
    }

    @Test func `health routes tell what is so meanwhile`() throws {
        let world = try world("maintenance: on")
        let answer = try ask(world, "/well")
        #expect(answer.hasPrefix("HTTP/1.1 200 "))
        #expect(answer.contains("\r\nContent-Type: application/json\r\n"))
        #expect(answer.contains("{\"status\":\"healthy\""))
        #expect(try ask(world, "/here").hasPrefix("HTTP/1.1 503 "))
        world.expectNothingLeaks()
    }

    @Test func `a server that refuses shows in health and among the errors`() throws {
        let world = try world()
        for address in world.kernel.receptions.keys { world.kernel.receptions[address] = .refuses }
        #expect(try ask(world, "/x").hasPrefix("HTTP/1.1 502 "))
        let answer = try ask(world, "/well")
        #expect(answer.hasPrefix("HTTP/1.1 503 "))
        #expect(answer.contains("\"upstream:app\":{\"status\":\"unhealthy\""))
        let error = try #require(world.commons.operations.errors.latest.first)
        #expect(error.route == "app")
        #expect(error.upstream == "app")
        #expect(error.status == 502)
        #expect(error.requestID.count == 36)
        for address in world.kernel.receptions.keys { world.kernel.receptions[address] = .accepts }
        _ = try ask(world, "/x")
        world.pass(.seconds(1))
        #expect(try ask(world, "/well").hasPrefix("HTTP/1.1 200 "))
        world.expectNothingLeaks()
    }
}
