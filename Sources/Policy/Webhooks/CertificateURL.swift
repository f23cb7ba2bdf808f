/// Where a provider says that its certificate is: a URL by https, on a host of its own.
///
/// The word is a stranger's until the certificate was verified, so that the form is narrow: a plain
/// path, no user, no port, no query.
package struct CertificateURL: Sendable, Hashable {
    /// In lower case.
    package let host: String
    /// Begins with a slash.
    package let path: String
    /// The provider's, as ``CertificatePlace/hostSuffix`` has it.
    package let domain: String
    /// All of it, as it was written.
    let bytes: [UInt8]

    /// As it was written.
    package var text: String { String(decoding: bytes, as: UTF8.self) }

    /// - Parameter hostSuffix: Of all hosts that may be asked, such as `.paypal.com`.
    init?(_ text: borrowing Span<UInt8>, hostSuffix: String) {
        guard text.count <= Self.bytesMax else { return nil }
        var bytes: [UInt8] = []
        for index in text.indices { bytes.append(text[index]) }
        guard bytes.starts(with: Self.scheme) else { return nil }
        let rest = bytes.dropFirst(Self.scheme.count)
        guard let slash = rest.firstIndex(of: UInt8(ascii: "/")) else { return nil }
        let host = rest[..<slash]
        let path = rest[slash...]
        guard host.allSatisfy(Self.isOfHost), path.allSatisfy(Self.isOfPath) else { return nil }
        let labels = host.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        let hyphen = UInt8(ascii: "-")
        let areLabels = labels.allSatisfy { label in
            (1...63).contains(label.count) && label.first != hyphen && label.last != hyphen
        }
        self.host = String(decoding: host, as: UTF8.self)
        self.path = String(decoding: path, as: UTF8.self)
        self.bytes = bytes
        domain = hostSuffix
        guard areLabels, self.host.hasSuffix(hostSuffix) else { return nil }
        // One place has one spelling.
        let segments = self.path.dropFirst().split(separator: "/", omittingEmptySubsequences: false)
        guard !segments.contains(where: { ["", ".", ".."].contains($0) }) else { return nil }
    }

    /// Whether this is how it is written.
    func isWritten(_ text: borrowing Span<UInt8>) -> Bool {
        guard text.count == bytes.count else { return false }
        for index in text.indices where text[index] != bytes[index] { return false }
        return true
    }

    private static let scheme = Array("https://".utf8)
    private static let bytesMax = 256

    private static func isOfHost(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x61...0x7a, 0x30...0x39, 0x2d, 0x2e: true  // a-z 0-9 - .
        default: false
        }
    }

    private static func isOfPath(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x41...0x5a, 0x61...0x7a, 0x30...0x39, 0x2d, 0x2e, 0x2f, 0x5f, 0x7e: true
        default: false
        }
    }
}
