import COpenSSL

/// Chooses a certificate by the name that a client asks for (RFC 6066 §3).
///
/// It is asked before OpenSSL looks at tickets: a ticket is good for the name alone under which it
/// was given.
final class HelloChoice: Sendable {
    /// `nil` is the context that the connection began with.
    typealias Choice = ContextHandle?

    private let exact: [String: Choice]
    /// By what follows `*.`, which stands for one label.
    private let wildcards: [String: Choice]
    /// Whether names that no certificate is for are refused.
    private let isStrict: Bool
    /// What tickets are good for besides the name.
    private let scope: [UInt8]

    init(
        exact: [String: Choice], wildcards: [String: Choice], isStrict: Bool, scope: [UInt8]
    ) {
        self.exact = exact
        self.wildcards = wildcards
        self.isStrict = isStrict
        self.scope = scope
    }

    static func install(in context: ContextHandle) {
        unsafe SSL_CTX_set_client_hello_cb(
            context.pointer,
            { ssl, alert, _ in
                guard let ssl = unsafe ssl, let alert = unsafe alert,
                    let choice = unsafe ContextHandle.extras(of: ssl)?.names
                else { return SSL_CLIENT_HELLO_ERROR }
                guard let fault = unsafe choice.choose(for: ssl) else {
                    return SSL_CLIENT_HELLO_SUCCESS
                }
                unsafe alert.pointee = fault
                return SSL_CLIENT_HELLO_ERROR
            }, nil)
    }

    /// - Returns: The alert to refuse the client with; `nil` if it is served.
    private func choose(for ssl: OpaquePointer) -> CInt? {
        var bytes: UnsafePointer<UInt8>?
        var count = 0
        var name: [UInt8] = []
        let type = UInt32(TLSEXT_TYPE_server_name)
        if unsafe SSL_client_hello_get0_ext(ssl, type, &bytes, &count) == 1 {
            let list = unsafe UnsafeBufferPointer(start: bytes, count: count)
            guard let read = unsafe Self.name(in: list) else { return SSL_AD_DECODE_ERROR }
            name = read
        }
        if let line = unsafe LineMethod.line(of: ssl) { unsafe line.pointee.serverName = name }
        switch find(String(decoding: name, as: UTF8.self)) {
        case nil: if isStrict { return SSL_AD_UNRECOGNIZED_NAME }
        case .some(nil): break
        case .some(.some(let context)):
            guard unsafe SSL_set_SSL_CTX(ssl, context.pointer) != nil else {
                return SSL_AD_INTERNAL_ERROR
            }
        }
        return unsafe setScope(of: ssl, name) ? nil : SSL_AD_INTERNAL_ERROR
    }

    private func find(_ name: String) -> Choice? {
        if let choice = exact[name] { return choice }
        guard let dot = name.firstIndex(of: "."), dot != name.startIndex else { return nil }
        return wildcards[String(name[name.index(after: dot)...])]
    }

    /// The one host name of a list (RFC 6066 §3: a vector of a type and a vector each), in lower
    /// case; `nil` if that is not what it holds.
    static func name(in list: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        guard list.count >= 5, unsafe list[2] == UInt8(TLSEXT_NAMETYPE_host_name) else {
            return nil
        }
        let listCount = unsafe Int(list[0]) << 8 | Int(list[1])
        let nameCount = unsafe Int(list[3]) << 8 | Int(list[4])
        guard listCount == list.count - 2, nameCount == list.count - 5,
            (1...255).contains(nameCount)
        else { return nil }
        var name: [UInt8] = []
        name.reserveCapacity(nameCount)
        for index in 5..<list.count {
            let byte = unsafe list[index]
            guard (0x21...0x7E).contains(byte) else { return nil }
            name.append((0x41...0x5A).contains(byte) ? byte | 0x20 : byte)
        }
        return name
    }

    /// Has tickets of this connection be good for its scope and name alone.
    private func setScope(of ssl: OpaquePointer, _ name: [UInt8]) -> Bool {
        let text = scope + [0] + name
        var digest = [UInt8](repeating: 0, count: Int(SHA256_DIGEST_LENGTH))
        let isDone = unsafe digest.withUnsafeMutableBufferPointer { digest in
            unsafe text.withUnsafeBufferPointer {
                unsafe SHA256($0.baseAddress, $0.count, digest.baseAddress) != nil
            }
        }
        // Without it tickets would be good for any name.
        return unsafe isDone
            && digest.withUnsafeBufferPointer {
                unsafe SSL_set_session_id_context(ssl, $0.baseAddress, UInt32($0.count))
            } == 1
    }
}
