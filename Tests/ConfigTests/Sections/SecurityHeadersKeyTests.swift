import Policy
import Testing

@testable import Config

struct SecurityHeadersKeyTests {
    private static func settings(
        global: String, route: String? = nil
    ) -> SecurityHeaderSettings? {
        let own = route.map { "security_headers: \($0), " } ?? ""
        let text = """
            environment: development
            listeners: { a: { bind: "127.0.0.1:1" } }
            \(global.isEmpty ? "" : "security_headers: \(global)")
            routes: [ { name: a, \(own)respond: {} } ]
            """
        return load(text).snapshot?.routes.first?.securityHeaders
    }

    private static func set(_ headers: (String, String)...) -> [SetHeader] {
        headers.map { SetHeader(name: $0, value: $1) }
    }

    @Test func `the long form begins with the preset recommended`() {
        #expect(
            Self.settings(global: "{ set: { X-A: b } }")
                == SecurityHeaderSettings(.recommended, set: Self.set(("X-A", "b")), remove: []))
        #expect(Self.settings(global: "{}") == SecurityHeaderSettings(.recommended))
        #expect(Self.settings(global: "{ preset: api }") == SecurityHeaderSettings(.api))
    }

    @Test func `a route's long form is laid over the global one by name`() {
        let global = "{ preset: strict, set: { X-A: \"1\", X-B: \"1\" }, remove: [X-C] }"
        #expect(
            Self.settings(global: global, route: "{ set: { x-b: \"2\", x-c: \"2\" } }")
                == SecurityHeaderSettings(
                    .strict, set: Self.set(("X-A", "1"), ("x-b", "2"), ("x-c", "2")), remove: []))
        #expect(
            Self.settings(global: global, route: "{ preset: api, remove: [X-A] }")
                == SecurityHeaderSettings(
                    .api, set: Self.set(("X-B", "1")), remove: ["X-C", "X-A"]))
    }

    @Test(arguments: SecurityPreset.allCases)
    func `a route's preset by its name stands alone`(_ preset: SecurityPreset) {
        let global = "{ preset: strict, set: { X-A: \"1\" }, remove: [X-C] }"
        #expect(
            Self.settings(global: global, route: preset.rawValue)
                == SecurityHeaderSettings(preset))
    }

    @Test(arguments: [
        "{ set: { A B: x } }", "{ set: { \"\": x } }", "{ set: { X-A: \"a\\nb\" } }",
        "{ set: { X-A: \"a\\rb\" } }", "{ set: { X-A: \"a\\0b\" } }", "{ set: { X-A: \"\" } }",
        "{ set: { Content-Length: \"1\" } }", "{ set: { transfer-encoding: x } }",
        "{ set: { KEEP-ALIVE: x } }", "{ set: { Upgrade: x } }", "{ set: { TE: x } }",
        "{ set: { Trailer: x } }", "{ set: { Vary: Origin } }", "{ set: { Set-Cookie: a=b } }",
        "{ set: { Access-Control-Max-Age: \"1\" } }", "{ remove: [Content-Length] }",
        "{ remove: [\"a:b\"] }", "{ set: { X-A: a }, remove: [x-a] }",
    ])
    func `what would break a message, or belongs to other keys, is refused`(_ value: String) {
        #expect(problems(adding: "security_headers: \(value)").count == 1)
        #expect(Self.settings(global: value) == nil)
    }
}
