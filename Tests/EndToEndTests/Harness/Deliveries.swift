import Foundation
import Synchronization

/// A request as a provider sends it, or as somebody else does who would be taken for one.
struct Delivery: Decodable, Sendable {
    /// What was forged, for messages.
    let what: String
    /// Of these a log line must have one; any will do if there are none.
    let reasons: [String]
    let method: String
    var target: String
    var fields: [[String]]
    /// In base64.
    private let body: String
    /// The event's id as the app is told of it; empty if it has none.
    let told: String

    var bytes: [UInt8] { Array(Data(base64Encoded: body) ?? Data()) }

    /// The value of a field that stands once.
    subscript(_ name: String) -> String? { fields.first { $0[0] == name }?[1] }

    /// The whole request.
    ///
    /// - Parameter more: Lines, each with its end.
    func request(_ framing: Framing = .length, _ more: String = "") -> [UInt8] {
        let lines = fields.map { "\($0[0]): \($0[1])\r\n" }.joined()
        let head = "\(method) \(target) HTTP/1.1\r\nHost: app.test\r\n\(lines)\(more)"
        return Array("\(head)\(framing.field(bytes.count))\r\n".utf8) + framing.framed(bytes)
    }

    /// How a body is framed.
    enum Framing: Sendable, Equatable {
        case length
        /// In chunks of so many bytes.
        case chunks(Int)

        func field(_ count: Int) -> String {
            self == .length ? "Content-Length: \(count)\r\n" : "Transfer-Encoding: chunked\r\n"
        }

        func framed(_ body: [UInt8]) -> [UInt8] {
            guard case .chunks(let size) = self else { return body }
            var framed: [UInt8] = []
            for start in stride(from: 0, to: body.count, by: size) {
                let chunk = body[start..<min(start + size, body.count)]
                framed += Array("\(String(chunk.count, radix: 16))\r\n".utf8) + chunk + [13, 10]
            }
            return framed + Array("0\r\n\r\n".utf8)
        }
    }
}

/// `Apps/deliveries.py`: signs what providers deliver, and forges it.
final class Deliveries: Sendable {
    private let process: ChildProcess
    private let wire: Wire
    private let lock = Mutex<Void>(())

    init() throws {
        let folder = try ChildProcess.newFolder()
        let process = try ChildProcess(
            ["python3", "\(Tree.tests)/Apps/deliveries.py", folder], in: folder)
        self.process = process
        let port = try eventually("deliveries.py says its port", within: 60) { () -> UInt16? in
            if process.exitCode != nil { throw Unmet(process.output("stderr")) }
            let text = process.output()
            return text.hasSuffix("\n") ? UInt16(text.dropLast()) : nil
        }
        wire = try Wire(to: .ip4(port))
    }

    /// Where files may be put that a configuration names.
    var folder: String { process.folder }

    /// All that it can deliver, each a name of its own.
    static let names = [
        "standard", "standard_public", "svix", "stripe", "github", "gitlab", "gitlab_token",
        "slack", "twilio", "twilio_json", "shopify", "sendgrid", "discord", "square", "paddle",
        "zoom", "mailgun", "linear", "paypal", "vercel", "woocommerce", "webflow", "generic",
        "generic_list", "generic_pairs", "generic_parts", "generic_token", "generic_ed25519",
        "generic_ecdsa", "generic_rsa",
    ]

    private struct Question: Encodable {
        let ask: String
        var name = ""
        var ids: [String] = []
        var body: String?
        var which: String?
        var offset = 0
        var target: String?
        var seed = 0
        var names: [String] = []
    }

    /// A section of a configuration, in JSON.
    private struct Section: Decodable {
        let text: String
        let names: [String]
    }

    private func ask<Answer: Decodable>(_ question: Question) throws -> Answer {
        let line = try JSONEncoder().encode(question)
        let answer = try lock.withLock { _ in
            try wire.send(Array(line) + [10])
            return try wire.read(through: "\n", within: 60)
        }
        return try JSONDecoder().decode(Answer.self, from: Data(answer.utf8))
    }

    /// The entries of `webhooks` for these.
    ///
    /// - Parameter adding: A further key of each, with its value, in JSON.
    func webhooks(_ names: [String], adding: String = "") throws -> String {
        let section: Section = try ask(Question(ask: "configuration", names: names))
        guard !adding.isEmpty else { return "webhooks: \(section.text)" }
        let more = section.text.replacing("{\"provider\"", with: "{\(adding), \"provider\"")
        return "webhooks: \(more)"
    }

    /// Signs deliveries of events.
    ///
    /// - Parameters:
    ///   - which: Whose secret: `ours`, `former`, or a stranger's.
    ///   - offset: Seconds from now to when it says that it was signed.
    func sign(
        _ name: String, ids: [String], body: [UInt8]? = nil, which: String = "ours",
        offset: Int = 0, target: String? = nil
    ) throws -> [Delivery] {
        try ask(
            Question(
                ask: "sign", name: name, ids: ids,
                body: body.map { Data($0).base64EncodedString() }, which: which, offset: offset,
                target: target))
    }

    func sign(
        _ name: String, id: String, body: [UInt8]? = nil, which: String = "ours", offset: Int = 0,
        target: String? = nil
    ) throws -> Delivery {
        try sign(
            name, ids: [id], body: body, which: which, offset: offset, target: target)[0]
    }

    /// The HMAC with SHA-256 of a text, in hexadecimal, by a provider's secret.
    func mac(_ name: String, _ text: String, which: String) throws -> String {
        try ask(Question(ask: "mac", name: name, body: text, which: which))
    }

    /// The same by any secret.
    func mac(secret: String, _ text: String) throws -> String {
        try ask(Question(ask: "mac", body: text, which: secret))
    }

    /// Deliveries of which none is genuine.
    func forgeries(_ name: String, seed: Int) throws -> [Delivery] {
        try ask(Question(ask: "forgeries", name: name, seed: seed))
    }
}

extension Wire {
    /// Sends a delivery and reads the answer.
    func deliver(
        _ delivery: Delivery, _ framing: Delivery.Framing = .length, _ more: String = ""
    ) throws -> Message {
        try send(delivery.request(framing, more))
        return try response()
    }
}
