import Policy

/// `client_cert` of a route's `access`: whose certificates let pass.
enum ClientCertificateSection {
    static let fingerprints = Key(
        "fingerprints", Kind.list(fingerprint, count: 0...1000), default: [],
        "SHA-256 of certificates: sha256: and 64 digits")
    static let subjects = Key(
        "subjects", Kind.list(subject, count: 0...1000), default: [],
        "Distinguished names as X-Client-Cert-Subject has them, such as \"CN=ada,O=Example\"")
    static let names = Key(
        "sans", Kind.list(name, count: 0...1000), default: [],
        "Alternative names: DNS:NAME, DNS:*.NAME for all below it, URI:…, email:… or IP:…")

    static let section = Section(
        "routes[].access.client_cert", "Whose certificates let pass: any of these is enough",
        keys: [fingerprints.description, subjects.description, names.description])
    static let kind = Kind<CertificateList>.section(section) { fields in
        let list = CertificateList(
            fingerprints: fields[fingerprints], subjects: fields[subjects], names: fields[names])
        // What is there and cannot be read was reported.
        let isWritten = ["fingerprints", "subjects", "sans"].contains { fields.has($0) }
        if !isWritten {
            fields.place.error(
                at: fields.position,
                "lets nobody pass: it needs one of fingerprints, subjects, sans")
        }
        return list
    }

    private static let fingerprint = Kind<[UInt8]>(
        .text(expected: "sha256: and 64 hexadecimal digits", pattern: "sha256:[0-9A-Fa-f:]+"),
        format: { _ in nil },
        parse: { text throws(Objection) in
            // OpenSSL prints pairs of digits with colons between them.
            let digits = text.dropFirst(7).filter { $0 != ":" }
            return try KeyText.digest(
                String(text.prefix(7)) + digits,
                advice: "openssl x509 -in FILE -noout -fingerprint -sha256 tells the digits")
        })

    private static let subject = Kind<String>.text("a distinguished name") {
        text throws(Objection) in
        guard text.contains("="), text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
            throw Objection("is not a distinguished name", advice: "as in CN=ada,O=Example")
        }
        guard text.utf8.count <= ClientCertificate.valueBytesMax else {
            throw Objection("is longer than \(ClientCertificate.valueBytesMax) bytes")
        }
    }

    private static let name = Kind<CertificateNamePattern>(
        .text(expected: "a name such as DNS:app.internal", pattern: "[A-Za-z]+:.+"),
        format: { _ in nil }, parse: CertificateNameText.pattern)
}
