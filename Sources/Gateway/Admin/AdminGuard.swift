import Config
import Crypto
import Policy

/// Who may ask what of the admin listener.
///
/// Whoever reaches the address may read. What changes something is asked with the token, and never
/// by another site's page; and no name that is not ours leads here, or a page could have its own
/// name lead to this address and read what we answer (DNS rebinding).
struct AdminGuard: Sendable {
    private let token: [UInt8]?
    private let hosts: Set<String>
    /// Whether the listener is on all addresses, so that any of them may be asked for: no page can
    /// give an address to another site.
    private let takesAddresses: Bool
    private let address: IPAddress?

    init(_ settings: AdminSettings) {
        token = settings.token?.bytes
        hosts = Set(settings.hosts)
        switch settings.bind {
        case .ip(let address, _):
            self.address = address
            takesAddresses = address.high == 0 && address.low == 0
        case .unix, .passed:
            address = nil
            takesAddresses = false
        }
    }

    /// Why a request is refused.
    enum Refusal: Equatable {
        case foreignHost
        case crossSite
        /// Nobody changes anything, as no token is configured.
        case readOnly
        case noToken
        case wrongToken
    }

    /// Whether a request is meant for this listener.
    func checkHost(of request: AdminRequest) -> Refusal? {
        // Of HTTP/1.0 alone, which no browser speaks.
        if request.authority.isEmpty { return nil }
        let host = Self.host(of: request.authority)
        if let address = IPAddress(host) {
            let isOurs = address.isLoopback || address == self.address || takesAddresses
            return isOurs || hosts.contains(host) ? nil : .foreignHost
        }
        if host == "localhost" || host.hasSuffix(".localhost") { return nil }
        return hosts.contains(host) ? nil : .foreignHost
    }

    /// Whether a request that changes something comes from who may.
    func checkChange(by request: AdminRequest) -> Refusal? {
        if isCrossSite(request) { return .crossSite }
        guard let token else { return .readOnly }
        let credentials = request.values(of: "authorization")
        guard credentials.count == 1 else { return credentials.isEmpty ? .noToken : .wrongToken }
        guard credentials[0].lowercased().hasPrefix("bearer ") else { return .wrongToken }
        let shown = Array(credentials[0].utf8.dropFirst(7).drop { $0 == 0x20 })
        return ConstantTime.areEqual(shown.span, token.span) ? nil : .wrongToken
    }

    /// Whether a page of another origin is behind a request; other ports of this host are others.
    private func isCrossSite(_ request: AdminRequest) -> Bool {
        let sites = request.values(of: "sec-fetch-site").map { $0.lowercased() }
        if sites.contains(where: { $0 != "same-origin" && $0 != "none" }) { return true }
        return request.values(of: "origin").contains { origin in
            let origin = origin.lowercased()
            return origin != "http://\(request.authority)"
                && origin != "https://\(request.authority)"
        }
    }

    /// Without its port and brackets, and without the root's dot.
    static func host(of authority: String) -> String {
        if authority.hasPrefix("[") {
            return String(authority.dropFirst().prefix { $0 != "]" })
        }
        let host = authority.prefix { $0 != ":" }
        return String(host.hasSuffix(".") ? host.dropLast() : host)
    }
}
