import Bytes
import Policy
import Testing

@testable import Gateway

struct OperatorPageTests {
    private let page = OperatorPage.whole
    private var document: String { String(decoding: page.document, as: UTF8.self) }

    /// What stands between two texts, wherever they do.
    private func texts(from start: String, to end: String) -> [String] {
        document.components(after: start).map { String($0.components(before: end)) }
    }

    @Test func `the content policy names the very bytes of its style and its script`() throws {
        let styles = texts(from: "<style>", to: "</style>")
        let scripts = texts(from: "<script type=\"module\">", to: "</script>")
        try #require(styles.count == 1 && scripts.count == 1)
        #expect(styles[0].contains("--accent") && scripts[0].contains("EventSource"))
        let style = OperatorPage.digest(Array(styles[0].utf8))
        let script = OperatorPage.digest(Array(scripts[0].utf8))
        #expect(page.contentPolicy.contains("style-src '\(style)';"))
        #expect(page.contentPolicy.contains("script-src '\(script)';"))
        #expect(!page.contentPolicy.contains("unsafe"))
    }

    @Test func `a digest is SHA-256 in base64`() {
        #expect(OperatorPage.digest([]) == "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=")
    }

    @Test func `another style or script has another policy`() {
        func policy(_ style: String, _ script: String) -> String {
            OperatorPage(
                markup: Array("<style></style><script></script>".utf8),
                style: [Array(style.utf8)], script: [Array(script.utf8)]
            ).contentPolicy
        }
        #expect(policy("a", "b") == policy("a", "b"))
        #expect(Set([policy("a", "b"), policy("b", "b"), policy("a", "a")]).count == 3)
    }

    @Test func `parts are joined in their order, each on lines of its own`() {
        let page = OperatorPage(
            markup: Array("1<style></style>2<script></script>3".utf8),
            style: [Array("a".utf8), Array("b".utf8)], script: [Array("c".utf8)])
        let text = String(decoding: page.document, as: UTF8.self)
        #expect(text == "1<style>a\nb</style>2<script>c</script>3")
    }

    @Test(arguments: [
        "innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "Function(",
        "setTimeout(\"", "import(", " style=", " onclick=", " onload=", "@import", "url(", "\r",
    ])
    func `the page does without what its policy refuses`(_ text: String) {
        #expect(!document.contains(text))
    }

    @Test func `nothing is fetched from elsewhere`() {
        // The name of a vocabulary is no address.
        let addresses = document.components(after: "://").count
        let names = document.components(after: "http://www.w3.org/2000/svg").count
        #expect(addresses == names)
    }

    @Test func `its answer has the headers of the api preset and its own policy`() {
        var output = AdminResponse.page(page).message(date: 0, id: nil, isHead: true)
        let head = String(decoding: output.copy(), as: UTF8.self)
        output.removeAll()
        #expect(head.contains("Content-Security-Policy: \(page.contentPolicy)\r\n"))
        #expect(head.components(after: "Content-Security-Policy").count == 1)
        #expect(head.contains("Cache-Control: no-store\r\n"))
        #expect(head.contains("X-Content-Type-Options: nosniff\r\n"))
        #expect(head.contains("Content-Type: text/html; charset=utf-8\r\n"))
        #expect(head.contains("Content-Length: \(page.document.count)\r\n"))
        #expect(head.hasSuffix("\r\n\r\n"))
    }
}

extension String {
    /// What follows each place of a text.
    fileprivate func components(after text: String) -> [Substring] {
        ranges(of: text).map { self[$0.upperBound...] }
    }
}

extension Substring {
    fileprivate func components(before text: String) -> Substring {
        firstRange(of: text).map { self[..<$0.lowerBound] } ?? self
    }
}
