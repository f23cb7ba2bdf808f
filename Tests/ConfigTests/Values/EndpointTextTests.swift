import Policy
import Testing

@testable import Config

struct EndpointTextTests {
    private func otlp(_ text: String) -> HTTPEndpoint? { try? EndpointText.otlp(text) }
    private func dsn(_ text: String) -> SentryDSN? { try? EndpointText.sentry(text) }

    @Test(arguments: [
        ("http://127.0.0.1:4318", "127.0.0.1:4318", "/v1/traces"),
        ("http://127.0.0.1:4318/", "127.0.0.1:4318", "/v1/traces"),
        ("HTTP://127.0.0.1/otel/", "127.0.0.1", "/otel/v1/traces"),
        ("http://127.0.0.1/v1/traces", "127.0.0.1", "/v1/traces"),
        ("http://127.0.0.1/a/v1/traces/", "127.0.0.1", "/a/v1/traces"),
    ])
    func `spans go to a path below the endpoint`(
        _ text: String, _ authority: String, _ path: String
    ) {
        #expect(otlp(text)?.authority == authority)
        #expect(otlp(text)?.path == path)
    }

    @Test func `an endpoint is an address or a name`() throws {
        let six = try #require(IPAddress("::1"))
        #expect(otlp("http://[::1]:4318")?.address == .ip(six, port: 4318))
        #expect(otlp("http://[::1]:4318")?.authority == "[::1]:4318")
        #expect(otlp("http://Collector.Internal")?.address == .name("collector.internal", port: 80))
    }

    @Test(arguments: [
        "", "127.0.0.1:4318", "grpc://127.0.0.1", "http:/x", "http://", "http://:4318",
        "http://127.0.0.1:0", "http://127.0.0.1:99999", "http://a b", "http://user:pw@127.0.0.1",
        "http://127.0.0.1/?a=b", "http://127.0.0.1/#a", "http://-a-/", "http://300.1.1.1",
        "http://a\r\nX: y", "http://127.0.0.1/\"", "https://",
        "http://127.0.0.1/\(String(repeating: "a", count: 2048))",
    ])
    func `what is no endpoint is refused`(_ text: String) { #expect(otlp(text) == nil) }

    @Test(arguments: [
        ("http://abc@sentry.internal:9000/1", "/api/1/envelope/"),
        ("http://abc@sentry.internal:9000/pre/fix/42", "/pre/fix/api/42/envelope/"),
        ("http://abc:old@sentry.internal:9000/1", "/api/1/envelope/"),
    ])
    func `a DSN says who reports where`(_ text: String, _ path: String) {
        #expect(dsn(text)?.key == "abc")
        #expect(dsn(text)?.endpoint.path == path)
        #expect(dsn(text)?.endpoint.address == .name("sentry.internal", port: 9000))
        #expect(dsn(text)?.endpoint.authority == "sentry.internal:9000")
    }

    @Test(arguments: [
        "", "http://sentry.internal/1", "http://@sentry.internal/1", "http://abc@/1",
        "http://abc@sentry.internal", "http://abc@sentry.internal/", "http://abc@h/1/",
        "http://a c@h/1", "http://a\"c@h/1", "http://abc@h/1?x=y", "http://abc@h/1#x",
        "http://abc@h@i/1", "http://abc@h/p\u{7f}", "ftp://abc@h/1", "https://h/1",
        "http://\(String(repeating: "k", count: 300))@h/1", "http://a,sentry_key=b@h/1",
    ])
    func `what is no DSN is refused, without a word of it`(_ text: String) {
        #expect(dsn(text) == nil)
        do throws(Objection) {
            _ = try EndpointText.sentry(text)
        } catch {
            #expect(!error.what.contains("abc"))
        }
    }

    @Test func `https is TLS, on a port of its own`() {
        #expect(otlp("http://a.example")?.isSecure == false)
        #expect(otlp("https://a.example")?.isSecure == true)
        #expect(otlp("https://a.example")?.address == .name("a.example", port: 443))
        #expect(otlp("https://a.example:443")?.authority == "a.example")
        #expect(otlp("https://a.example:80")?.authority == "a.example:80")
        #expect(dsn("https://key@a.example/1")?.endpoint.isSecure == true)
    }

    @Test func `both are read from a file, and shown without the key`() throws {
        let result = load(
            """
            listeners: { public: { bind: "127.0.0.1:8080" } }
            admin: { bind: "127.0.0.1:9901" }
            otlp: { endpoint: "http://127.0.0.1:4318", ratio: 0.25 }
            errors: { sentry_dsn: "http://${KEY}@127.0.0.1/1" }
            routes: [ { name: all, respond: {} } ]
            """, environment: ["KEY": "geheim"])
        let snapshot = try #require(result.snapshot, "\(result.problems)")
        #expect(snapshot.otlp?.ratioMillionths == 250_000)
        #expect(snapshot.sentry?.key == "geheim")
        let shown = String(decoding: snapshot.admin?.rendering ?? [], as: UTF8.self)
        #expect(shown.contains("\"sentry_dsn\": \"[redacted]\""))
        #expect(shown.contains("http://127.0.0.1:4318"))
        #expect(!shown.contains("geheim"))
    }
}
