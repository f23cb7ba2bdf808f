import Bytes
import Testing

@testable import Policy

@Suite struct ErrorPagesTests {
    private static func body(_ page: ErrorPage, id: String) -> String {
        appended { buffer in
            let bytes = Array(id.utf8)
            page.append(to: &buffer, requestID: bytes.span)
        }
    }

    @Test(arguments: [
        ("<p>{request_id}</p>", "<p>id-1</p>"), ("{request_id}", "id-1"), ("none", "none"),
        ("{request_id}{request_id} {status}", "id-1id-1 {status}"), ("{request_id", "{request_id"),
    ])
    func `the request's id stands where its name does`(_ text: String, _ body: String) {
        let page = ErrorPage(text, format: .html)
        #expect(Self.body(page, id: "id-1") == body)
        #expect(body.utf8.count <= page.bytesMax)
    }

    @Test(arguments: ["<script>", "", "a\"b", String(repeating: "x", count: 129)])
    func `an id that would need an escape is left out`(_ id: String) {
        #expect(Self.body(ErrorPage("[{request_id}]", format: .html), id: id) == "[]")
    }

    @Test func `a page speaks for its status and its format alone`() throws {
        let page = ErrorPage("sorry", format: .html)
        let pages = try #require(ErrorPages([502: page]))
        #expect(ErrorPages([:]) == nil)
        func found(_ code: ProblemCode, _ format: ProblemFormat, _ status: UInt16? = nil) -> Bool {
            let problem = ProblemBody(code, format, status: status, retryAfter: nil)
            return pages.page(for: problem) === page
        }
        #expect(found(.upstreamInvalid, .html) && found(.upstreamUnreachable, .html))
        #expect(found(.upstreamError, .html, 502))
        #expect(!found(.upstreamInvalid, .json) && !found(.upstreamInvalid, .text))
        #expect(!found(.upstreamTimeout, .html) && !found(.upstreamError, .html))
    }
}
