package import Config
import Linux
import Policy
import TLS

/// A file that a configuration names, and why it cannot be served with.
package struct ProvisioningProblem: Error, Equatable, Sendable {
    /// Where the file is named, such as `listeners.public.tls.certificates[0].key`.
    package let path: String
    package let file: String
    /// The end of a sentence about the file; it holds nothing of what is in there.
    package let reason: String
    /// Whose context could not be made of it.
    let owner: Owner

    /// Who speaks TLS, by seat.
    enum Owner: Hashable, Sendable {
        case listener(Int)
        case upstream(Int)
        case store
    }

    /// One line.
    package var text: String { "\(path): \(file) \(reason)" }
}

/// Reads the files of certificates and keys, and makes contexts of them.
package enum Provisioning {
    /// What keeps a configuration from being served.
    package static func problems(of snapshot: Snapshot) -> [ProvisioningProblem] {
        var files = ProvisioningFiles()
        _ = contexts(of: snapshot, after: nil, &files)
        return files.problems
    }

    /// Paths of all files that it names.
    static func files(of snapshot: Snapshot) -> Set<String> {
        var files: Set<String> = []
        for listener in snapshot.listeners { files.formUnion(listener.tls?.files ?? []) }
        for upstream in snapshot.upstreams { files.formUnion(upstream.tls?.files ?? []) }
        return files.union(snapshot.redis?.tls?.files ?? [])
    }

    /// Contexts of a seated configuration.
    ///
    /// - Parameters:
    ///   - former: Whose ticket keys live on; `nil` at the start.
    ///   - files: Notes what was read, and what is wrong.
    /// - Returns: Whatever could be made; what could not is as it was before, if it was.
    static func contexts(
        of snapshot: Snapshot, after former: SecureContexts?, _ files: inout ProvisioningFiles
    ) -> SecureContexts {
        let listeners = snapshot.listeners.enumerated().map { index, listener in
            let known = former?.listeners.element(index)
            return listener.tls.flatMap { settings in
                let isSame = known?.settings == settings
                if isSame, files.areAsBefore(settings.files, of: .listener(index)) { return known }
                let made = files.listener(settings, named: listener.name, after: known)
                return made ?? (isSame ? known : nil)
            }
        }
        let upstreams = snapshot.upstreams.enumerated().map { index, upstream in
            upstream.tls.flatMap { settings -> SecureServers? in
                files.owner = .upstream(index)
                return files.client(
                    settings, at: "upstreams.\(upstream.name).tls",
                    protocols: ClientTLS.http11, after: former?.upstreams.element(index))
            }
        }
        let store = snapshot.redis?.tls.flatMap { settings -> SecureServers? in
            files.owner = .store
            return files.client(settings, at: "redis.tls", protocols: [], after: former?.store)
        }
        return SecureContexts(listeners: listeners, upstreams: upstreams, store: store)
    }
}

/// Files read for contexts.
struct ProvisioningFiles {
    /// Those that have changed since the former contexts were made; `nil` for any.
    private let changed: Set<String>?
    private(set) var problems: [ProvisioningProblem] = []
    /// Who speaks by what is being read.
    fileprivate var owner = ProvisioningProblem.Owner.store
    /// Whose files are as they were: they were not read.
    private(set) var unread: Set<ProvisioningProblem.Owner> = []

    init(changed: Set<String>? = nil) { self.changed = changed }

    /// Whether contexts made of these files are still what they would be.
    mutating func areAsBefore(
        _ files: [String], of owner: ProvisioningProblem.Owner
    ) -> Bool {
        self.owner = owner
        guard let changed, changed.isDisjoint(with: files) else { return false }
        unread.insert(owner)
        return true
    }

    private static let bytesMax = 1 << 20

    // MARK: Listeners

