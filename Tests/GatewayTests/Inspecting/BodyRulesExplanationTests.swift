import Config
import Testing

@testable import Gateway

struct BodyRulesExplanationTests {
    private static let configuration = """
        environment: development
        listeners: { public: { bind: "127.0.0.1:8080" } }
        upstreams: { app: { servers: ["127.0.0.1:3000"] } }
        routes:
          - name: all
            match: { path: /all }
            json: { max_depth: 9 }
            upload: { parts: 3, part_size: 5MiB, types: [image/*, text/csv] }
            upstream: app
          - { name: files, match: { path: /files }, upload: {}, upstream: app }
          - { name: plain, upstream: app }
        """

    private func explain(_ path: String, _ fields: String...) throws -> String {
        let snapshot = Loading.load(text: Self.configuration, path: "a.yaml", environment: [:])
            .snapshot
        return try Inspection.explain(
            Inquiry(
                method: "POST", url: "http://a.example\(path)", fields: fields, client: nil,
                listener: nil, now: 0), by: #require(snapshot))
    }

    @Test func `the rules of a route are shown, and how a body is read`() throws {
        let page = try explain("/all", "Content-Type: application/json", "Content-Length: 5")
        #expect(page.contains("\nbody rules\n"))
        #expect(page.contains("  json       nested up to 9 deep\n"))
        #expect(page.contains("  upload     up to 3 parts of 5MiB\n"))
        #expect(page.contains("  files      image/*, text/csv\n"))
        #expect(page.contains("  this body  looked through as JSON\n"))
        let form = try explain(
            "/files", "Content-Type: multipart/form-data; boundary=b", "Content-Length: 5")
        #expect(form.contains("  files      all types, unseen\n"))
        #expect(form.contains("  this body  looked through as an upload\n"))
        #expect(try explain("/all").contains("  this body  not looked through\n"))
        #expect(!(try explain("/plain").contains("body rules")))
    }

    @Test func `a refusal by the head is shown with its reason`() throws {
        let page = try explain("/files", "Content-Type: text/plain", "Content-Length: 5")
        #expect(page.contains("upload_not_multipart"))
        #expect(page.contains("HTTP/1.1 415 "))
    }
}
