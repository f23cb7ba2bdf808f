import Bytes
import Dice
import HTTP
import Testing

@testable import Policy

@Suite struct ClientCertificateTests {
    private static func lines(_ certificate: ClientCertificate) -> [String] {
        String(decoding: certificate.lines, as: UTF8.self).split(separator: "\r\n").map(String.init)
    }

    @Test func `an app is told subject, names, fingerprint and end`() {
        let certificate = ClientCertificate.sample(
            names: [
                .dns("a.example"), .uri("spiffe://x/y"), .email("ada@a.example"),
                .address(address("2001:db8::1")),
            ])
        #expect(
            Self.lines(certificate) == [
                "X-Client-Cert-Subject: CN=ada,O=Example",
                "X-Client-Cert-SAN: DNS:a.example, URI:spiffe://x/y, email:ada@a.example, "
                    + "IP:2001:db8::1",
                "X-Client-Cert-Fingerprint: sha256:01" + String(repeating: "0", count: 62),
                "X-Client-Cert-Not-After: Tue, 01 Jan 2030 00:00:00 GMT",
            ])
    }

    @Test func `what a certificate does not have is left out`() {
        let lines = Self.lines(.sample(""))
        #expect(
            lines.map { $0.prefix { $0 != ":" } } == [
                "X-Client-Cert-Fingerprint", "X-Client-Cert-Not-After",
            ])
    }

    @Test(arguments: [
        ("CN=ada", "CN=ada"),
        ("CN=ada\r\nX-Admin: 1", "CN=ada\\0D\\0AX-Admin: 1"),
        ("CN=Zo\u{eb}", "CN=Zo\\C3\\AB"),
        ("CN=\u{0}\u{7f}", "CN=\\00\\7F"),
        ("CN=ada\\ ", "CN=ada\\20"),
        ("CN=ada\\\\ ", "CN=ada\\\\\\20"),
        (" CN=ada ", "\\20CN=ada\\20"),
        (" ", "\\20"),
        ("CN=a\\, b", "CN=a\\, b"),
    ])
    func `a subject is visible ASCII, and is the same when cleaned again`(
        text: String, cleaned: String
    ) {
        let once = CertificateText.subject(Array(text.utf8))
        #expect(String(decoding: once, as: UTF8.self) == cleaned)
        #expect(CertificateText.subject(once) == once)
    }

    @Test func `no name can pass for two`() {
        let certificate = ClientCertificate.sample(
            names: [.uri("spiffe://x,DNS:admin"), .dns("a, DNS:admin%2C\u{0}\r\n"), .uri("u:%41")])
        #expect(
            Self.lines(certificate)[1]
                == "X-Client-Cert-SAN: URI:spiffe://x%2CDNS:admin, "
                + "DNS:a%2C%20DNS:admin%252C%00%0D%0A, URI:u:%41")
    }

    @Test func `a subject that is too long is none, and names end with a whole one`() {
        let long = String(repeating: "x", count: ClientCertificate.valueBytesMax)
        let name = "n." + String(repeating: "y", count: 1000)
        let certificate = ClientCertificate.sample(
            "CN=\(long)", names: (0..<200).map { .dns("\($0).\(name)") })
        #expect(certificate.subject.isEmpty)
        #expect(certificate.names.count == ClientCertificate.nameCountMax)
        let lines = Self.lines(certificate)
        #expect(lines[0].hasPrefix("X-Client-Cert-SAN: DNS:0.n."))
        #expect(lines[0].hasSuffix("DNS:3.\(name)"))
        #expect(certificate.lines.count <= ClientCertificate.linesBytesMax)
    }

    @Test func `whatever a certificate holds, its lines are four fields at most`() {
        var dice = Dice(seed: 71)
        for _ in 0..<300 {
            let texts = (0..<4).map { _ in dice.bytes(countMax: 80) }
            let certificate = ClientCertificate(
                subject: texts[0], names: [.dns(texts[1]), .uri(texts[2]), .email(texts[3])],
                fingerprint: Array(repeating: 7, count: 32),
                notAfter: Int64(truncatingIfNeeded: dice.next()))
            let lines = certificate.lines
            #expect(lines.allSatisfy { (0x20..<0x7f).contains($0) || $0 == 0x0d || $0 == 0x0a })
            #expect(lines.filter { $0 == 0x0a }.count <= 4)
            #expect(lines.filter { $0 == 0x0d }.count == lines.filter { $0 == 0x0a }.count)
            for line in Self.lines(certificate) {
                #expect(line.hasPrefix("X-Client-Cert-") && !line.hasSuffix(" "))
            }
        }
    }
}
