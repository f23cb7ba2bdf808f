import Config
import Policy
import Testing

@testable import Gateway

/// From what somebody types to the bytes of a request, or to a problem.
struct QuestionTests {
    private func ask(
        _ method: String = "GET", _ url: String = "http://a/", _ fields: [String] = [],
        from client: String? = nil, on listener: String? = nil
    ) throws -> Question {
        let inquiry = Inquiry(
            method: method, url: url, fields: fields, client: client, listener: listener, now: 0)
        return try Question(inquiry, to: #require(InspectionTests.snapshot))
    }

    private func message(_ url: String, _ fields: [String] = []) throws -> String {
        String(decoding: try ask("GET", url, fields).message, as: UTF8.self)
    }

    @Test(arguments: [
        ("http://a", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
        ("HTTP://a?b", "GET /?b HTTP/1.1\r\nHost: a\r\n\r\n"),
        (
            "https://a:8443/x/../y?z=%20&u=/",
            "GET /x/../y?z=%20&u=/ HTTP/1.1\r\nHost: a:8443\r\n\r\n"
        ),
        ("http://[::1]:80/", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n"),
    ])
    func `a URL is divided as a client divides it`(_ url: String, _ expected: String) throws {
        #expect(try message(url) == expected)
    }

    @Test func `headers follow in order, and a Host takes the place of the URL's`() throws {
        let fields = ["B: 2", "host: b", "A:"]
        #expect(
            try message("http://a/", fields) == "GET / HTTP/1.1\r\nB: 2\r\nhost: b\r\nA:\r\n\r\n")
    }

    @Test(arguments: [
        ("a/b", InquiryProblem.urlScheme("a/b")), ("ftp://a", .urlScheme("ftp://a")),
        ("http:/a", .urlScheme("http:/a")), ("", .urlScheme("")),
        ("http:///a", .urlHost("http:///a")),
        ("http://a b", .urlCharacter("http://a b")), ("http://a/é", .urlCharacter("http://a/é")),
        ("http://a/\r\nX: y", .urlCharacter("http://a/\r\nX: y")),
        ("http://a/#b", .urlFragment("http://a/#b")),
        ("http://u:p@a/", .urlUserInformation("http://u:p@a/")),
    ])
    func `a URL that no client could ask for is a problem`(
        _ url: String, _ problem: InquiryProblem
    ) {
        #expect(throws: problem) { try ask("GET", url) }
    }

    @Test(arguments: [
        ("A", InquiryProblem.fieldColonMissing("A")), (": a", .fieldNameNotToken(": a")),
        ("A : b", .fieldNameNotToken("A : b")), ("A: b\r\nC: d", .fieldCharacter("A: b\r\nC: d")),
        ("A: \0", .fieldCharacter("A: \0")),
    ])
    func `a header that is none is a problem`(_ field: String, _ problem: InquiryProblem) {
        #expect(throws: problem) { try ask("GET", "http://a/", [field]) }
    }

    @Test(arguments: ["", "G T", "GET\r\n", "GÉT"])
    func `a method that is no token is a problem`(_ method: String) {
        #expect(throws: InquiryProblem.methodNotToken(method)) { try ask(method) }
    }

    @Test func `a host that the reader refuses is the URL's fault`() throws {
        let inquiry = Inquiry(
            method: "GET", url: "http://a%41/", fields: [], client: nil, listener: nil,
            now: 0)
        let snapshot = try #require(InspectionTests.snapshot)
        #expect(throws: InquiryProblem.urlHost("http://a%41/")) {
            try Inspection.explain(inquiry, by: snapshot)
        }
    }

    @Test func `the peer is an address, or unix`() throws {
        #expect(try ask().arrival.peer == .ip(IPAddress(v4: 0xc000_0201), port: 0))
        #expect(try ask(from: "10.0.0.1").arrival.peer == .ip(IPAddress(v4: 0x0a00_0001), port: 0))
        #expect(try ask(from: "unix").arrival.peer == .unix)
        #expect(try ask(on: "internal").arrival.peer == .unix)
        #expect(throws: InquiryProblem.clientNotAddress("1.2.3")) { try ask(from: "1.2.3") }
        #expect(throws: InquiryProblem.clientNotAddress("")) { try ask(from: "") }
    }

    @Test func `an unknown listener is told which there are`() {
        let problem = InquiryProblem.listenerNotKnown("x", known: ["public", "internal"])
        #expect(throws: problem) { try ask(on: "x") }
        #expect(
            problem.text == "there is no listener \"x\": the configuration has public, internal")
    }

    @Test func `a problem's text cannot drive a terminal`() {
        #expect(InquiryProblem.urlScheme("\u{1b}[2J").text.utf8.allSatisfy { $0 >= 0x20 })
    }
}
