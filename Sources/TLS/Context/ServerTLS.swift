package import Bytes
import COpenSSL
package import Linux

/// What a listener serves TLS with; immutable and shared by all loops.
package final class ServerTLS: Sendable {
    /// Everything that a context is made of.
    package struct Settings: Sendable {
        /// At least one; the first serves those who name nobody, or somebody unknown.
        package var pairs: [CertificatePair]
        package var profile = Profile.intermediate
        /// Whether clients are refused that name nobody, or somebody unknown.
        package var isStrict = false
        /// Who vouches for clients; `nil` to ask for no certificates.
        package var clients: ClientSettings?
        /// `nil` for no tickets: every connection then has a whole handshake.
        package var tickets: TicketKeys?
        /// What tickets are good for: the listener.
        package var scope = ""

        package init(pairs: [CertificatePair]) { self.pairs = pairs }
    }

    /// Certificates of clients.
    package struct ClientSettings: Sendable {
        package var trust: TrustStore
        package var isRequired: Bool
        /// Certificates between a client's and a root, at most.
        package var depthMax: Int
        /// Tells one set of roots and rules from another, for tickets.
        package var digest: [UInt8]

        package init(trust: TrustStore, isRequired: Bool, depthMax: Int, digest: [UInt8]) {
            self.trust = trust
            self.isRequired = isRequired
            self.depthMax = depthMax
            self.digest = digest
        }
    }

    private let base: ContextHandle
    package let settings: Settings

    /// - Throws: What OpenSSL does not take; `.noCertificate` for no pair.
    package init(_ settings: Settings) throws(TLSProblem) {
        guard !settings.pairs.isEmpty else { throw .noCertificate }
        self.settings = settings
        base = try ContextHandle(.server)
        let table = NameTable(settings.pairs)
        var contexts: [[Int]: ContextHandle] = [table.usual: base]
        for group in table.groups where contexts[group] == nil {
            contexts[group] = try Self.make(group, settings, names: nil)
        }
        func choice(_ group: [Int]) -> HelloChoice.Choice {
            group == table.usual ? .none : contexts[group]
        }
        let names = HelloChoice(
            exact: table.exact.mapValues(choice), wildcards: table.wildcards.mapValues(choice),
            isStrict: settings.isStrict, scope: Self.scope(settings))
        try Self.fill(base, table.usual, settings, names: names)
    }

    private static func scope(_ settings: Settings) -> [UInt8] {
        let clients = settings.clients.map { [$0.isRequired ? 2 : 1] + $0.digest } ?? [0]
        return Array(settings.scope.utf8) + [0] + clients
    }

    private static func make(
        _ group: [Int], _ settings: Settings, names: HelloChoice?
    ) throws(TLSProblem) -> ContextHandle {
        let context = try ContextHandle(.server)
        try fill(context, group, settings, names: names)
        return context
    }

    private static func fill(
        _ context: ContextHandle, _ group: [Int], _ settings: Settings, names: HelloChoice?
    ) throws(TLSProblem) {
        try context.speak(settings.profile)
        for index in group { try settings.pairs[index].install(in: context) }
        let staple = group.lazy.map { settings.pairs[$0].staple }.first { !$0.isEmpty } ?? []
        try context.attach(
            ContextExtras(names: names, tickets: settings.tickets, staple: staple))
        if !staple.isEmpty { try Stapling.install(in: context) }
        if names != nil { HelloChoice.install(in: context) }
        ProtocolChoice.install(in: context)
        _ = unsafe apus_ssl_ctx_set_session_cache_mode(context.pointer, Int(SSL_SESS_CACHE_OFF))
        if settings.tickets != nil {
            try TicketCall.install(in: context)
            // One: each costs a fiftieth of a handshake, and most clients use none of them.
            try unsafe context.set { unsafe SSL_CTX_set_num_tickets($0, 1) }
        } else {
            try unsafe context.set { unsafe SSL_CTX_set_num_tickets($0, 0) }
            _ = unsafe SSL_CTX_set_options(context.pointer, apus_ssl_option_no_ticket())
        }
        if let clients = settings.clients { try ask(clients, in: context) }
    }

    private static func ask(
        _ clients: ClientSettings, in context: ContextHandle
    ) throws(TLSProblem) {
        try clients.trust.install(in: context, depthMax: clients.depthMax)
        try clients.trust.announce(in: context)
        let required = clients.isRequired ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0
        unsafe SSL_CTX_set_verify(context.pointer, SSL_VERIFY_PEER | required, nil)
    }

    /// Begins a connection that was accepted.
    ///
    /// - Parameter bytes: What was read from it already.
    /// - Returns: `nil` without memory.
    package func makeSession(on socket: Socket, having bytes: consuming Buffer) -> Session? {
        let session = unsafe Session(SSL_new(base.pointer), .server, on: socket, having: bytes)
        if session == nil { ERR_clear_error() }
        return session
    }
}

