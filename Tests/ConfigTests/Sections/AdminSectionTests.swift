import Policy
import Testing

@testable import Config

struct AdminSectionTests {
    @Test func `token and hosts are kept`() {
        let text = """
            admin: { bind: "127.0.0.1:9901", token: "0123456789abcdef", hosts: [Ops.Example.com] }
            """
        let admin = load(minimal + text).snapshot?.admin
        #expect(admin?.token?.bytes == Array("0123456789abcdef".utf8))
        #expect(admin?.hosts == ["ops.example.com"])
        #expect(load(minimal + "admin: {}").snapshot?.admin?.token == nil)
    }

    @Test(arguments: [
        ("{ token: short }", "admin.token: is shorter than 16 characters"),
        ("{ token: \"changeme-0123456789\" }", "admin.token: holds test, dev, changeme"),
        ("{ token: \"\" }", "admin.token: is empty"),
        ("{ token: \"a b\" }", "admin.token: holds a space"),
        ("{ hosts: [\"*.example.com\"] }", "admin.hosts[0]: \"*.example.com\" stands for many"),
        ("{ hosts: [\"a:80\"] }", "admin.hosts[0]: \"a:80\" holds a port"),
        ("{ bind: \"0.0.0.0:9901\" }", "admin.bind: whoever reaches this address reads metrics"),
    ])
    func `what is unsafe or wrong is told`(_ text: String, _ problem: String) {
        let found = problems(adding: "admin: \(text)")
        #expect(found.contains { $0.hasPrefix(problem) }, "\(found)")
        #expect(!found.contains { $0.contains("short ") || $0.contains("0123456789") })
    }

    @Test func `with a token the listener may be reached by others`() {
        let text = "admin: { bind: \"0.0.0.0:9901\", token: \"0123456789abcdef\" }"
        #expect(problems(adding: text) == [])
    }
}
