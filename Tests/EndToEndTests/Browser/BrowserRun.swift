import Foundation
import Synchronization

/// All pages in one browser, one after the other, and what they reported.
struct BrowserRun {
    /// What a script got of one fetch.
    struct Outcome: Decodable {
        var error: String?
        var type: String?
        var status: Int?
        var headers: [[String]]?
        var text: String?

        func header(_ name: String) -> String? {
            headers?.first { $0.first == name }?.last
        }
    }

    struct Report: Decodable {
        let origin: String
        let outcomes: [String: Outcome]
    }

    struct StrictReport: Decodable {
        struct Violation: Decodable, Equatable {
            let directive: String
            let blocked: String
        }

        let inlineRan: Bool
        let sniffedRan: Bool
        let colour: String
        let imageWidth: Int
        let cookies: String
        let hasCamera: Bool
        let hasSynchronousRequests: Bool
        let violations: [Violation]
    }

    let reports: [BrowserPage: Report]
    let strict: StrictReport
    /// What reached the app behind the gateway.
    let requests: [Message]
    let metrics: Metrics

    /// What the pages do is what all tests look at: it happens once.
    static let shared = Result { try BrowserRun() }

    private init() throws {
        let plans = Notes<String>()
        let pages = try Origin.answering { Self.page($0, plans.all.first ?? "") }
        let app = try Origin.answering(Self.answer)
        let apus = try Apus(try Self.configuration(pages: pages.port, app), apps: [app])
        let ports = Ports(pages: pages.port, apus: apus.port)
        plans.add(try Self.plans(ports))
        let chromium = try Chromium(ports.url(of: .app))
        try eventually("the last page reports; \(chromium.complaint)", within: 60) {
            if chromium.hasEnded { throw Unmet(chromium.complaint) }
            return app.requests.all.contains { $0.target == "/page/report" }
        }
        reports = try pages.requests.all.reduce(into: [:]) { reports, request in
            guard request.method == "POST",
                let page = BrowserPage(rawValue: String(request.target.dropFirst("/report/".count)))
            else { return }
            reports[page] = try JSONDecoder().decode(Report.self, from: Data(request.body))
        }
        requests = app.requests.all
        guard let last = requests.last(where: { $0.target == "/page/report" }) else {
            throw Unmet("no report")
        }
        strict = try JSONDecoder().decode(StrictReport.self, from: Data(last.body))
        metrics = try apus.metrics()
    }
}

// MARK: - The pages

extension BrowserRun {
    private struct Ports {
        let pages: UInt16
        let apus: UInt16

        func url(of page: BrowserPage) -> String {
            "http://\(page.host):\(pages)/\(page == .null ? "sandbox" : "cases")/\(page.rawValue)"
        }
    }

    private struct Plan: Encodable {
        struct Case: Encodable {
            struct Init: Encodable {
                let method: String
                let headers: [String: String]
                let body: String?
                let credentials: String
                let mode: String
            }

            let name: String
            let url: String
            let `init`: Init
        }

        let cases: [Case]
        let report: String
        let next: String
    }

    /// The plans of all pages, as JSON by name.
    private static func plans(_ ports: Ports) throws -> String {
        var plans: [String: Plan] = [:]
        let pages = BrowserPage.allCases
        for (index, page) in pages.enumerated() {
            let cases =
                BrowserCase.table + BrowserCase.guarded + (page == .app ? BrowserCase.repeated : [])
            // Names of localhost are trustworthy, so that nothing of the page is upgraded to https.
            let next =
                index + 1 < pages.count
                ? ports.url(of: pages[index + 1]) : "http://shop.localhost:\(ports.apus)/page/"
            plans[page.rawValue] = Plan(
                cases: cases.map { planned($0, from: page, ports) },
                report: "http://\(page.host):\(ports.pages)/report/\(page.rawValue)", next: next)
        }
        return String(decoding: try JSONEncoder().encode(plans), as: UTF8.self)
    }

    private static func planned(
        _ one: BrowserCase, from page: BrowserPage, _ ports: Ports
    ) -> Plan.Case {
        Plan.Case(
            name: one.name,
            url: "http://\(one.host):\(ports.apus)\(one.path)?page=\(page.rawValue)",
            init: Plan.Case.Init(
                method: one.method, headers: one.fields, body: one.body,
                credentials: one.credentials, mode: one.mode))
    }

    /// What the pages' own server answers.
    private static func page(_ request: Message, _ plans: String) -> String {
        let parts = request.target.split(separator: "/").map(String.init)
        switch parts.first {
        case "cases":
            let plan = "(\(plans))[\"\(parts.last ?? "")\"]"
            return file("cases.html", ["PLAN": plan])
        case "sandbox": return file("sandbox.html", ["FRAME": "/cases/\(parts.last ?? "")"])
        case "cases.js": return file("cases.js")
        default: return ok("")
        }
    }

