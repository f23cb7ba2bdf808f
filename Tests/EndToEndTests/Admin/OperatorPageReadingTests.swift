import Foundation
import Testing

/// Whether everybody can read the page: by eye, by ear, on a phone, by keyboard.
@Suite(
    .staged,
    .enabled(if: Chromium.isWanted, "chromium is not installed: .ci/setup test installs it"))
struct OperatorPageReadingTests {
    private static let version = "0.1.8"

    /// The rules of axe, which a package for another driver of browsers brings; installed where
    /// builds go, once.
    ///
    /// - Returns: `nil` on a machine that cannot get them.
    private static func axe() throws -> String? {
        let folder = "\(Tree.root)/.build/tools/axe-\(version)"
        let path = "\(folder)/axe_playwright_python/axe.min.js"
        if !FileManager.default.fileExists(atPath: path) {
            let installed = try ChildProcess.run(
                [
                    "python3", "-m", "pip", "install", "-q", "--no-deps", "--target", folder,
                    "axe-playwright-python==\(version)",
                ], within: 300)
            guard installed.code == 0 else { return nil }
        }
        return try String(contentsOfFile: path, encoding: .utf8)
    }

    /// A page with something in each of its tables.
    private func page() throws -> (Apus, BrowserTab) {
        let app = try Origin.saying()
        let apus = try Apus(
            """
            upstreams:
              app: { servers: ["\(app.address)"] }
              down: { servers: ["\(try refusingAddress())"] }
            rate_limits: { few: { rate: 1/h, burst: 1, key: client_ip } }
            webhooks: { hook: { provider: stripe, secrets: ["0123456789abcdef-hook"] } }
            maintenance: off
            routes:
              - { name: hook, match: { path: /hook }, webhook: hook, upstream: app }
              - { name: \(String(repeating: "long-", count: 12)), match: { path: /few },
                  rate_limits: [few], respond: {} }
              - { name: down, match: { path: /down }, upstream: down }
              - { name: app, upstream: app }
            """, apps: [app])
        let notice = String(repeating: "wordwithoutend", count: 20)
        _ = try apus.operate(
            "PUT", "/api/v1/maintenance?route=app", "{\"message\": \"\(notice)\"}")
        for path in ["/few", "/few", "/down", "/hook", "/"] { _ = try apus.ask(get(path)) }
        let tab = try BrowserTab()
        try tab.open("http://ops.localhost:\(apus.adminPort)/")
        try eventually("an error is shown") { try tab.text("#errors tbody").contains("down") }
        return (apus, tab)
    }

    private struct Finding: Decodable {
        let id: String
        let places: [String]
    }

    @Test func `axe finds nothing to mend, by day, by night, and on a phone`() throws {
        guard let axe = try Self.axe() else {
            return print("axe \(Self.version) is not to be had: nothing was looked at")
        }
        let (apus, tab) = try page()
        try tab.run(axe)
        for (scheme, width) in [("light", 1280), ("dark", 1280), ("light", 360)] {
            try tab.emulate(scheme: scheme)
            try tab.emulate(width: width)
            let findings = try tab.value(
                """
                axe.run().then(({ violations }) => violations.map(({ id, nodes }) =>
                    ({ id, places: nodes.map((node) => node.html.slice(0, 200)) })))
                """, as: [Finding].self)
            #expect(findings.map(\.id) == [], "\(scheme), \(width): \(findings)")
        }
        #expect(try apus.admin("/livez").status == 200)
    }

    @Test(arguments: [320, 390, 768, 1280])
    func `no width makes the page wider than it is`(_ width: Int) throws {
        let (apus, tab) = try page()
        try tab.emulate(width: width)
        #expect(
            try tab.isTrue(
                "document.documentElement.scrollWidth <= document.documentElement.clientWidth"))
        #expect(try apus.admin("/livez").status == 200)
    }

    @Test func `keys reach all that can be used, and see where they are`() throws {
        let (apus, tab) = try page()
        let reached = try tab.value(
            """
            [...document.querySelectorAll("a, button, input, [tabindex]")]
                .filter((element) => element.checkVisibility()).map((element) => {
                element.focus({ focusVisible: true });
                return document.activeElement === element
                    && getComputedStyle(element).outlineStyle !== "none";
            })
            """, as: [Bool].self)
        #expect(reached.count > 30)
        #expect(!reached.contains(false))
        #expect(try apus.admin("/livez").status == 200)
    }

    @Test func `nothing is read out while nothing changes`() throws {
        let (apus, tab) = try page()
        try eventually("the first news are told") { try !tab.text("#news").isEmpty }
        try tab.run(
            """
            self.told = 0;
            for (const node of document.querySelectorAll("[role=log], [role=status], output"))
                new MutationObserver((list) => { self.told += list.length })
                    .observe(node, { childList: true, characterData: true, subtree: true })
            """)
        let before = try tab.text("#build")
        try eventually("seconds go by") {
            _ = try apus.ask(get("/"))
            return try tab.text("#build") != before
        }
        pass(seconds: 3)
        #expect(try tab.value("self.told", as: Int.self) == 0)
    }
}
