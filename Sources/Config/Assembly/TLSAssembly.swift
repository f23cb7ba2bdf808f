import Policy

/// What listeners, routes and limits say of TLS, compared with each other.
struct TLSAssembly {
    let draft: Draft
    let report: Report

    func check() {
        checkRedirects()
        checkKeys()
        for route in draft.routes { checkAccess(of: route) }
    }

    private var listeners: [ListenerDraft] { draft.listeners.compactMap(\.value) }

    /// Where nobody here speaks HTTPS, and no proxy says that it does, clients are sent round and
    /// round; but TLS may end at another process of the same host.
    private func checkRedirects() {
        let trusted = draft.identity.trustedProxies
        guard !listeners.contains(where: { $0.hasTLS }), trusted.blocks.isEmpty, !trusted.trustsUnix
        else { return }
        for listener in draft.listeners {
            guard let value = listener.value, value.redirect != nil else { continue }
            report.warning(
                at: value.redirectPosition, path(of: listener).appending("redirect_https"),
                "sends clients to https, which no listener speaks",
                hint: "if a proxy ends TLS before this gateway, name it in trusted_proxies")
        }
    }

    /// A limit by a certificate that nobody is asked for.
    private func checkKeys() {
        guard !listeners.contains(where: \.asksForCertificates) else { return }
        for limit in draft.limits.rates {
            guard let settings = limit.value?.settings,
                settings.key.contains(.clientCertificate)
            else { continue }
            report.warning(
                at: limit.position,
                Path.root.appending("rate_limits").appending(limit.name).appending("key"),
                "is never there: no listener has tls.client_auth")
        }
    }

    /// A route for holders of certificates that nobody is asked for.
    private func checkAccess(of route: RouteDraft) {
        guard let access = route.gate.access, access.value.certificates != nil else { return }
        let path = access.path.appending("client_cert")
        if let name = route.match.listener?.value {
            // One that does not exist, or that cannot be read, was reported.
            guard let listener = draft.listeners.first(where: { $0.name == name })?.value,
                !listener.asksForCertificates
            else { return }
            report.error(
                at: access.position, path,
                "refuses everybody: listener \(name) has no tls.client_auth")
        } else if !draft.listeners.contains(where: { $0.value?.asksForCertificates ?? true }) {
            report.error(
                at: access.position, path, "refuses everybody: no listener has tls.client_auth")
        }
    }

    private func path(of listener: Named<ListenerDraft>) -> Path {
        Path.root.appending("listeners").appending(listener.name)
    }
}
