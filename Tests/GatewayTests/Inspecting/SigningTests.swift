import Policy
import Testing

@testable import Gateway

struct SigningTests {
    private func request(_ url: String, _ method: String = "POST", _ value: String = "a")
        -> SignedRequest
    {
        SignedRequest(
            method: method, url: url,
            headers: [SignedDelivery.Header(name: "X-A", value: value)])
    }

    @Test func `a quote in a value ends no quotes`() {
        #expect(request("http://a/", "POST", "it's").arguments == #"-H 'X-A: it'\''s'"#)
    }

    @Test func `what curl would change of a URL it is told to leave`() {
        #expect(
            request("http://a/b").curl(bodyFile: nil) == "curl -X POST -H 'X-A: a' 'http://a/b'")
        #expect(
            request("http://a/[b]/../c").curl(bodyFile: nil)
                == "curl --globoff --path-as-is -X POST -H 'X-A: a' 'http://a/[b]/../c'")
        #expect(request("http://a/", "HEAD").curl(bodyFile: nil).hasPrefix("curl --head -H "))
        #expect(request("http://a/", "a*").curl(bodyFile: nil).hasPrefix("curl -X 'a*' "))
    }

    @Test func `a body is sent as it is`() {
        #expect(
            request("http://a/").curl(bodyFile: "b c")
                == "curl -X POST -H 'X-A: a' --data-binary '@b c' 'http://a/'")
    }

    @Test func `forms and JSON are told apart for Twilio alone`() throws {
        var form = SigningRequest(
            .provider("twilio", secret: "0f3c9a1d2b4e6f8a"), url: "https://a.example/")
        form.body = Array("a=b".utf8)
        let signed = try Inspection.sign(form, at: 0)
        #expect(signed.arguments.contains("'Content-Type: application/x-www-form-urlencoded'"))
        form.body = Array("{}".utf8)
        #expect(
            try Inspection.sign(form, at: 0).arguments.contains("'Content-Type: application/json'"))
    }

    @Test func `an event has another id each time`() throws {
        let request = SigningRequest(
            .provider("svix", secret: "whsec_MGYzYzlhMWQyYjRlNmY4YTBmM2M5YTFk"), url: "http://a/")
        let first = try Inspection.sign(request, at: 1_700_000_000_000_000_000)
        #expect(first.arguments.contains("'svix-timestamp: 1700000000'"))
        #expect(try Inspection.sign(request, at: 1_700_000_000_000_000_000) != first)
    }
}
