import Foundation

/// The certificates that `Fixtures/tls/make.sh` has made for this run.
enum Authority {
    private static let made = Result {
        let folder = try ChildProcess.newFolder() + "/tls"
        let (code, output) = try ChildProcess.run(
            ["sh", "\(Tree.root)/Tests/Fixtures/tls/make.sh", folder])
        guard code == 0 else { throw Unmet("no authority could be made: \(output)") }
        return folder
    }

    /// Where they are.
    static func folder() throws -> String { try made.get() }

    /// A file's path.
    static func path(_ name: String) throws -> String { "\(try folder())/\(name)" }

    static func text(_ name: String) throws -> String {
        try String(contentsOfFile: path(name), encoding: .utf8)
    }

    /// A certificate and its key, as an entry of `certificates`.
    static func pair(_ name: String, _ more: String = "") throws -> String {
        let folder = try folder()
        return "{ cert: \"\(folder)/\(name).pem\", key: \"\(folder)/\(name).key\"\(more) }"
    }

    static func pairs(_ names: [String]) throws -> String {
        "certificates: [ \(try names.map { try pair($0) }.joined(separator: ", ")) ]"
    }

    /// Makes a certificate, with those that lead from it to the authority.
    ///
    /// - Parameters:
    ///   - key: The path of its key, a private one.
    ///   - name: Its common name, and the only DNS name.
    ///   - issuer: By the name of its certificate; the chain has that one, too.
    /// - Returns: PEM.
    static func issue(forKey key: String, name: String, by issuer: String) throws -> String {
        let folder = try folder()
        let (code, text) = try ChildProcess.run([
            "sh", "-c",
            """
            openssl req -new -key "$1" -subj "/CN=$2" -addext "subjectAltName=DNS:$2" \
            | openssl x509 -req -CA "$3.pem" -CAkey "$3.key" -days 30 -copy_extensions copy \
            2> "$3.log" && cat "$3.pem"
            """,
            "sh", key, name, "\(folder)/\(issuer)",
        ])
        guard code == 0, text.hasPrefix("-----BEGIN CERTIFICATE") else {
            throw Unmet("no certificate for \(name): \(text)")
        }
        return text
    }

    /// Copies files to where a test may change them.
    ///
    /// - Parameter names: By their names there.
    static func copy(_ names: [String: String], to folder: String) throws {
        for (name, original) in names {
            let data = try Data(contentsOf: URL(filePath: path(original)))
            try replace("\(folder)/\(name)", with: data)
        }
    }

    /// Puts a file in the place of another in one step, readable for its owner alone.
    static func replace(_ path: String, with data: Data) throws {
        let next = "\(path).next"
        let attributes = [FileAttributeKey.posixPermissions: 0o600]
        guard
            FileManager.default.createFile(
                atPath: next, contents: data, attributes: attributes),
            unsafe rename(next, path) == 0
        else { throw Unmet("cannot write \(path)") }
    }
}

/// A listener with TLS.
///
/// - Parameters:
///   - names: Of the authority's certificates.
///   - more: Further keys of `tls`.
func secureListener(_ names: [String] = ["app"], _ more: String = "") throws -> String {
    let more = more.isEmpty ? "" : ", \(more)"
    return """
        listeners:
          public: { bind: "127.0.0.1:PORT", tls: { \(try Authority.pairs(names))\(more) } }
        """
}

/// Two routes: one that the gateway answers, and all others to an app.
func secureRoutes(to app: Origin) -> String {
    """
    upstreams: { app: { servers: ["\(app.address)"] } }
    routes:
      - { name: own, match: { path: /own }, respond: { status: 200, body: own } }
      - { name: app, match: { path: /* }, upstream: app }
    """
}