extension ContextHandle {
    private func speak(ciphers: String) throws(TLSProblem) {
        do throws(TLSProblem) {
            try unsafe set { unsafe SSL_CTX_set_cipher_list($0, ciphers) }
        } catch {
            throw .ciphersNotSpoken
        }
    }

    /// Sets versions, suites, groups and signatures.
    func speak(_ profile: Profile) throws(TLSProblem) {
        try unsafe set {
            unsafe apus_ssl_ctx_set_versions($0, profile.versionMin.code, profile.versionMax.code)
        }
        // Of a list OpenSSL leaves out what it does not know; a name by itself it refuses.
        for name in profile.ciphers.split(separator: ":") where name.first?.isLetter == true {
            try speak(ciphers: String(name))
        }
        try speak(ciphers: profile.ciphers)
        try unsafe set { unsafe SSL_CTX_set_ciphersuites($0, Profile.modernSuites) }
        try unsafe set { unsafe apus_ssl_ctx_set_groups($0, Profile.groups) }
        try unsafe set {
            unsafe apus_ssl_ctx_set_signature_algorithms($0, profile.signatureAlgorithms)
        }
    }
}

extension ProtocolVersion {
    fileprivate var code: CInt {
        switch self {
        case .tls12: TLS1_2_VERSION
        case .tls13: TLS1_3_VERSION
        }
    }
}

/// Which certificates stand for which names.
struct NameTable {
    /// Indices of pairs, at most one of each type of key, by name.
    private(set) var exact: [String: [Int]] = [:]
    /// Likewise, by what follows `*.`.
    private(set) var wildcards: [String: [Int]] = [:]
    /// For whoever names nobody.
    private(set) var usual: [Int] = [0]

    /// - Parameter pairs: At least one.
    init(_ pairs: [CertificatePair]) {
        func add(_ index: Int, to group: inout [Int]) {
            // The first of a type stands: the same rule as for the default.
            guard !group.contains(where: { pairs[$0].keyType == pairs[index].keyType }) else {
                return
            }
            group.append(index)
        }
        for (index, pair) in pairs.enumerated() {
            for name in pair.names {
                if name.hasPrefix("*.") {
                    add(index, to: &wildcards[String(name.dropFirst(2)), default: []])
                } else {
                    add(index, to: &exact[name, default: []])
                }
            }
            let isKin = pair.names.contains { pairs[0].names.contains($0) }
            if isKin { add(index, to: &usual) }
        }
    }

    var groups: [[Int]] { Array(exact.values) + Array(wildcards.values) }
}

/// OCSP responses sent with certificates (RFC 6066 §8).
enum Stapling {
    static func install(in context: ContextHandle) throws(TLSProblem) {
        try unsafe context.set {
            let result = unsafe apus_ssl_ctx_set_status_callback($0) { ssl, _ in
                unsafe Stapling.answer(ssl)
            }
            return CInt(clamping: result)
        }
    }

    private static func answer(_ ssl: OpaquePointer?) -> CInt {
        guard let ssl = unsafe ssl, let staple = unsafe ContextHandle.extras(of: ssl)?.staple,
            !staple.isEmpty
        else { return SSL_TLSEXT_ERR_NOACK }
        let copy = unsafe staple.withUnsafeBytes {
            unsafe apus_openssl_copy($0.baseAddress, $0.count)
        }
        guard let copy = unsafe copy else { return SSL_TLSEXT_ERR_NOACK }
        // The connection frees its copy, if it has taken it.
        guard unsafe apus_ssl_set_status_response(ssl, copy, staple.count) == 1 else {
            unsafe apus_openssl_free(copy)
            return SSL_TLSEXT_ERR_NOACK
        }
        return SSL_TLSEXT_ERR_OK
    }
}

/// What is spoken above TLS (ALPN, RFC 7301): HTTP/1.1.
enum ProtocolChoice {
    /// As clients and servers list it: its length, its name.
    static let http11: [UInt8] = [8] + Array("http/1.1".utf8)

    static func install(in context: ContextHandle) {
        unsafe SSL_CTX_set_alpn_select_cb(
            context.pointer,
            { _, chosen, chosenCount, offered, offeredCount, _ in
                guard let offered = unsafe offered,
                    let place = unsafe ProtocolChoice.find(
                        in: UnsafeBufferPointer(start: offered, count: Int(offeredCount)))
                else { return SSL_TLSEXT_ERR_ALERT_FATAL }
                unsafe chosen?.pointee = unsafe offered + place
                unsafe chosenCount?.pointee = ProtocolChoice.http11[0]
                return SSL_TLSEXT_ERR_OK
            }, nil)
    }

    /// Where the name stands in what a client offers.
    static func find(in offered: UnsafeBufferPointer<UInt8>) -> Int? {
        var place = 0
        while place < offered.count {
            let end = unsafe place + 1 + Int(offered[place])
            guard end <= offered.count else { return nil }
            if unsafe offered[place..<end].elementsEqual(http11) { return place + 1 }
            place = end
        }
        return nil
    }
}
