import COpenSSL

/// Names that a certificate is for.
enum CertificateNames {
    /// DNS names of the subjectAltName in lower case (RFC 5280 §4.2.1.6); the common name if there
    /// are none; `nil` if they cannot be read.
    static func of(_ certificate: OpaquePointer) -> [String]? {
        let names = unsafe alternatives(certificate) { kind, text in kind == .dns ? text : nil }
        guard let names else { return nil }
        guard names.isEmpty, let common = unsafe commonName(certificate) else {
            return names.map { $0.lowercased() }
        }
        return [common.lowercased()]
    }

    enum Kind { case dns, email, uri, address }

    /// What a body makes of each alternative name that is text, or an address.
    ///
    /// Names with a NUL or other bytes that are no printable ASCII are left out: what one reader
    /// takes for the end of a name another does not.
    ///
    /// - Returns: `nil` if they are there, and cannot be read.
    static func alternatives(
        _ certificate: OpaquePointer, _ body: (Kind, String) -> String?
    ) -> [String]? {
        var state: CInt = 0
        guard
            let names = unsafe X509_get_ext_d2i(
                certificate, NID_subject_alt_name, &state, nil)
        else {
            guard state == absent else { return nil }
            ERR_clear_error()
            return []
        }
        defer { ERR_clear_error() }
        let stack = OpaquePointer(names)
        defer { unsafe GENERAL_NAMES_free(stack) }
        var found: [String] = []
        for index in 0..<max(0, unsafe OPENSSL_sk_num(stack)) {
            guard let value = unsafe OPENSSL_sk_value(stack, index) else { continue }
            let name = unsafe value.assumingMemoryBound(to: GENERAL_NAME.self)
            guard let (kind, text) = unsafe read(name) else { continue }
            if let text = body(kind, text) { found.append(text) }
        }
        return found
    }

    /// As X509_get_ext_d2i(3) says it.
    private static let absent: CInt = -1

    private static func read(_ name: UnsafePointer<GENERAL_NAME>) -> (Kind, String)? {
        var type: CInt = 0
        guard let value = unsafe GENERAL_NAME_get0_value(name, &type) else { return nil }
        let string = unsafe value.assumingMemoryBound(to: ASN1_STRING.self)
        switch type {
        case GEN_DNS: return unsafe text(string).map { (.dns, $0) }
        case GEN_EMAIL: return unsafe text(string).map { (.email, $0) }
        case GEN_URI: return unsafe text(string).map { (.uri, $0) }
        case GEN_IPADD: return unsafe bytes(string).flatMap(address).map { (.address, $0) }
        default: return nil
        }
    }

    /// Four bytes or sixteen, as text.
    private static func address(_ bytes: [UInt8]) -> String? {
        switch bytes.count {
        case 4: bytes.map { String($0) }.joined(separator: ".")
        case 16:
            stride(from: 0, to: 16, by: 2).map {
                String(UInt16(bytes[$0]) << 8 | UInt16(bytes[$0 + 1]), radix: 16)
            }.joined(separator: ":")
        default: nil
        }
    }

    private static func commonName(_ certificate: OpaquePointer) -> String? {
        guard let subject = unsafe X509_get_subject_name(certificate) else { return nil }
        let index = unsafe X509_NAME_get_index_by_NID(subject, NID_commonName, -1)
        guard index >= 0, let entry = unsafe X509_NAME_get_entry(subject, index),
            let string = unsafe X509_NAME_ENTRY_get_data(entry)
        else { return nil }
        return unsafe text(string)
    }

    private static func bytes(_ string: UnsafePointer<ASN1_STRING>) -> [UInt8]? {
        guard let start = unsafe ASN1_STRING_get0_data(string) else { return nil }
        let count = unsafe ASN1_STRING_length(string)
        return unsafe [UInt8](UnsafeBufferPointer(start: start, count: Int(max(0, count))))
    }

    private static func text(_ string: UnsafePointer<ASN1_STRING>) -> String? {
        guard let bytes = unsafe bytes(string), !bytes.isEmpty,
            bytes.allSatisfy({ (0x21...0x7E).contains($0) })
        else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}