    mutating func listener(
        _ settings: ListenerTLS, named name: String, after former: SecureListener?
    ) -> SecureListener? {
        let path = "listeners.\(name).tls"
        let problemCount = problems.count
        var pairs: [CertificatePair] = []
        for (index, files) in settings.certificates.enumerated() {
            if let pair = pair(files, at: "\(path).certificates[\(index)]") { pairs.append(pair) }
        }
        var context = ServerTLS.Settings(pairs: pairs)
        context.profile = Profile(settings.offer)
        context.isStrict = settings.sni == .strict
        context.scope = name
        if let settings = settings.clientAuthentication {
            context.clients = clients(settings, at: path)
        }
        if let settings = settings.tickets {
            context.tickets = tickets(settings, at: "\(path).tickets", former)
        }
        // All of them are looked at, so that one run tells all that is wrong.
        guard problems.count == problemCount else { return nil }
        do throws(TLSProblem) {
            return SecureListener(try ServerTLS(context), settings)
        } catch {
            let isOfCiphers = error == .ciphersNotSpoken
            note(
                isOfCiphers ? "\(path).ciphers" : path, settings.offer.ciphers ?? "-", error.reason)
            return nil
        }
    }

    private mutating func clients(
        _ settings: ClientAuthentication, at path: String
    ) -> ServerTLS.ClientSettings? {
        guard let roots = read(settings.authorities, at: "\(path).client_ca") else { return nil }
        var revocations: [UInt8]?
        if let file = settings.revocations {
            revocations = read(file, at: "\(path).client_crl")
            if revocations == nil { return nil }
        }
        do throws(TLSProblem) {
            return ServerTLS.ClientSettings(
                trust: try TrustStore(roots: roots, revocations: revocations),
                isRequired: settings.isRequired, depthMax: settings.depthMax,
                digest: [UInt8(clamping: settings.depthMax)] + roots + (revocations ?? []))
        } catch {
            let isOfList = error == .noRevocationList
            note(
                isOfList ? "\(path).client_crl" : "\(path).client_ca",
                isOfList ? settings.revocations ?? "-" : settings.authorities, error.reason)
            return nil
        }
    }

    private mutating func tickets(
        _ settings: TicketSettings, at path: String, _ former: SecureListener?
    ) -> TicketKeys? {
        guard let file = settings.file else {
            let isSame = former?.settings.tickets == settings
            let known = isSame ? former?.context.settings.tickets : nil
            return known ?? TicketKeys(rotation: settings.rotation)
        }
        guard var bytes = read(file, at: "\(path).file", isSecret: true) else { return nil }
        defer { SecretBytes.forget(&bytes) }
        do throws(TLSProblem) {
            return try TicketKeys(file: bytes)
        } catch {
            note("\(path).file", file, error.reason)
            return nil
        }
    }

    // MARK: Servers

    mutating func client(
        _ settings: OutboundTLS, at path: String, protocols: [UInt8], after former: SecureServers?
    ) -> SecureServers? {
        // Another's trust is never this one's.
        let known = former?.settings == settings ? former : nil
        if known != nil, areAsBefore(settings.files, of: owner) { return known }
        guard let context = client(settings, at: path, protocols) else { return known }
        return SecureServers(context, settings)
    }

    private mutating func client(
        _ settings: OutboundTLS, at path: String, _ protocols: [UInt8]
    ) -> ClientTLS? {
        var context = ClientTLS.Settings(trust: nil)
        context.protocols = protocols
        if settings.isVerifying {
            guard let trust = trust(settings.authorities, at: "\(path).ca") else { return nil }
            context.trust = trust
        }
        if let files = settings.certificate {
            guard let pair = pair(files, at: path, of: "client_") else { return nil }
            context.pair = pair
        }
        do throws(TLSProblem) {
            return try ClientTLS(context)
        } catch {
            note(path, "-", error.reason)
            return nil
        }
    }

