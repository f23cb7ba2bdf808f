import Testing

@testable import Gateway

struct HealthTargetTests {
    @Test(
        arguments: [
            ("http://127.0.0.1:9901/livez", "127.0.0.1", 9901, "/livez"),
            ("http://127.0.0.1:9901", "127.0.0.1", 9901, "/livez"),
            ("HTTP://gateway/readyz?verbose#top", "gateway", 80, "/readyz?verbose"),
            ("http://gateway?a", "gateway", 80, "/?a"),
            ("http://[::1]:9901/", "::1", 9901, "/"),
            ("http://[::1]", "::1", 80, "/livez"),
        ] as [(String, String, UInt16, String)])
    func `a URL names host, port and path`(
        _ url: String, _ host: String, _ port: UInt16, _ path: String
    ) throws {
        let target = try #require(HealthTarget(url: url))
        #expect(target.place == .host(host, port: port))
        #expect(target.path == path)
    }

    @Test func `a unix socket is asked whether the process lives`() throws {
        let target = try #require(HealthTarget(url: "unix:/run/apus/admin.sock"))
        #expect(target.place == .unix(path: "/run/apus/admin.sock"))
        #expect(target.path == "/livez")
        #expect(target.authority == "localhost")
    }

    @Test(arguments: [
        "", "http://", "http:///livez", "https://a/", "a:1/", "http://a:/", "http://a:0/",
        "http://a:65536/", "http://a:+1/", "http://a:1x/", "http://u@a/", "http://[::1/",
        "http://[::1]x/", "http://a/\r\nX: y", "http://a/ b", "unix:a", "http://ä/",
    ])
    func `anything else is none`(_ url: String) {
        #expect(HealthTarget(url: url) == nil)
    }
}
