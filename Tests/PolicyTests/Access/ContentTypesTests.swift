import Bytes
import HTTP
import Testing

@testable import Policy

@Suite struct ContentTypesTests {
    /// Whether a body with these `Content-Type` lines passes.
    private static func admits(_ lines: [String], _ framing: BodyFraming = .length(5)) -> Bool {
        let types = ContentTypes(["application/json", "Image/*"])
        var bytes: [UInt8] = []
        var head = RequestHead()
        head.framing = framing
        for line in lines {
            let name = ByteRange(start: bytes.count, count: 12)
            bytes += Array("Content-Type".utf8)
            let value = ByteRange(start: bytes.count, count: line.utf8.count)
            bytes += Array(line.utf8)
            head.fields.append(
                Field(name: name, value: value, id: .contentType, hash: 0, traits: []))
        }
        return types.admit(head, bytes.span)
    }

    @Test(arguments: [
        ("application/json", true), ("APPLICATION/Json", true),
        ("application/json; charset=utf-8", true), ("application/json;x", true),
        ("image/png", true), ("image/", false), ("image", false), ("application/jsonp", false),
        ("application/jso", false), ("text/plain", false), ("", false),
        ("application/json, text/html", false), ("text/html, application/json", false),
        ("application/json;a=\",\"", true), (" application/json", true),
    ])
    func `a type passes if it is listed, whatever its case and parameters`(
        _ value: String, _ passes: Bool
    ) {
        #expect(Self.admits([value]) == passes)
        #expect(Self.admits([value], .chunked) == passes)
    }

    @Test func `a body that says nothing or two things is refused, no body passes`() {
        #expect(!Self.admits([]))
        #expect(!Self.admits(["application/json", "application/json"]))
        #expect(Self.admits([], .none))
        #expect(Self.admits([], .length(0)))
        #expect(Self.admits(["text/plain"], .none))
    }

    @Test func `a route refuses with 415`() {
        var route = RouteSample("/*").route(0)
        route.gate.contentTypes = ["application/json"]
        let pipeline = Pipeline(
            routes: [route], listeners: [],
            trustedProxies: TrustedProxies(blocks: [], trustsUnix: false))
        #expect(pipeline.decision(SentRequest()) == "0")
        #expect(Refusal(.contentTypeRefused, allow: []).code.status == 415)
    }
}
