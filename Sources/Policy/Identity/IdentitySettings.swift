/// Whom a request comes from, and how that is told: what is configured of it for all routes.
package struct IdentitySettings: Sendable, Equatable {
    package var trustedProxies: TrustedProxies
    package var forwarded: ForwardedSettings
    package var trace: TraceMode

    package init(
        trustedProxies: TrustedProxies, forwarded: ForwardedSettings, trace: TraceMode
    ) {
        self.trustedProxies = trustedProxies
        self.forwarded = forwarded
        self.trace = trace
    }

    /// All but the proxies as it is without a key.
    package init(trustedProxies: TrustedProxies) {
        self.init(trustedProxies: trustedProxies, forwarded: .standard, trace: .continued)
    }
}

/// `forwarded`: in which fields proxies name the client.
package struct ForwardedSettings: Sendable, Equatable {
    /// Which fields trusted peers are believed in; the two are never mixed.
    package enum Family: String, CaseIterable, Sendable {
        /// `X-Forwarded-For`, `-Proto` and `-Host`.
        case xForwarded = "x_forwarded"
        /// `Forwarded` (RFC 7239).
        case forwarded
    }

    package var read: Family
    /// Whether the upstream gets `Forwarded` beside `X-Forwarded-*`.
    package var writes: Bool

    package init(read: Family, writes: Bool) {
        self.read = read
        self.writes = writes
    }

    package static let standard = ForwardedSettings(read: .xForwarded, writes: false)
}
