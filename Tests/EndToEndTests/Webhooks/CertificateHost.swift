import Foundation

/// `Apps/certificates.py` in the place of PayPal's hosts, for gateways with ``environment``.
final class CertificateHost {
    /// What a gateway is started with that finds it.
    let environment: [String: String]
    private let folder: String
    private let port: UInt16
    private var process: ChildProcess?

    /// - Parameter signer: The path of the key whose certificate it gives out as `good`.
    init(signer: String) throws {
        folder = try ChildProcess.newFolder()
        port = try Ports.free()
        let library = "\(folder)/elsewhere.so"
        let (code, output) = try ChildProcess.run([
            "cc", "-shared", "-fPIC", "-o", library, "\(Tree.tests)/Apps/elsewhere.c",
        ])
        guard code == 0 else { throw Unmet("elsewhere.c: \(output)") }
        environment = [
            "LD_PRELOAD": library, "APUS_ELSEWHERE": "\(port)",
            "SSL_CERT_FILE": try Authority.path("ca.pem"),
        ]
        let serving = try Authority.issue(
            forKey: Authority.path("app-rsa.key"), name: "api.paypal.com", by: "sub")
        try put(serving, as: "serving.pem")
        let name = "messageverificationcerts.paypal.com"
        try put(Authority.issue(forKey: signer, name: name, by: "sub"), as: "good")
        let other = Authority.issue
        try put(other(signer, "messages.example", "sub"), as: "of-somebody-else")
        try put(other(signer, name, "stranger"), as: "of-a-stranger")
        try put(String(Authority.text("late.pem")), as: "expired")
        try put("hello", as: "text")
        try start()
    }

    deinit {
        process = nil
        try? FileManager.default.removeItem(atPath: folder)
    }

    /// Has it give out a text.
    func put(_ text: String, as name: String) throws {
        try text.write(toFile: "\(folder)/\(name)", atomically: true, encoding: .utf8)
    }

    /// Has it answer everything with a status; `nil` for what it usually does.
    func answer(with status: Int?) throws {
        if let status { return try put("\(status)", as: "status") }
        try FileManager.default.removeItem(atPath: "\(folder)/status")
    }

    func start() throws {
        let process = try ChildProcess([
            "python3", "\(Tree.tests)/Apps/certificates.py", "\(port)", "\(folder)/serving.pem",
            Authority.path("app-rsa.key"), folder,
        ])
        self.process = process
        try eventually("certificates.py serves") { !process.output().isEmpty }
    }

    /// Has nobody listen any more.
    func stop() { process = nil }

    /// What was asked for since it was started, a line each.
    var requests: [String] {
        (process?.output() ?? "").split(separator: "\n").dropFirst().map(String.init)
    }
}