    private mutating func trust(_ file: String?, at path: String) -> TrustStore? {
        do throws(TLSProblem) {
            guard let file else { return try TrustStore(ofSystem: ()) }
            guard let roots = read(file, at: path) else { return nil }
            return try TrustStore(roots: roots)
        } catch {
            note(path, file ?? "the system's authorities", error.reason)
            return nil
        }
    }

    // MARK: Files

    /// - Parameter prefix: Of the keys `cert` and `key`.
    private mutating func pair(
        _ files: CertificateFiles, at path: String, of prefix: String = ""
    ) -> CertificatePair? {
        let chain = read(files.chain, at: "\(path).\(prefix)cert")
        let key = read(files.key, at: "\(path).\(prefix)key", isSecret: true)
        var staple: [UInt8] = []
        if let file = files.ocsp {
            guard let bytes = read(file, at: "\(path).ocsp") else { return nil }
            staple = bytes
        }
        guard let chain, var key else { return nil }
        defer { SecretBytes.forget(&key) }
        do throws(TLSProblem) {
            return try CertificatePair(
                certificates: chain, key: key,
                passphrase: files.passphrase?.bytes, staple: staple)
        } catch {
            switch error {
            case .noCertificate: note("\(path).\(prefix)cert", files.chain, error.reason)
            case .noOCSPResponse: note("\(path).ocsp", files.ocsp ?? "-", error.reason)
            default: note("\(path).\(prefix)key", files.key, error.reason)
            }
            return nil
        }
    }

    private mutating func read(
        _ file: String, at path: String, isSecret: Bool = false
    ) -> [UInt8]? {
        do throws(FileContents.Failure) {
            let contents = try FileContents(of: file, bytesMax: Self.bytesMax)
            guard !isSecret || !contents.isOpenToOthers else {
                note(path, file, "can be read by other users; take that from them (chmod o-r)")
                return nil
            }
            return contents.take()
        } catch {
            note(path, file, error.reason)
            return nil
        }
    }

    private mutating func note(_ path: String, _ file: String, _ reason: String) {
        problems.append(ProvisioningProblem(path: path, file: file, reason: reason, owner: owner))
    }
}

extension Array {
    fileprivate func element<Wrapped>(_ index: Int) -> Wrapped? where Element == Wrapped? {
        indices.contains(index) ? self[index] : nil
    }
}

extension ListenerTLS {
    /// Paths of all files that it names.
    fileprivate var files: [String] {
        certificates.flatMap(\.files)
            + [
                tickets?.file, clientAuthentication?.authorities,
                clientAuthentication?.revocations,
            ].compactMap(\.self)
    }
}

extension CertificateFiles {
    fileprivate var files: [String] { [chain, key] + [ocsp].compactMap(\.self) }
}

extension OutboundTLS {
    fileprivate var files: [String] {
        [authorities].compactMap(\.self) + (certificate?.files ?? [])
    }
}

extension Profile {
    init(_ offer: TLSOffer) {
        self = offer.profile == .modern ? .modern : .intermediate
        if offer.versionMin == .v13 { versionMin = .tls13 }
        if let ciphers = offer.ciphers { self.ciphers = ciphers }
    }
}

extension TLSProblem {
    /// The end of a sentence about a file.
    var reason: String {
        switch self {
        case .library(let error): "cannot be used: \(error.reason)"
        case .noCertificate: "holds no certificate in PEM"
        case .notTrusted: "is vouched for by no authority that is known"
        case .noKey: "holds no private key in PEM"
        case .keyLocked: "is encrypted, and the passphrase is missing or not its own"
        case .keyMismatched: "is the key of another certificate"
        case .keyNotSpoken:
            "is a key of no kind that is spoken: RSA of 2048 to 8192 bits, P-256, P-384, Ed25519"
        case .ciphersNotSpoken: "names no cipher suite that this OpenSSL has"
        case .ticketKeysMalformed: "holds something else than lines of 80 bytes in Base64"
        case .noOCSPResponse: "holds no successful OCSP response in DER"
        case .noRevocationList: "holds no revocation list in PEM"
        }
    }
}