    private static func file(
        _ name: String, _ values: [String: String] = [:], fields: String = ""
    ) -> String {
        let types = [
            "html": "text/html", "js": "text/javascript", "css": "text/css", "svg": "image/svg+xml",
        ]
        let text = (try? Tree.text("Browser/Pages/\(name)")) ?? ""
        let type = types[String(name.split(separator: ".").last ?? "")] ?? "text/plain"
        return ok(
            values.reduce(text) { $0.replacingOccurrences(of: $1.key, with: $1.value) },
            "Content-Type: \(type)\r\n\(fields)")
    }
}

// MARK: - The app and the gateway

extension BrowserRun {
    /// What the app behind the gateway answers: its strict page, or what it was sent, to all who
    /// may ask as far as it is concerned.
    private static func answer(_ request: Message) -> String {
        let path = request.target.prefix { $0 != "?" }
        switch path {
        case "/page/":
            return file("strict.html", fields: "Set-Cookie: unseen=1\r\nSet-Cookie: seen=1\r\n")
        case "/page/strict.js": return file("strict.js")
        case "/page/strict.css":
            return ok("p { color: rgb(1, 2, 3) }", "Content-Type: text/css\r\n")
        case "/page/strict.svg":
            return ok(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"7\" height=\"7\"/>",
                "Content-Type: image/svg+xml\r\n")
        // Which is no script, whatever it looks like.
        case "/page/sniffed.txt":
            return ok("self.sniffedRan = true", "Content-Type: text/plain\r\n")
        case "/app/sign-in":
            return told(request, "Set-Cookie: session=of-app; Path=/; HttpOnly; SameSite=Lax\r\n")
        default: return told(request, "")
        }
    }

    private static func told(_ request: Message, _ fields: String) -> String {
        let told = [
            "method": request.method, "body": request.text, "cookie": request["Cookie"] ?? "",
            "authorization": request["Authorization"] ?? "",
        ]
        let text = (try? JSONEncoder().encode(told)).map { String(decoding: $0, as: UTF8.self) }
        return ok(
            text ?? "",
            "Content-Type: application/json\r\nCache-Control: no-store\r\nX-Shown: 1\r\n"
                + "X-Hidden: 1\r\nAccess-Control-Allow-Origin: *\r\n\(fields)")
    }

    private static func configuration(pages: UInt16, _ app: Origin) throws -> String {
        let listed =
            "origins: [\"http://app.pages.test:\(pages)\", \"http://*.sub.pages.test:\(pages)\"]"
        let put = "\(listed), methods: [PUT]"
        return """
            cors:
              app: { \(put), headers: [Authorization, Content-Type], expose: [X-Shown],
                     credentials: on }
              open: { origins: ["*"], methods: [PUT], headers: ["*"] }
              none: { origins: ["null"] }
              enforced: { \(listed), enforce_origin: on }
              kept: { \(put), max_age: 10min }
              asked: { \(put), max_age: 0s }
            upstreams:
              app: { servers: ["\(app.address)"] }
              down: { servers: ["\(try refusingAddress())"] }
            routes:
              - { name: page, match: { path: /page/* }, security_headers: strict,
                  fetch_metadata: enforce, cookies: { except: [seen] }, upstream: app }
              - { name: guarded, match: { path: /guarded }, security_headers: none,
                  fetch_metadata: enforce, upstream: app }
              - { name: recommended, match: { path: /recommended }, upstream: app }
              - { name: bare, match: { path: /bare }, security_headers: none, upstream: app }
              - { name: app, match: { path: /app/* }, cors: app, upstream: app }
              - { name: open, match: { path: /open/* }, cors: open, upstream: app }
              - { name: none, match: { path: /null/* }, cors: none, upstream: app }
              - { name: enforced, match: { path: /enforced/* }, cors: enforced, upstream: app }
              - { name: kept, match: { path: /kept/* }, cors: kept, upstream: app }
              - { name: asked, match: { path: /asked/* }, cors: asked, upstream: app }
              - { name: moved, match: { path: /moved }, cors: app,
                  redirect: { to: /app/get, status: 307 } }
              - { name: gone, match: { path: /gone, methods: [GET] }, cors: app,
                  respond: { status: 404, body: gone } }
              - { name: private, match: { path: /private }, cors: app,
                  auth: { bearer: "0123456789abcdef0123456789" }, upstream: app }
              - { name: denied, match: { path: /denied }, cors: app,
                  access: { deny: [127.0.0.1] }, upstream: app }
              - { name: small, match: { path: /small }, cors: app, limits: { body: 1KiB },
                  upstream: app }
              - { name: json, match: { path: /json }, cors: app,
                  content_types: [application/json], upstream: app }
              - { name: down, match: { path: /down }, cors: app, upstream: down }
            """
    }
}
