import Bytes

/// `client_cert` of `access`: a certificate that meets any entry passes, as configured.
package struct CertificateList: Sendable, Equatable {
    /// SHA-256 of the DER, 32 bytes each.
    package var fingerprints: [[UInt8]]
    /// Distinguished names as RFC 4514 writes them, compared to the letter.
    package var subjects: [String]
    /// Of alternative names.
    package var names: [CertificateNamePattern]

    package init(
        fingerprints: [[UInt8]], subjects: [String], names: [CertificateNamePattern]
    ) {
        self.fingerprints = fingerprints
        self.subjects = subjects
        self.names = names
    }
}

/// What one of a certificate's alternative names has to be.
package enum CertificateNamePattern: Sendable, Hashable {
    /// In any case for DNS, to the letter for all others.
    case exact(AlternativeName)
    /// `*.example.com` as `.example.com`: a DNS name of one or more whole labels before it.
    case dnsSuffix(String)
}

/// A ``CertificateList`` made ready for questions.
struct CertificateSet: Sendable {
    private let fingerprints: Set<[UInt8]>
    private let subjects: Set<[UInt8]>
    private let names: Set<AlternativeName>
    /// In lower case, the dot first.
    private let suffixes: [[UInt8]]

    init(_ list: CertificateList) {
        fingerprints = Set(list.fingerprints)
        subjects = Set(list.subjects.map { CertificateText.subject(Array($0.utf8)) })
        var names: Set<AlternativeName> = []
        var suffixes: [[UInt8]] = []
        for pattern in list.names {
            switch pattern {
            case .exact(let name): names.insert(Self.folded(name))
            case .dnsSuffix(let suffix): suffixes.append(Array(suffix.lowercased().utf8))
            }
        }
        self.names = names
        self.suffixes = suffixes
    }

    /// Whether the certificate meets an entry of any of the lists.
    func contains(_ certificate: ClientCertificate) -> Bool {
        if fingerprints.contains(certificate.fingerprint) { return true }
        // A certificate without a subject, or with too long a one, is none of those named.
        if !certificate.subject.isEmpty, subjects.contains(certificate.subject) { return true }
        guard !names.isEmpty || !suffixes.isEmpty else { return false }
        return certificate.names.contains { holds(Self.folded($0)) }
    }

    private func holds(_ name: AlternativeName) -> Bool {
        if names.contains(name) { return true }
        guard case .dns(let text) = name else { return false }
        return suffixes.contains { suffix in
            // A label stands before the suffix, and a name has no empty one.
            text.count > suffix.count && text.suffix(suffix.count).elementsEqual(suffix)
                && text.first != UInt8(ascii: ".")
        }
    }

    /// DNS names do not differ by case (RFC 4343).
    private static func folded(_ name: AlternativeName) -> AlternativeName {
        guard case .dns(let text) = name else { return name }
        return .dns(text.map(ASCIIByte.lowered))
    }
}
