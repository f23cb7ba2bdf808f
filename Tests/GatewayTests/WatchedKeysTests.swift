import Config
import Foundation
import Policy
import Reactor
import Testing

@testable import Gateway

/// Keys that are read again while serving.
struct WatchedKeysTests {
    private final class Folder {
        let url = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)

        init() throws {
            try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
        }
        deinit { try? FileManager.default.removeItem(at: url) }

        func put(_ content: String, at name: String) throws {
            try Data(content.utf8).write(to: url.appending(path: name))
        }

        func path(_ name: String) -> String { url.appending(path: name).path }

        func keys() throws -> WatchedKeys {
            let result = Loading.load(
                text: """
                    environment: development
                    listeners: { public: { bind: "127.0.0.1:8080" } }
                    upstreams: { app: { servers: ["127.0.0.1:3000"] } }
                    webhooks:
                      first: { provider: gitlab, secrets: ["${A}${file:\(path("first"))}"] }
                      plain: { provider: gitlab, secrets: ["0f3c9a1d2b4e6f8a"] }
                      both:
                        provider: gitlab
                        secrets: ["${file:\(path("first"))}", "${file:\(path("second"))}"]
                    routes:
                      - { name: app, webhook: first, upstream: app }
                    """, path: "a.yaml", environment: ["A": "a-"])
            return WatchedKeys(
                try #require(result.snapshot, "\(result.problems)"), environment: ["A": "a-"])
        }
    }

    /// The tokens of a webhook.
    private func tokens(_ settings: WebhookSettings?) -> [String] {
        (settings?.keys ?? []).map { key in
            guard case .token(let secret) = key.material else { return "" }
            return String(decoding: secret.bytes, as: UTF8.self)
        }
    }

    private func folder() throws -> Folder {
        let folder = try Folder()
        try folder.put("one", at: "first")
        try folder.put("two", at: "second")
        return folder
    }

    @Test func `the files of all webhooks are watched, each once`() throws {
        let folder = try folder()
        #expect(try folder.keys().files == [folder.path("first"), folder.path("second")])
    }

    @Test func `a file concerns the webhooks that name it, and no other`() throws {
        let folder = try folder()
        var keys = try folder.keys()
        try folder.put("three", at: "second")
        let outcome = keys.read([folder.path("second")])
        #expect(outcome.routes == nil)
        #expect(outcome.notes.map(\.name) == ["both"])
        #expect(tokens(outcome.webhooks?[0]) == ["a-one"])
        #expect(tokens(outcome.webhooks?[1]) == ["0f3c9a1d2b4e6f8a"])
        #expect(tokens(outcome.webhooks?[2]) == ["one", "three"])
    }

    @Test func `whose files cannot be read keeps the former keys, and says why`() throws {
        let folder = try folder()
        var keys = try folder.keys()
        try folder.put("four", at: "first")
        try FileManager.default.removeItem(at: folder.url.appending(path: "second"))
        let outcome = keys.read([folder.path("first"), folder.path("second")])
        #expect(tokens(outcome.webhooks?[0]) == ["a-four"])
        #expect(tokens(outcome.webhooks?[2]) == ["one", "two"])
        #expect(outcome.notes.map { $0.failure?.file } == [nil, folder.path("second")])
        try folder.put("five", at: "second")
        let later = keys.read([folder.path("second")])
        #expect(tokens(later.webhooks?[0]) == ["a-four"], "what was read before holds")
        #expect(tokens(later.webhooks?[2]) == ["four", "five"])
    }

    @Test func `nobody is told where nothing could be read`() throws {
        let folder = try folder()
        var keys = try folder.keys()
        try folder.put("", at: "second")
        let outcome = keys.read([folder.path("second")])
        #expect(outcome.webhooks == nil && outcome.notes.count == 1)
        let mailbox = try Mailbox<WorkerMessage>()
        KeyWatch.post(outcome, to: [mailbox])
        #expect(mailbox.takeAll().isEmpty)
    }

    @Test func `each loop gets verifiers of its own`() throws {
        let folder = try folder()
        var keys = try folder.keys()
        let mailboxes = try (0..<2).map { _ in try Mailbox<WorkerMessage>() }
        KeyWatch.post(keys.read([folder.path("first")]), to: mailboxes)
        let verifiers = mailboxes.map { mailbox in
            mailbox.takeAll().compactMap { message in
                if case .webhooksRead(let verifiers) = message { verifiers } else { nil }
            }
        }
        #expect(verifiers.map(\.count) == [1, 1])
        #expect(verifiers[0][0].count == 3)
        #expect(verifiers[0][0].map(\.settings.name) == ["first", "plain", "both"])
        #expect(verifiers[0][0][0] !== verifiers[1][0][0])
    }
}
