import Policy
import Testing

@testable import Config

/// Where listeners listen, and where servers are.
struct AddressTests {
    @Test(arguments: [
        ("127.0.0.1:8080", BindAddress.ip(.loopback, port: 8080)),
        ("0.0.0.0:0", .ip(.any, port: 0)),
        ("*:65535", .ip(.any, port: 65535)),
        ("localhost:80", .ip(.loopback, port: 80)),
        ("[::1]:8080", .ip(IPAddress(v6: 0, 1), port: 8080)),
        ("[::]:1", .ip(IPAddress(v6: 0, 0), port: 1)),
        ("unix:/run/apus.sock", .unix(path: "/run/apus.sock")),
        ("fd:http", .passed(name: "http")),
    ])
    func `a listener has an address`(text: String, address: BindAddress) {
        #expect(decode(Kind<BindAddress>.bind, text).value == address)
    }

    @Test(arguments: [
        "", ":", "8080", "127.0.0.1", "127.0.0.1:", "127.0.0.1:-1", "127.0.0.1:+80",
        "127.0.0.1:80 ",
        "127.0.0.1:065536", "1.2.3:80", "01.2.3.4:80", "::1:80", "[::1]", "[::1]80",
        "[127.0.0.1]:80",
        "[::1:80", "unix:", "unix:run", "unix:/run/", "fd:", "fd:a:b", "example.com:80", "*",
        "unix:/a\u{0}b",
    ])
    func `what is no address of a listener is refused`(text: String) {
        let (value, problem) = decode(Kind<BindAddress>.bind, text)
        #expect(value == nil)
        #expect(problem != nil)
    }

    @Test func `a socket's path is as long as the kernel takes`() {
        let longest = "/" + String(repeating: "a", count: 106)
        #expect(decode(Kind<BindAddress>.bind, "unix:\(longest)").value == .unix(path: longest))
        #expect(decode(Kind<BindAddress>.bind, "unix:\(longest)a").value == nil)
    }

    @Test(arguments: [
        ("127.0.0.1:3000", ServerAddress.ip(.loopback, port: 3000)),
        ("http://127.0.0.1:3000", .ip(.loopback, port: 3000)),
        ("http://app.internal", .name("app.internal", port: 80)),
        ("https://app.internal", .name("app.internal", port: 443)),
        ("App_1.internal.:8080", .name("app_1.internal.", port: 8080)),
        ("localhost:3000", .name("localhost", port: 3000)),
        ("[2001:db8::1]:80", .ip(IPAddress(v6: 0x2001_0db8_0000_0000, 1), port: 80)),
        ("unix:/run/app.sock", .unix(path: "/run/app.sock")),
    ])
    func `a server has an address`(text: String, address: ServerAddress) {
        let server = decode(Kind<ServerSpecification>.serverAddress, text).value
        #expect(server?.address == address)
        #expect(server?.weight == 1)
        #expect(server?.text == text)
        #expect(server?.isSecure == text.hasPrefix("https:"))
    }

    @Test(arguments: [
        "", "app", "https://app:0", "https://", "ftp://app:21", "app:0", "app:80/x", "http://",
        "a b:80",
        "1.2.3:80",
        "-a:80", "a..b:80", "*.app:80", "http://u@app:80", "unix:app",
    ])
    func `what is no address of a server is refused`(text: String) {
        #expect(decode(Kind<ServerSpecification>.serverAddress, text).value == nil)
    }
}
