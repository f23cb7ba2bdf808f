import Foundation
import Testing

struct SignCommandTests {
    /// What `apus sign` says of these arguments, and of a URL.
    private func sign(_ arguments: String...) throws -> Ended {
        try Command(["sign"] + arguments + ["--url", "http://127.0.0.1:8080/hook"]).waitForEnd()
    }

    @Test func `headers are arguments of curl`() throws {
        try withFolder { folder in
            let body = folder.appending(path: "event.json")
            try Data(#"{"id":"evt_1"}"#.utf8).write(to: body)
            let ended = try sign(
                "stripe", "--secret", "whsec_0f3c9a1d2b4e6f8a", "--timestamp", "1700000000",
                "--body-file", body.path)
            #expect(ended.status == 0 && ended.errors == "")
            // printf '1700000000.{"id":"evt_1"}' | openssl sha256 -hmac whsec_0f3c9a1d2b4e6f8a
            #expect(
                ended.output == """
                    -H 'Content-Type: application/json' -H 'Stripe-Signature: t=1700000000,v1=\
                    53e3d33df2ad30e27d4c46e36d174b7ae71d5281a6f386860e2b6da568352b99'

                    """)
        }
    }

    @Test func `a whole command line can be had, whatever the file is called`() throws {
        try withFolder { folder in
            let body = folder.appending(path: "it's $HOME `a` \"b\" \\.json")
            try Data("{}".utf8).write(to: body)
            let ended = try sign(
                "github", "--secret", "0f3c9a1d2b4e6f8a", "--body-file", body.path, "--curl")
            #expect(ended.status == 0)
            let words = try shellWords(ended.output)
            #expect(words.first == "curl" && words.last == "http://127.0.0.1:8080/hook")
            #expect(words.contains("@\(body.path)"))
            #expect(words.contains { $0.hasPrefix("X-Hub-Signature-256: sha256=") })
        }
    }

    @Test(arguments: [
        (["nobody", "--secret", "a"], "there is no provider \"nobody\""),
        (["generic", "--secret", "a"], "name it with --webhook"),
        (["paypal", "--secret", "a"], "a private key that only the provider has"),
        (["sendgrid", "--secret", "a"], "a private key that only the provider has"),
        (["mailgun", "--secret", "a"], "its signatures stand in the body"),
        (["standard", "--secret", "whsec_%"], "the secret is not base64 behind whsec_"),
        (["github", "--secret", ""], "the secret is empty"),
        (["github", "--secret", "a", "--timestamp", "1"], "leave --timestamp out"),
        (["stripe", "--secret", "a", "--id", "evt_1"], "leave --id out"),
        (["svix", "--secret", "YWFh", "--id", "a b"], "the id is not"),
        (["github", "--secret", "a", "--method", "A B"], "is no method"),
        (["github", "--secret", "a", "--body-file", "/nowhere"], "the file of the body does not"),
        (["github", "--secret", "a", "--body-file", "/"], "the file of the body is a folder"),
    ])
    func `what cannot be signed ends with 64`(_ arguments: [String], _ reason: String) throws {
        let ended = try Command(["sign"] + arguments + ["--url", "http://a/"]).waitForEnd()
        #expect(ended.status == 64)
        #expect(ended.output == "")
        #expect(ended.errors.hasPrefix("apus: ") && ended.errors.contains(reason), "\(ended)")
    }

    @Test(arguments: ["a", "ftp://a/", "http://", "http://a/#b", "http://a b/"])
    func `a URL that is none ends with 64`(_ url: String) throws {
        let ended = try apus("sign", "github", "--secret", "a", "--url", url)
        #expect(ended.status == 64)
        #expect(ended.errors.hasPrefix("apus: the URL "))
    }

    @Test func `a webhook of the configuration signs by its own secret`() throws {
        try withFolder { folder in
            let path = try folder.configuration(
                CommandTests.valid + """

                    webhooks:
                      own:
                        provider: generic
                        header: X-Own
                        algorithm: hmac-sha256
                        signed: "{method}{body}"
                        secrets: ["0f3c9a1d2b4e6f8a"]
                    """)
            let ended = try sign("generic", "--webhook", "own", "--config", path)
            #expect(ended.status == 0)
            // printf POST | openssl sha256 -hmac 0f3c9a1d2b4e6f8a
            let digest = "6efd5c9fb4c24d4f07e691c8038283c3546e57dbfeb8bef2aa6cbadc1f1a3172"
            #expect(ended.output == "-H 'X-Own: \(digest)'\n")
            let other = try sign("github", "--webhook", "own", "--config", path)
            #expect(other.status == 64)
            #expect(other.errors.contains("the provider of the webhook is generic"))
            let unknown = try sign("generic", "--webhook", "none", "--config", path)
            #expect(unknown.status == 64 && unknown.errors.contains("the configuration has own"))
        }
    }

    /// The words that a shell makes of a line.
    private func shellWords(_ line: String) throws -> [String] {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: "/bin/sh")
        process.arguments = [
            "-c", "for word in \(line.dropLast()); do printf '%s\\0' \"$word\"; done",
        ]
        process.standardOutput = output
        try process.run()
        let said = output.fileHandleForReading.readDataToEndOfFile()
        process.waitUntilExit()
        return said.split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
    }
}
