import Bytes
import HTTP
import Testing

@testable import Policy

struct LimitKeyPlanTests {
    @Test(
        arguments: [
            ("192.0.2.7", "=192.0.2.7"), ("2001:db8:1:2:3:4:5:6", "=2001:db8:1:2::/64"),
            ("2001:db8:1:2::9", "=2001:db8:1:2::/64"), ("::1", "=::/64"),
            ("::ffff:192.0.2.7", "=192.0.2.7"), (nil, "=unix"),
        ] as [(String?, String)])
    func `a client is an address, a network of IPv6, or a unix socket`(
        client: String?, material: String
    ) {
        #expect(KeyQuestion(.clientIP).text(of: SentRequest().from(client)) == material)
        #expect(LimitKeyPlan(KeyQuestion(.clientIP).settings).isClientIP)
        #expect(!LimitKeyPlan(KeyQuestion(.clientIP, .host).settings).isClientIP)
    }

    @Test func `a certificate is its fingerprint, and who has none has no key`() {
        let question = KeyQuestion(.clientCertificate)
        let one = question.material(of: SentRequest().over(.sample(seed: 7)))
        #expect(one == Array("=".utf8) + [7] + Array(repeating: 0, count: 31))
        #expect(question.material(of: SentRequest().over(.sample(seed: 8))) != one)
        #expect(question.text(of: SentRequest().over(nil)) == "~10.0.0.1")
        #expect(question.text(of: SentRequest()) == "~10.0.0.1")
        #expect(LimitKeyPart.clientCertificate.stage == .head)
    }

    @Test(arguments: [
        ("Example.COM", "=example.com"), ("example.com:8080", "=example.com"),
        ("example.com.", "=example.com"), ("[2001:DB8::0:1]:80", "=[2001:db8::1]"),
        ("", "~10.0.0.1"),
    ])
    func `a host is in lower case and without port`(host: String, material: String) {
        #expect(KeyQuestion(.host).text(of: SentRequest("GET", "/", host: host)) == material)
    }

    @Test(arguments: [
        ("/a/b?c", "=/a/b"), ("/%61/./b", "=/a/b"), ("/x/../a/b", "=/a/b"), ("/a%2Fb", "=/a/b"),
        ("/a%zz", "~10.0.0.1"), ("/..", "~10.0.0.1"), ("", "=/"), ("/caf%C3%A9", "=/café"),
    ])
    func `a path is what routes see`(target: String, material: String) {
        #expect(KeyQuestion(.path).text(of: SentRequest("GET", target)) == material)
    }

