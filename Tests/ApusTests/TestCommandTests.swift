import Foundation
import Testing

/// `apus test` as a shell sees it.
struct TestCommandTests {
    @Test func `tests that hold end with 0 and are counted`() throws {
        try withFolder { folder in
            let path = try folder.configuration(
                CommandTests.valid + """

                    tests:
                      - { request: "GET http://a/hello", expect: { route: hello, status: 200 } }
                      - { request: "GET http://a/", expect: { upstream: app } }
                    """)
            let ended = try apus("test", "--config", path)
            #expect(ended.status == 0)
            #expect(ended.errors == "")
            #expect(
                ended.output
                    == "passed  GET http://a/hello\npassed  GET http://a/\n2 passed, 0 failed\n")
        }
    }

    @Test func `a test that does not hold ends with 1 and says what differs`() throws {
        try withFolder { folder in
            let path = try folder.configuration(
                CommandTests.valid + """

                    tests:
                      - { request: "GET http://a/hello", expect: { route: app, status: 200 } }
                      - { request: "GET http://a/", expect: { upstream: app } }
                    """)
            let ended = try apus("test", "--config", path)
            #expect(ended.status == 1)
            #expect(ended.errors == "")
            #expect(
                ended.output == """
                    FAILED  GET http://a/hello (\(path):8)
                        - route: app
                        + route: hello
                    passed  GET http://a/
                    1 passed, 1 failed

                    """)
        }
    }

    @Test func `without tests none fails`() throws {
        try withFolder { folder in
            let path = try folder.configuration(CommandTests.valid)
            let ended = try apus("test", "--config", path)
            #expect(ended.status == 0)
            #expect(ended.output == "0 passed, 0 failed\n")
        }
    }

    @Test func `a test that cannot be read ends with 78`() throws {
        try withFolder { folder in
            let path = try folder.configuration(
                CommandTests.valid + "\ntests: [ { request: GET, expect: { route: helo } } ]\n")
            let ended = try apus("test", "--config", path)
            #expect(ended.status == 78)
            #expect(ended.output == "")
            #expect(ended.errors.contains("tests[0].request: "))
        }
    }

    @Test(arguments: ["apus.yaml", "quickstart.yaml"])
    func `the tests of the configurations in the source tree hold`(_ name: String) throws {
        let project = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        let ended = try apus(
            "test", "--config", project.appendingPathComponent("conf/\(name)").path)
        #expect(ended.status == 0, "\(ended.output)\(ended.errors)")
        #expect(ended.output.hasSuffix(" passed, 0 failed\n"))
    }
}
