import Bytes
import Testing

@testable import Policy

@Suite struct ProblemBodyTests {
    private static func body(
        _ code: ProblemCode, _ format: ProblemFormat, id: String = "abc-1",
        retryAfter: UInt32? = nil
    ) -> String {
        appended { buffer in
            let bytes = Array(id.utf8)
            ProblemBody(code, format, retryAfter: retryAfter).append(
                to: &buffer, requestID: bytes.span, violated: Buffer())
        }
    }

    @Test func `JSON has the members of RFC 9457 and ours`() {
        #expect(
            Self.body(.notFound, .json)
                == #"{"type":"about:blank","title":"Not Found","status":404,"#
                + #""detail":"There is nothing at this address.","instance":"urn:request:abc-1","#
                + #""code":"not_found"}"# + "\n")
        #expect(
            Self.body(.overloaded, .json, retryAfter: 7).hasSuffix(
                #""code":"overloaded","retry_after":7}"# + "\n"))
    }

    @Test func `HTML and text say the same to people`() {
        let html = Self.body(.badRequest, .html)
        #expect(
            html.hasPrefix("<!doctype html>\n") && html.contains("<title>400 Bad Request</title>"))
        #expect(html.contains("<code>abc-1</code>"))
        #expect(
            Self.body(.badRequest, .text) == "400 Bad Request\n"
                + "The request is malformed or can be read in more than one way.\nRequest abc-1\n")
    }

    @Test(arguments: [
        "", "a\"b", "<script>", "a b", "\u{0}", "é", String(repeating: "x", count: 129),
    ])
    func `an id that would need an escape is left out`(_ id: String) {
        for format in ProblemFormat.allCases {
            let body = Self.body(.notFound, format, id: id)
            #expect(!body.contains("urn:request") && !body.contains("Request "))
            if !id.isEmpty { #expect(!body.contains(id)) }
        }
    }

    @Test(arguments: ProblemCode.allCases, ProblemFormat.allCases)
    func `no body is longer than announced`(_ code: ProblemCode, _ format: ProblemFormat) {
        let id = String(repeating: "x", count: 128)
        let body = Self.body(code, format, id: id, retryAfter: .max)
        #expect(body.utf8.count <= ProblemBody.bytesMax)
        #expect(body.contains(id))
    }
}

@Suite struct ProblemFormatTests {
    @Test(arguments: [
        ([], ProblemFormat.json), (["*/*"], .json), (["application/json"], .json),
        (["text/html"], .html),
        (["application/problem+json, text/html"], .json), (["text/html, application/json"], .json),
        (["text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8"], .html),
        (["application/json, text/plain, */*"], .json), (["text/html, */*; q=0.01"], .html),
        (["text/html, */*"], .html), (["text/plain"], .text), (["text/plain, */*;q=0.5"], .text),
        (["text/*"], .html), (["text/*, text/html;q=0.1"], .text), (["TEXT/HTML"], .html),
        (["text/html;q=0.5, application/json;q=0.4"], .html), (["text/html;q=0, */*"], .json),
        (["application/json;q=0, */*"], .html), (["application/*;q=0.9, text/html;q=0.8"], .json),
        (["text/html;level=1;q=0.7, text/plain;q=0.8"], .text), (["text/html ; q=1.000"], .html),
        (["text/html;q=1.001"], .json), (["text/html;q=.5"], .json), (["text/html;q=x"], .json),
        (["text/html;q=0.1234"], .json), (["text/html;q="], .json), (["text/html;q=2"], .json),
        (["image/png"], .json), ([""], .json), ([",,;;,"], .json), (["text/html;"], .html),
        (["image/png", "text/html"], .html), (["text/html", "application/json"], .json),
        (["text/htm"], .json),
        (["text/html;Q=0.2, text/plain;q=0.3"], .text),
    ])
    func `JSON is the default that HTML and text can outweigh`(
        _ lines: [String], _ format: ProblemFormat
    ) {
        var request = SentRequest()
        for line in lines { request = request.with("Accept", line) }
        let preferred = request.read { head, bytes in ProblemFormat.preferred(by: head, in: bytes) }
        #expect(preferred == format)
    }

    @Test func `random Accept lines never trap`() {
        var random = RandomSource(seed: 5)
        let parts = [
            "text/html", "*/*", ";", "q=", "q=0.5", ",", " ", "=", "application/json", "1", ".",
            "\t", "é",
        ]
        for _ in 0..<5000 {
            let line = (0..<Int.random(in: 0...12, using: &random))
                .map { _ in parts.randomElement(using: &random) ?? "" }.joined()
            let request = SentRequest().with("Accept", line)
            _ = request.read { head, bytes in ProblemFormat.preferred(by: head, in: bytes) }
        }
    }

    @Test(arguments: [
        (ProblemFormat.json, "\"detail\":\"a \\\"b\\\" \\\\ <c> & é\""),
        (.html, "<p>a \"b\" \\ &lt;c> &amp; é</p>"), (.text, "\na \"b\" \\ <c> & é\n"),
    ])
    func `a message stands where the sentence would, escaped`(
        _ format: ProblemFormat, _ expected: String
    ) {
        var buffer = Buffer(capacity: 4096)
        let nobody: [UInt8] = []
        ProblemBody(.maintenance, format, retryAfter: nil).append(
            to: &buffer, requestID: nobody.span, violated: Buffer(),
            message: Array("a \"b\" \\ <c> & é".utf8))
        let text = String(decoding: buffer.copy(), as: UTF8.self)
        #expect(text.contains(expected), "\(text)")
        #expect(!text.contains("down for maintenance"))
    }
}