    @Test func `all lines of a header are its value, and an empty one is a value`() {
        let question = KeyQuestion(.header("x-tenant"))
        let request = SentRequest().with("X-Tenant", "a").with("Other", "b")
        #expect(question.text(of: request) == "=a")
        #expect(question.text(of: request.with("x-TENANT", "c, d")) == "=a, c, d")
        #expect(question.text(of: SentRequest().with("X-Tenant", "")) == "=")
        #expect(question.text(of: SentRequest().with("X-Tenants", "a")) == "~10.0.0.1")
        #expect(
            KeyQuestion(.header("x-api-key")).text(of: SentRequest().with("X_API_Key", "a"))
                == "~10.0.0.1")
    }

    @Test(arguments: [
        (["a=1; s=2"], "=2"), (["s=1; s=2"], "=1"), (["a=1", "b=2;s=3"], "=3"), (["s="], "="),
        (["s=\"q\""], "=q"), (["s=a=b"], "=a=b"), (["S=1"], "~10.0.0.1"), (["as=1"], "~10.0.0.1"),
        (["s"], "~10.0.0.1"), ([], "~10.0.0.1"), ([" s=1 ;"], "=1"),
    ])
    func `the first cookie of a name counts`(lines: [String], material: String) {
        let request = lines.reduce(SentRequest()) { $0.with("Cookie", $1) }
        #expect(KeyQuestion(.cookie("s")).text(of: request) == material)
    }

    @Test(arguments: [
        ("k=1", "=1"), ("a=2&k=1&b=3", "=1"), ("k", "="), ("k=", "="), ("k=a+b%20c", "=a b c"),
        ("%6b=1", "=1"), ("k=%C3%A9", "=é"), ("k=1%2", "~10.0.0.1"), ("k=%zz", "~10.0.0.1"),
        ("k%=1", "~10.0.0.1"), ("kk=1", "~10.0.0.1"), ("", "~10.0.0.1"), ("&&k=1", "=1"),
        ("k=a=b", "=a=b"), ("k=1;2", "=1;2"), ("k=%26", "=&"), ("%6B%=1&k=2", "=2"),
    ])
    func `parameters are decoded`(text: String, material: String) {
        let query = SentRequest("GET", "/?\(text)")
        #expect(KeyQuestion(.query("k")).text(of: query) == material)
        let form = SentRequest.sending("Application/X-WWW-Form-Urlencoded; charset=utf-8")
        #expect(KeyQuestion(.form("k")).text(of: form, body: text) == material)
    }

    @Test(arguments: ["k=1&k=2", "k=1&k=1", "k&a=1&%6B=2", "k=&k="])
    func `a parameter that stands twice is none, as readers take either`(text: String) {
        #expect(KeyQuestion(.query("k")).text(of: SentRequest("GET", "/?\(text)")) == "~10.0.0.1")
        let form = SentRequest.sending("application/x-www-form-urlencoded")
        #expect(KeyQuestion(.form("k")).text(of: form, body: text) == "~10.0.0.1")
    }

    @Test(arguments: [
        SentRequest.sending("text/plain"), .sending("application/json"), SentRequest("POST"),
        .sending("application/x-www-form-urlencoded", ("Content-Encoding", "gzip")),
        .sending("application/x-www-form-urlencoded", ("Content-Type", "text/plain")),
    ])
    func `a body of another kind is no form`(request: SentRequest) {
        #expect(KeyQuestion(.form("k")).text(of: request, body: "k=1") == "~10.0.0.1")
    }

    @Test(arguments: [
        (#"{"a":{"b":"c"}}"#, "=c"), (#"{"a":{"b":"\u0063\n"}}"#, "=c\n"),
        (#" {"x":[1],"\u0061":{"b":7}} "#, "=7"), (#"{"a":{"b":true}}"#, "=true"),
        (#"{"a":{"b":false}}"#, "=false"), (#"{"a":{"b":""}}"#, "="),
        (#"{"a":{"b":7.0}}"#, "=7"), (#"{"a":{"b":-0}}"#, "=0"), (#"{"a":{"b":-12}}"#, "=-12"),
        (#"{"a":{"b":12345678901234567890}}"#, "=12345678901234567890"),
        (#"{"a":{"b":7e0}}"#, "~10.0.0.1"), (#"{"a":{"b":7.5}}"#, "~10.0.0.1"),
        (#"{"a":{"b":12345678901234567890.0}}"#, "~10.0.0.1"),
        (#"{"a":{"b":null}}"#, "~10.0.0.1"), (#"{"a":{"b":[]}}"#, "~10.0.0.1"),
        (#"{"a":{"b":{}}}"#, "~10.0.0.1"), (#"{"a":{"b":"c","b":"c"}}"#, "~10.0.0.1"),
        (#"{"a":{"b":"c"},"a":1}"#, "~10.0.0.1"), (#"{"a":[{"b":"c"}]}"#, "~10.0.0.1"),
        (#"{"a":{"b":"c"}"#, "~10.0.0.1"), (#"{"a":{"b":"\ud800"}}"#, "~10.0.0.1"),
        (#"{"a.b":"c"}"#, "~10.0.0.1"), ("", "~10.0.0.1"), ("7", "~10.0.0.1"),
    ])
    func `a member is a text, a whole number or a truth value`(body: String, material: String) {
        let question = KeyQuestion(.json(["a", "b"]))
        #expect(question.text(of: .sending("application/json"), body: body) == material)
        #expect(question.text(of: SentRequest("POST"), body: body) == material)
        let coded = SentRequest.sending("application/json", ("Content-Encoding", "br"))
        #expect(question.text(of: coded, body: body) == "~10.0.0.1")
    }

    @Test func `parts of a list have their lengths`() {
        let question = KeyQuestion(.clientIP, .header("x"), .path)
        let request = SentRequest("GET", "/p").with("X", "a:b")
        #expect(question.text(of: request) == "=8:10.0.0.13:a:b2:/p")
        #expect(question.text(of: SentRequest("GET", "/p")) == "~10.0.0.1")
    }

    @Test func `a request without the key is counted by its address, skipped or rejected`() {
        for key in [[LimitKeyPart.cookie("a")], [.host, .cookie("a")]] {
            let request = SentRequest().from("2001:db8::9")
            #expect(KeyQuestion(key: key).text(of: request) == "~2001:db8::/64")
            #expect(KeyQuestion(key: key).text(of: SentRequest().from(nil)) == "~unix")
            #expect(KeyQuestion(key: key, missing: .skip).text(of: request) == "[skipped]")
            #expect(KeyQuestion(key: key, missing: .reject).text(of: request) == "[rejected]")
        }
    }

    @Test func `exempt are clients of a block and requests with a header`() {
        var settings = KeyQuestion(.clientIP).settings
        #expect(!LimitKeyPlan(settings).hasExemptions)
        settings.exemptions = LimitExemptions(
            clients: [AddressBlock("10.0.0.0/8"), AddressBlock("2001:db8::/32")].compactMap(\.self),
            headers: [
                HeaderCriterion(name: "X-Probe", value: "secret"),
                HeaderCriterion(name: "X-Empty", value: ""),
            ])
        let plan = LimitKeyPlan(settings)
        func isExempt(_ client: String?, _ request: SentRequest = SentRequest()) -> Bool {
            request.read { head, bytes in
                plan.isExempt(head, in: bytes, client: client.map { address($0) })
            }
        }
        #expect(isExempt("10.1.2.3") && isExempt("2001:db8::1"))
        #expect(!isExempt("11.1.2.3") && !isExempt(nil))
        let probe = SentRequest().with("x-probe", "other").with("X-PROBE", "secret")
        #expect(isExempt(nil, probe) && isExempt(nil, SentRequest().with("X-Empty", "")))
        #expect(!isExempt(nil, SentRequest().with("X-Probe", "Secret")))
        #expect(!isExempt(nil, SentRequest().with("X-Probe", "secret, secret")))
    }
}
