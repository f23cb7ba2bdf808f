import Testing

/// `apus health`, as a container asks.
@Suite(.staged) struct HealthCommandTests {
    private func health(_ words: String...) throws -> (code: Int32, output: String) {
        try ChildProcess.run([Binary.path(), "health"] + words)
    }

    @Test func `a gateway that serves is healthy`() throws {
        let apus = try Apus(to: Origin.saying())
        for place in ["127.0.0.1", "localhost"] {
            let ended = try health("--url", "http://\(place):\(apus.adminPort)/livez")
            #expect(ended.code == 0)
            #expect(ended.output.hasSuffix(": answered 200\n"))
        }
    }

    @Test func `a gateway on a unix socket is asked there`() throws {
        let folder = try ChildProcess.newFolder()
        let apus = try Apus(
            """
            admin: { bind: "unix:\(folder)/admin.sock" }
            routes: [ { name: a, respond: { status: 200 } } ]
            """)
        #expect(try health("--url", "unix:\(folder)/admin.sock").code == 0)
        #expect(try health("--url", "unix:\(folder)/nobody.sock").code == 1)
        try apus.terminate()
    }

    @Test func `any other answer, none, or nobody is not healthy`() throws {
        let broken = try Origin.answering { _ in
            "HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n"
        }
        let mute = try Origin { wire, _ in _ = try wire.readToEnd() }
        let odd = try Origin { wire, _ in try wire.send("220 mail.example.com ESMTP\r\n") }
        for (address, reason) in [
            (broken.address, "answered 503"), (mute.address, "no answer in time"),
            (odd.address, "what answers there is no HTTP"),
            (try refusingAddress(), "Connection refused"),
        ] {
            let ended = try health("--url", "http://\(address)/livez", "--timeout", "1")
            #expect(ended.code == 1)
            #expect(ended.output.contains(reason), "\(ended.output)")
        }
    }

    @Test func `what is no URL is wrong usage`() throws {
        for url in ["", "https://a/", "a:1", "http://a:x/"] {
            #expect(try health("--url", url).code == 64)
        }
        #expect(try health("--timeout", "0").code == 64)
    }
}
