import Foundation

/// What `openssl s_client` said of a connection.
struct Seen: Sendable {
    /// `-` if nothing was agreed upon.
    let version: String
    let cipher: String
    let isResumed: Bool
    /// The file of the authority that the server's certificate is in; empty for none.
    let certificate: String
    /// Empty for none.
    let agreedProtocol: String
    /// What came as the answer, from its first line on; empty for none.
    let answer: String
    /// All of it.
    let text: String

    init(_ text: String) throws {
        self.text = text
        let agreed = text.firstMatch(of: /(New|Reused), ([^,]+), Cipher is (\S+)/)
        let isAgreed = agreed.map { $0.2 != "(NONE)" } ?? false
        version = isAgreed ? agreed.map { String($0.2) } ?? "-" : "-"
        cipher = isAgreed ? agreed.map { String($0.3) } ?? "-" : "-"
        isResumed = isAgreed && agreed?.1 == "Reused"
        agreedProtocol = text.firstMatch(of: /ALPN protocol: (\S+)/).map { String($0.1) } ?? ""
        let answerStart = text.range(of: "HTTP/1.1 ")?.lowerBound
        answer = answerStart.map { String(text[$0...]) } ?? ""
        certificate = try Self.certificate(in: text)
    }

    private static func certificate(in text: String) throws -> String {
        let end = "-----END CERTIFICATE-----"
        guard let first = text.range(of: "-----BEGIN CERTIFICATE-----"),
            let last = text.range(of: end, range: first.upperBound..<text.endIndex)
        else { return "" }
        let shown = text[first.lowerBound..<last.upperBound]
        let folder = try Authority.folder()
        for name in try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
        where name.hasSuffix(".pem") && !name.hasPrefix("1") {
            if try Authority.text(name).hasPrefix(shown) { return String(name.dropLast(4)) }
        }
        return "unknown"
    }

    /// The status of the answer; 0 for none.
    var status: Int { Int(answer.dropFirst(9).prefix(3)) ?? 0 }

    /// The alert that the server has sent, as OpenSSL names it; empty for none.
    var alert: String {
        text.firstMatch(of: /:(?:sslv3|tlsv1|tlsv13) (?:alert )?([a-z ]+):/).map { String($0.1) }
            ?? ""
    }
}

/// A client that is `openssl s_client`.
struct SecureClient {
    var port: UInt16
    /// The name it asks for; `nil` for none.
    var name: String? = "app.example"

    /// Connects, sends a request that asks to close, and reads to the end.
    ///
    /// - Parameters:
    ///   - arguments: Further ones of s_client.
    ///   - request: Sent as it is; empty for none.
    func see(_ arguments: [String] = [], _ request: String = Self.request()) throws -> Seen {
        let naming = name.map { ["-servername", $0] } ?? ["-noservername"]
        let words = ["-connect", "127.0.0.1:\(port)", "-ign_eof"] + naming + arguments
        let line = "printf '%s' \"$0\" | exec timeout 30 openssl s_client \"$@\""
        let (_, output) = try ChildProcess.run(["sh", "-c", line, request] + words)
        return try Seen(output)
    }

    static func request(
        _ target: String = "/own", host: String = "app.example", _ fields: String = ""
    ) -> String {
        get(target, "Connection: close\r\n\(fields)", host: host)
    }

    /// Shows a client's certificate.
    static func showing(_ name: String, chain: String? = nil) throws -> [String] {
        let own = [
            "-cert", try Authority.path("\(name).pem"), "-key", try Authority.path("\(name).key"),
        ]
        return try own + (chain.map { ["-cert_chain", try Authority.path($0)] } ?? [])
    }
}
