import Foundation
import Testing

/// The page at `/` of the admin listener, in a real browser.
@Suite(
    .staged,
    .enabled(if: Chromium.isWanted, "chromium is not installed: .ci/setup test installs it"))
struct OperatorPageTests {
    private func open(_ apus: Apus) throws -> BrowserTab {
        let tab = try BrowserTab()
        try tab.open("http://ops.localhost:\(apus.adminPort)/")
        try eventually("the page is live") { try tab.text("#feed") == "live" }
        return tab
    }

    /// Nothing was refused by the content policy, and nothing went wrong.
    private func expectPeace(_ tab: BrowserTab) throws {
        #expect(try tab.value("violations", as: [String].self) == [])
        #expect(try tab.complaints() == [])
    }

    @Test func `numbers change by themselves, and the browser has nothing to object to`() throws {
        let app = try Origin.answering { $0.target == "/a/bad" ? Self.failure : ok() }
        let apus = try Apus(
            """
            upstreams:
              app: { servers: ["\(app.address)"] }
              down: { servers: ["\(try refusingAddress())"] }
            rate_limits: { few: { rate: 1/h, burst: 5, key: client_ip } }
            webhooks: { hook: { provider: stripe, secrets: ["0123456789abcdef-hook"] } }
            routes:
              - { name: hook, match: { path: /hook }, webhook: hook, upstream: app }
              - { name: few, match: { path: /few }, rate_limits: [few], respond: {} }
              - { name: down, match: { path: /down }, upstream: down }
              - { name: app, match: { path: /a/* }, upstream: app }
            """, apps: [app])
        let tab = try open(apus)
        try tab.run("self.opened = true")
        let paths = ["/a/x", "/a/x", "/a/bad", "/few", "/down", "/nowhere", "/hook"]
        let load = Load(clients: 2, pause: 0.005) { _, number in
            let path = paths[number % paths.count]
            return (apus.port, 0, path == "/hook" ? post(path, "{}") : get(path))
        }
        let first = try eventually("requests are counted") { () -> Int? in
            let count = try self.number("#total", tab)
            return count > 100 ? count : nil
        }
        try eventually("they go on") { try self.number("#total", tab) > first + 100 }
        try eventually("all classes are told") {
            let classes = try tab.text("#classes")
            return ["2xx", "4xx", "5xx"].allSatisfy { classes.contains($0) }
                && !classes.contains("5xx0")
        }
        try eventually("a line is drawn") {
            try tab.isTrue("document.querySelector('path.all').getAttribute('d').length > 20")
        }
        try eventually("the last minute's refusals are told") {
            try self.row("limits", "few", tab).last?.hasSuffix("%)") == true
        }
        #expect(try row("upstreams", "down", tab)[1] != "healthy")
        #expect(try row("upstreams", "app", tab)[1] == "healthy")
        #expect(try self.row("webhooks", "hook", tab).contains { (Int($0) ?? 0) > 0 })
        let errors = try tab.text("#errors tbody")
        #expect(errors.contains("upstream unreachable"))
        #expect(errors.contains("down"))
        try load.end()
        #expect(try tab.isTrue("self.opened === true"))
        try expectPeace(tab)
        let asked = try tab.events("Network.requestWillBeSent").compactMap {
            ($0["request"] as? [String: Any])?["url"] as? String
        }
        let own = "http://ops.localhost:\(apus.adminPort)/"
        #expect(Set(asked.filter { !$0.hasPrefix("data:") }) == [own, own + "api/v1/events"])
    }

    @Test func `what operators write is shown as text`() throws {
        let apus = try Apus(to: Origin.saying())
        let tab = try open(apus)
        let markup = "</li><script>self.ran = 1</script><img src=x onerror='self.ran = 1'>"
        let answer = try apus.operate(
            "PUT", "/api/v1/maintenance?route=app", "{\"message\": \"\(markup)\"}")
        #expect(answer.status == 200)
        try eventually("the notice is there") { try tab.text("#notices").contains(markup) }
        #expect(try tab.text("#maintenance") == "1 route")
        #expect(try tab.isTrue("!document.querySelector('main img, main script')"))
        #expect(try tab.isTrue("self.ran === undefined"))
        try eventually("it is told") { try tab.text("#news").contains("app in maintenance") }
        #expect(try apus.operate("DELETE", "/api/v1/maintenance?route=app").status == 204)
        try eventually("the notice goes") { try tab.text("#maintenance") == "none" }
        try expectPeace(tab)
    }

