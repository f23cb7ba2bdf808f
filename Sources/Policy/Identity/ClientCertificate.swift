import Bytes
import HTTP

/// A certificate that a client has proved to be its own in a TLS handshake: what policies compare,
/// and what the app is told of it.
///
/// A class, made once for a connection: a request pays a reference, and none where there is no
/// certificate. Whoever makes one has verified the certificate; here its texts are those of whoever
/// signed it, who is trusted with names, but not with what a header may hold.
package final class ClientCertificate: Sendable, Equatable {
    /// As the app is told: cleaned by ``CertificateText/subject(_:)``; empty without one.
    let subject: [UInt8]
    /// As the certificate has them; the first ``nameCountMax``.
    let names: [AlternativeName]
    /// SHA-256 of the certificate's DER: 32 bytes.
    package let fingerprint: [UInt8]
    /// Header fields for the app, line ends included.
    package let lines: [UInt8]

    /// Names of a certificate that are looked at; no client has nearly as many.
    package static let nameCountMax = 128
    /// Of a value in a header: a longer subject is none at all, as a part of it could be another
    /// client's; of names as many are told as fit.
    package static let valueBytesMax = 4096
    /// ``lines`` are never longer.
    package static let linesBytesMax = 2 * valueBytesMax + 256

    /// - Parameters:
    ///   - subject: The distinguished name as RFC 4514 writes it; bytes that no header may hold are
    ///     escaped here.
    ///   - names: The subject's alternative names, in the order of the certificate.
    ///   - fingerprint: SHA-256 of the DER, 32 bytes.
    ///   - notAfter: Seconds since 1970.
    package init(
        subject: [UInt8], names: [AlternativeName], fingerprint: [UInt8], notAfter: Int64
    ) {
        precondition(fingerprint.count == 32, "a fingerprint is a SHA-256")
        let cleaned = CertificateText.subject(subject)
        self.subject = cleaned.count <= Self.valueBytesMax ? cleaned : []
        self.names = Array(names.prefix(Self.nameCountMax))
        self.fingerprint = fingerprint
        lines = Self.lines(self.subject, self.names, fingerprint, notAfter)
    }

    package static func == (one: ClientCertificate, other: ClientCertificate) -> Bool {
        one.fingerprint == other.fingerprint
    }

    /// The fields for the app; one without a value is left out.
    private static func lines(
        _ subject: [UInt8], _ names: [AlternativeName], _ fingerprint: [UInt8], _ notAfter: Int64
    ) -> [UInt8] {
        var lines = Buffer(capacity: linesBytesMax)
        if !subject.isEmpty {
            lines.append("X-Client-Cert-Subject: ")
            lines.append(subject)
            lines.append("\r\n")
        }
        let list = list(of: names)
        if !list.isEmpty {
            lines.append("X-Client-Cert-SAN: ")
            lines.append(list)
            lines.append("\r\n")
        }
        lines.append("X-Client-Cert-Fingerprint: ")
        lines.append(CertificateText.fingerprint(fingerprint))
        lines.append("\r\nX-Client-Cert-Not-After: ")
        HTTPDate.append(secondsSinceEpoch: notAfter, to: &lines)
        lines.append("\r\n")
        return lines.copy()
    }

    /// Whole names with commas between them, as many as fit a value.
    private static func list(of names: [AlternativeName]) -> [UInt8] {
        var list: [UInt8] = []
        for name in names {
            let text = CertificateText.name(name)
            let separator: [UInt8] = list.isEmpty ? [] : Array(", ".utf8)
            guard list.count + separator.count + text.count <= valueBytesMax else { break }
            list += separator + text
        }
        return list
    }
}

/// One of a certificate's alternative names (RFC 5280 §4.2.1.6), of the kinds that clients have.
package enum AlternativeName: Sendable, Hashable {
    case dns([UInt8])
    case uri([UInt8])
    case email([UInt8])
    case address(IPAddress)
}

/// What a certificate says, written so that it is one value of one header field whatever it is.
package enum CertificateText {
    /// A distinguished name in visible ASCII: all other bytes become `\XX` (RFC 4514 §2.4).
    ///
    /// So does a space at either end, which readers of header fields drop. A text that is clean
    /// stays as it is: what an operator copies from a header is the same name again.
    package static func subject(_ text: [UInt8]) -> [UInt8] {
        var text = text[...]
        var end: [UInt8] = []
        if text.last == space {
            text.removeLast()
            let backslashes = text.reversed().prefix { $0 == backslash }.count
            // The space was escaped by a backslash, which the escape is to replace as well.
            if backslashes % 2 == 1 { text.removeLast() }
            end = escaped(space, after: backslash)
        }
        var cleaned: [UInt8] = []
        if text.first == space {
            text.removeFirst()
            cleaned = escaped(space, after: backslash)
        }
        for byte in text {
            if byte >= space, byte < 0x7f {
                cleaned.append(byte)
            } else {
                cleaned += escaped(byte, after: backslash)
            }
        }
        return cleaned + end
    }

    /// `sha256:` and 64 digits.
    static func fingerprint(_ digest: [UInt8]) -> [UInt8] {
        Array("sha256:".utf8) + digest.flatMap { [lowerDigit($0 >> 4), lowerDigit($0 & 15)] }
    }

    /// `DNS:example.com` and the like; what could be taken for another name, or for the end of one,
    /// becomes `%XX`.
    static func name(_ name: AlternativeName) -> [UInt8] {
        switch name {
        case .dns(let text): Array("DNS:".utf8) + text.flatMap { plain($0, keepsPercent: false) }
        case .uri(let text): Array("URI:".utf8) + text.flatMap { plain($0, keepsPercent: true) }
        case .email(let text):
            Array("email:".utf8) + text.flatMap { plain($0, keepsPercent: false) }
        case .address(let address): Array("IP:\(address)".utf8)
        }
    }

    /// - Parameter keepsPercent: In a URI it begins an escape already.
    private static func plain(_ byte: UInt8, keepsPercent: Bool) -> [UInt8] {
        switch byte {
        case UInt8(ascii: ","), UInt8(ascii: "\""), backslash: escaped(byte, after: percent)
        case percent: keepsPercent ? [byte] : escaped(byte, after: percent)
        case 0x21...0x7e: [byte]
        default: escaped(byte, after: percent)
        }
    }

    private static func escaped(_ byte: UInt8, after mark: UInt8) -> [UInt8] {
        [mark, upperDigit(byte >> 4), upperDigit(byte & 15)]
    }

    private static func upperDigit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? 0x30 + nibble : 0x37 + nibble
    }

    private static func lowerDigit(_ nibble: UInt8) -> UInt8 {
        nibble < 10 ? 0x30 + nibble : 0x57 + nibble
    }

    private static let space = UInt8(ascii: " ")
    private static let backslash = UInt8(ascii: "\\")
    private static let percent = UInt8(ascii: "%")
}
