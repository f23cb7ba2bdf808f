import Config
import Policy
import Testing

@testable import Gateway

/// What would become of inquiries, as values.
struct ForecastTests {
    private func forecast(
        _ method: String, _ url: String, _ fields: [String] = [], from client: String? = nil
    ) throws -> Forecast {
        let inquiry = Inquiry(
            method: method, url: url, fields: fields, client: client, listener: nil, now: 0)
        return try Inspection.forecast(inquiry, by: #require(InspectionTests.snapshot))
    }

    private func value(_ name: String, of forecast: Forecast) -> String? {
        forecast.fields.first { $0.name.lowercased() == name }?.value
    }

    @Test func `a forwarded request has an upstream and no status`() throws {
        let forecast = try forecast("GET", "https://a.example.com/app/x")
        #expect(forecast.route == "app" && forecast.upstream == "app")
        #expect(forecast.status == nil)
        #expect(value("x-frame-options", of: forecast) == "DENY")
        #expect(value("strict-transport-security", of: forecast) != nil)
        #expect(
            forecast.yielding.map(\.name) == ["Content-Security-Policy", "Cache-Control"])
        #expect(forecast.removed.contains("server"))
        #expect(forecast.removed.contains("x-frame-options"))
        #expect(!forecast.removed.contains("cache-control"))
        #expect(forecast.cors == .none)
    }

    @Test func `an own answer has its status and all its fields`() throws {
        let forecast = try forecast("GET", "http://old.example.com/a?b")
        #expect(forecast.route == "old" && forecast.upstream == nil && forecast.status == 308)
        #expect(value("location", of: forecast) == "https://www.example.com/a?b")
        #expect(value("date", of: forecast) == "Thu, 01 Jan 1970 00:00:00 GMT")
        #expect(value("x-request-id", of: forecast)?.count == 36)
        #expect(forecast.yielding.isEmpty && forecast.removed.isEmpty)
    }

    @Test func `what no route takes has none`() throws {
        let forecast = try forecast("GET", "http://a/nowhere")
        #expect(forecast.route == nil && forecast.upstream == nil && forecast.status == 404)
    }

    @Test func `a malformed request is answered`() throws {
        let fields = ["Content-Length: 1", "Transfer-Encoding: chunked"]
        let forecast = try forecast("POST", "http://a/login", fields)
        #expect(forecast.route == nil && forecast.status == 400)
    }

    @Test func `a body beyond the limit of a forwarding route is answered`() throws {
        let forecast = try forecast("POST", "http://a/login", ["Content-Length: 4097"])
        #expect(forecast.route == "login" && forecast.upstream == nil && forecast.status == 413)
    }

    @Test func `the id of a trusted proxy stays`() throws {
        let forecast = try forecast(
            "GET", "http://a/robots.txt", ["X-Request-ID: abc"], from: "10.0.0.1")
        #expect(value("x-request-id", of: forecast) == "abc")
    }

    @Test func `a preflight is answered and an origin judged`() throws {
        let fields = ["Origin: https://www.app.test"]
        let preflight = try forecast(
            "OPTIONS", "https://a/shared/x", fields + ["Access-Control-Request-Method: PUT"])
        #expect(preflight.cors == .preflight && preflight.status == 204)
        let allowed = try forecast("PUT", "https://a/shared/x", fields)
        #expect(allowed.cors == .allowed && allowed.upstream == "app")
        #expect(allowed.removed.contains("access-control-allow-origin"))
        let refused = try forecast("PUT", "https://a/shared/x", ["Origin: https://app.test"])
        #expect(refused.cors == .foreign && refused.status == 403 && refused.route == "shared")
    }

    @Test func `what no client could send is a problem`() {
        #expect(throws: InquiryProblem.urlScheme("ftp://a")) { try forecast("GET", "ftp://a") }
    }
}
