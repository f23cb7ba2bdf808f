import Testing

@testable import Config

/// URLs as clients divide them, and `METHOD URL`.
struct ClientURLTests {
    @Test(arguments: [
        ("http://a", false, "a", "/"), ("HTTPS://a:8443/x/../y?z=/", true, "a:8443", "/x/../y?z=/"),
        ("https://a?b", true, "a", "/?b"), ("http://[::1]:80/", false, "[::1]:80", "/"),
    ])
    func `a URL is divided`(
        _ text: String, _ isSecure: Bool, _ authority: String, _ target: String
    ) throws {
        let url = try ClientURL(text)
        #expect(url.isSecure == isSecure && url.authority == authority && url.target == target)
    }

    @Test(arguments: [
        ("a", ClientURLProblem.scheme), ("", .scheme), ("http:/a", .scheme), ("ftp://a", .scheme),
        ("http://", .host), ("http:///a", .host), ("http://?a", .host), ("http://a/#", .fragment),
        ("http://u@a/", .userInformation), ("http://a b", .character), ("http://ä", .character),
        ("http://a/\n", .character),
    ])
    func `what no client could ask for is no URL`(_ text: String, _ problem: ClientURLProblem) {
        #expect(throws: problem) { try ClientURL(text) }
    }

    @Test(arguments: [
        ("a", true), ("a:80", true), ("[::1]:80", true), ("a_b", true), ("a:", false),
        ("a:65536", false), ("[::1", false), ("a%41", false), ("a\\b", false),
    ])
    func `a host is what a reader takes for one`(_ host: String, _ isValid: Bool) throws {
        #expect(try ClientURL("http://\(host)/").hasValidHost == isValid)
    }

    @Test func `a request is a method and a URL, one space between them`() throws {
        let request = try RequestText.parse("M-SEARCH http://a/b")
        #expect(request.method == "M-SEARCH" && request.url == "http://a/b")
        for text in ["", " ", "GET", "GET ", " http://a/", "GET http://a/ ", "GET\thttp://a/"] {
            #expect(throws: Objection.self) { try RequestText.parse(text) }
        }
    }
}
