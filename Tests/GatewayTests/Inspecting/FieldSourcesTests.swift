import Config
import Foundation
import Testing

@testable import Gateway

/// Where an explanation says that headers come from.
struct FieldSourcesTests {
    private static let configuration = """
        listeners: { public: { bind: "127.0.0.1:8080" } }
        security_headers: { preset: strict, set: { X-A: a, X-B: b }, remove: [X-XSS-Protection] }
        cors: { pages: { origins: ["https://*.app.test"] } }
        upstreams: { app: { servers: ["127.0.0.1:3000"] } }
        routes:
          - name: app
            match: { path: /app }
            cors: pages
            security_headers:
              set: { X-B: c, Referrer-Policy: origin }
              remove: [X-Frame-Options]
            upstream: app
          - { name: api, match: { path: /api }, security_headers: api, upstream: app }
          - { name: gone, match: { path: /gone, methods: [GET] }, respond: { status: 410 } }
        """

    /// The names under each source.
    private func sources(_ url: String, method: String = "GET") throws -> [String: [String]] {
        let loaded = Loading.load(text: Self.configuration, path: "a.yaml", environment: [:])
        let inquiry = Inquiry(
            method: method, url: url, fields: ["Origin: https://b.app.test"], client: nil,
            listener: nil, now: 0)
        let text = try Inspection.explain(inquiry, by: #require(loaded.snapshot))
        let section = text.components(separatedBy: "\nwhere headers come from\n")[1]
        var sources: [String: [String]] = [:]
        var source = ""
        for line in section.components(separatedBy: "\n\n")[0].split(separator: "\n") {
            let cells = line.dropFirst(2).components(separatedBy: "  ").filter { !$0.isEmpty }
            // Only the first row of a source says it.
            if !line.hasPrefix("   ") { source = cells[0] }
            sources[source, default: []] += (cells.last ?? "").drop { $0 == " " }
                .components(separatedBy: ", ")
        }
        return sources
    }

    @Test func `a route's settings and policies are told from the global ones`() throws {
        let sources = try sources("https://a/app")
        #expect(sources["set"] == ["X-A"])
        #expect(Set(sources["set by the route"] ?? []) == ["X-B", "Referrer-Policy"])
        #expect(sources["removed"] == ["X-XSS-Protection"])
        #expect(sources["removed by the route"] == ["X-Frame-Options"])
        #expect(
            Set(sources["cors pages"] ?? []) == [
                "Vary", "Access-Control-Allow-Origin", "Access-Control-Expose-Headers",
            ])
        #expect(sources["every response"] == ["X-Request-ID"])
        let preset = try #require(sources["preset strict"])
        #expect(preset.contains("Strict-Transport-Security"))
        #expect(preset.contains("Content-Security-Policy"))
        #expect(!preset.contains("X-Frame-Options"))
        #expect(sources["the answer itself"] == nil)
    }

    @Test func `a preset of the route's own is called so`() throws {
        let sources = try sources("https://a/api")
        #expect(sources["preset api of the route"]?.contains("Cache-Control") == true)
        #expect(sources["set"] == nil)
    }

    @Test func `an answer says of itself what it is`() throws {
        let gone = try sources("http://a/gone")
        #expect(gone["the answer itself"] == ["Date", "Content-Length"])
        let refused = try sources("http://a/gone", method: "PUT")
        #expect(refused["the answer itself"]?.contains("Allow") == true)
        #expect(refused["the answer itself"]?.contains("Cache-Control") == true)
    }
}
