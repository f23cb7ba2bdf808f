import Foundation
import Testing

/// What `apus sign` prints is what the provider would send.
@Suite(.staged) struct SigningTests {
    static let providers = [
        "standard", "svix", "stripe", "github", "gitlab", "gitlab_token", "slack", "twilio",
        "shopify", "square", "paddle", "zoom", "linear", "vercel", "woocommerce", "webflow",
    ]

    /// With what a shell would take for its own.
    static let secret = "s3cr3t '\"$HOME `id` \\ !*&;|<>(){}[]#~"
    static let standardSecret =
        "whsec_" + Data("0123456789abcdef01234567".utf8).base64EncodedString()

    static func secret(of name: String) -> String {
        ["standard", "svix", "gitlab"].contains(name) ? standardSecret : secret
    }

    static func body(of name: String) -> String {
        switch name {
        case "twilio": "From=%2B1555&Body=it%27s+%22you%22&Body=a"
        case "linear":
            "{\"webhookTimestamp\": \(Int(Date().timeIntervalSince1970 * 1000)), \"n\": 1}\r\n"
        default: "{\"id\": \"evt_1\", \"event_id\": \"evt_1\", \"text\": \"it's $HOME é\"}\r\n"
        }
    }

    /// A gateway that takes what the secret signs.
    private func gateway(_ name: String) throws -> (Apus, Origin) {
        let app = try Origin.saying()
        let provider = name.prefix { $0 != "_" }
        let secrets = latin(try JSONEncoder().encode([Self.secret(of: name)]))
        let apus = try Apus(
            """
            upstreams: { app: { servers: ["\(app.address)"] } }
            webhooks: { it: { "provider": "\(provider)", "secrets": \(secrets) } }
            routes: [ { name: hooks, match: { path: /hooks }, webhook: it, upstream: app } ]
            """, apps: [app])
        return (apus, app)
    }

    /// Runs `apus sign` in a shell, with something behind its command line.
    private func sign(
        _ name: String, url: String, body: String, more: [String] = [], then: String
    ) throws -> (code: Int32, output: String) {
        let folder = try ChildProcess.newFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body.write(toFile: "\(folder)/body", atomically: false, encoding: .utf8)
        let call =
            [
                try Binary.path(), "sign", String(name.prefix { $0 != "_" }), "--secret",
                Self.secret(of: name), "--url", url, "--body-file", "\(folder)/body",
            ] + more
        // The shell reads what was printed as an operator's would.
        return try ChildProcess.run(
            ["/bin/sh", "-c", "file=$0; " + then, "\(folder)/body"] + call)
    }

    @Test(arguments: providers)
    func `the gateway takes it from curl`(name: String) throws {
        let (apus, app) = try gateway(name)
        let url = "http://127.0.0.1:\(apus.port)/hooks?a=b&c=d"
        let body = Self.body(of: name)
        let curl = """
            line=$("$@") || exit
            eval "$line" -s -o /dev/null -w %{http_code}
            """
        let whole = try sign(name, url: url, body: body, more: ["--curl"], then: curl)
        #expect(whole.output.hasSuffix("200"), "\(whole)")
        #expect(app.requests.all.map(\.body) == [Array(body.utf8)])
        let seen = try #require(app.requests.all.last)
        #expect(seen["Apus-Webhook"]?.hasPrefix("provider=") == true)
        // What was changed since is a forgery.
        let other = try sign(
            name, url: url, body: body, more: ["--curl"],
            then: curl.replacing("eval", with: "printf x >>\"$file\"; eval"))
        let isToken = name == "gitlab_token"
        #expect(other.output.hasSuffix(isToken ? "200" : "401"), "\(other)")
        #expect(app.requests.all.count == (isToken ? 2 : 1))
    }

    @Test(arguments: ["slack", "stripe", "svix"])
    func `time and id are what was asked for`(name: String) throws {
        let (apus, app) = try gateway(name)
        let url = "http://127.0.0.1:\(apus.port)/hooks"
        let arguments = """
            line=$("$@") || exit 1
            eval curl "$line" -s -o /dev/null -w %{http_code} --data-binary @"$file" "$url"
            """
        func status(_ more: [String]) throws -> String {
            let answer = try sign(
                name, url: url, body: Self.body(of: name), more: more,
                then: "url='\(url)'; " + arguments)
            return String(answer.output.suffix(3))
        }
        let now = Int(Date().timeIntervalSince1970)
        #expect(try status(["--timestamp", "\(now - 4000)"]) == "401")
        #expect(try status(["--timestamp", "\(now + 4000)"]) == "401")
        // Others have the id in the body, which the sender writes.
        let hasID = name == "svix"
        let id = hasID ? ["--id", "msg_77"] : []
        #expect(try status(["--timestamp", "\(now - 100)"] + id) == "200")
        let told = try #require(app.requests.all.last?["Apus-Webhook"])
        #expect(told.contains(hasID ? "msg_77" : "evt_1"))
    }

    static let python = ProcessInfo.processInfo.environment["APUS_SDK_PYTHON"]

    /// Of PyPI: needs a Python that has them, so it is asked for by name.
    @Test(
        .enabled(if: python != nil, "APUS_SDK_PYTHON names a Python with the providers' libraries"),
        arguments: ["standard", "svix", "stripe", "slack", "twilio"])
    func `the provider's own library takes it`(name: String) throws {
        let python = try #require(Self.python)
        let script = "\(Tree.tests)/Apps/sdks.py"
        let url = "https://hooks.example.com/hooks?a=b"
        let then = """
            line=$("$@") || exit
            '\(python)' '\(script)' \(name) "$SECRET" '\(url)' "$file" "$line"
            """
        let quoted = Self.secret(of: name).replacing("'", with: "'\\''")
        let answer = try sign(
            name, url: url, body: Self.body(of: name), then: "SECRET='\(quoted)'; " + then)
        #expect(answer.code == 0, "\(answer)")
        #expect(answer.output.contains("accepted by"), "\(answer)")
        print(answer.output, terminator: "")
    }
}