    @Test func `nothing that is put into the page is run`() throws {
        let tab = try open(Apus(to: Origin.saying()))
        // Trusted Types refuse the sink itself; the policy would refuse what came of it.
        try tab.run("try { document.body.innerHTML = 'x' } catch { self.refused = true }")
        #expect(try tab.isTrue("self.refused === true"))
        try tab.run(
            """
            const one = document.createElement("style");
            one.textContent = "main { display: none }";
            document.head.append(one)
            """)
        #expect(
            try tab.isTrue("getComputedStyle(document.querySelector('main')).display == 'grid'"))
        let violations = try tab.value("violations", as: [String].self)
        #expect(violations.count == 2)
        #expect(violations.contains { $0.hasPrefix("require-trusted-types-for") })
        #expect(violations.contains { $0.hasPrefix("style-src") })
    }

    @Test func `two hundred routes are shown in place, sorted and filtered`() throws {
        let routes = (1...199).map { number in
            "  - { name: r\(number)-\(number % 3 == 0 ? "web" : "api"), "
                + "match: { path: /\(number) }, respond: {} }"
        }
        let apus = try Apus("routes:\n\(routes.joined(separator: "\n"))")
        for number in [7, 7, 7, 30, 30] { _ = try apus.ask(get("/\(number)")) }
        let tab = try open(apus)
        let rows = "[...document.querySelectorAll('#routes tbody tr')]"
        let names = "\(rows).filter((row) => !row.hidden).map((row) => row.cells[0].textContent)"
        #expect(try tab.value(names, as: [String].self).count == 200)
        try eventually("the busiest come first") {
            try tab.value(names, as: [String].self).prefix(2) == ["r7-api", "r30-web"]
        }
        #expect(try tab.text("#found") == "200 of 200")
        // Rows stay the ones they are, whatever is counted.
        try tab.run("self.kept = \(rows)")
        for _ in 0..<4 { _ = try apus.ask(get("/150")) }
        try eventually("another is the busiest") {
            try tab.value(names, as: [String].self).first == "r150-web"
        }
        #expect(try tab.isTrue("self.kept.every((row) => row.isConnected)"))
        try tab.run(
            """
            const field = document.getElementById("sought");
            field.value = " WEB";
            field.dispatchEvent(new Event("input"))
            """)
        #expect(try tab.text("#found") == "66 of 200")
        #expect(try tab.value(names, as: [String].self).count == 66)
        try tab.run("document.querySelector('#routes thead button').click()")
        #expect(try tab.value(names, as: [String].self).first == "r102-web")
        #expect(
            try tab.isTrue(
                "document.querySelector('#routes thead th').ariaSort === 'ascending'"))
        try expectPeace(tab)
    }

    @Test func `a gateway that goes is told, and one that comes back is followed`() throws {
        let port = try Ports.free()
        let configuration = """
            admin: { bind: "127.0.0.1:\(port)" }
            routes: [ { name: app, respond: {} } ]
            """
        let first = try Apus(configuration)
        let tab = try BrowserTab()
        try tab.open("http://ops.localhost:\(port)/")
        try eventually("the page is live") { try tab.text("#feed") == "live" }
        let began = try tab.text("#started")
        #expect(try first.terminate() == 0)
        try eventually("the end is told") { try tab.text("#standing") == "unreachable" }
        #expect(try tab.text("#stale").hasPrefix("No news since "))
        #expect(try tab.isTrue("!document.getElementById('stale').hidden"))
        #expect(try tab.isTrue("document.querySelector('main').classList.contains('old')"))
        // So that the start is another second's.
        pass(seconds: 1.1)
        let second = try Apus(configuration)
        try eventually("the page is live again", within: 30) { try tab.text("#feed") == "live" }
        #expect(try tab.text("#standing") == "healthy")
        #expect(try tab.text("#started") != began)
        #expect(try tab.isTrue("document.getElementById('stale').hidden"))
        let news = try tab.text("#news")
        #expect(news.contains("Connection lost"))
        #expect(news.contains("Connected again"))
        #expect(try tab.value("violations", as: [String].self) == [])
        #expect(try second.terminate() == 0)
    }

    @Test func `Redis that breaks is seen on the page, and so is its return`() throws {
        let redis = try RedisServer()
        let apus = try Apus(
            """
            redis: { url: "redis://\(redis.address)" }
            rate_limits: { some: { rate: 100000/s, key: client_ip } }
            routes: [ { name: app, rate_limits: [some], respond: {} } ]
            """)
        let tab = try open(apus)
        #expect(try tab.text("#breaker") == "admitting")
        let load = Load(clients: 1, pause: 0.01) { _, _ in (apus.port, 0, get("/")) }
        try redis.kill()
        try eventually("the breaker is seen") { try tab.text("#breaker") != "admitting" }
        try eventually("the check is seen") { try tab.text("#checks").contains("redis degraded") }
        #expect(try tab.text("#standing") == "degraded")
        try eventually("it is told") { try tab.text("#news").contains("redis degraded") }
        try eventually("this process counts") {
            try (Int(self.row("limits", "some", tab)[3]) ?? 0) > 0
        }
        try redis.restart()
        try eventually("all is well", within: 60) {
            try tab.text("#breaker") == "admitting" && tab.text("#standing") == "healthy"
        }
        try load.end()
        try expectPeace(tab)
    }

    @Test func `without a place among the readers the page asks now and then`() throws {
        let apus = try Apus(to: Origin.saying())
        let readers = try (0..<8).map { _ in try Wire(to: .ip4(apus.adminPort)) }
        for reader in readers {
            try reader.send("GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            #expect(try reader.head()?.status == 200)
        }
        let tab = try BrowserTab()
        try tab.open("http://ops.localhost:\(apus.adminPort)/")
        try eventually("it says so") {
            try tab.text("#feed").hasSuffix("too many readers for live news")
        }
        #expect(try tab.text("#standing") == "healthy")
        #expect(try tab.isTrue("!document.querySelector('main').classList.contains('old')"))
        for reader in readers { reader.hangUp() }
        try eventually("the page is live", within: 30) { try tab.text("#feed") == "live" }
    }

    private static let failure = "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n"

    private func number(_ selector: String, _ tab: BrowserTab) throws -> Int {
        Int(try tab.text(selector).filter(\.isNumber)) ?? 0
    }

    /// The cells of a table's row by the first of them.
    private func row(_ table: String, _ name: String, _ tab: BrowserTab) throws -> [String] {
        try tab.value(
            """
            [...document.querySelectorAll("#\(table) tbody tr")]
                .map((row) => [...row.cells].map((cell) => cell.textContent))
                .find((cells) => cells[0] === "\(name)") ?? ["", "", "", ""]
            """, as: [String].self)
    }
}
