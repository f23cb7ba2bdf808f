package import Policy

/// `tls` of a listener, checked as far as it can be without opening a file.
package struct ListenerTLS: Sendable, Equatable {
    /// At least one, no file twice; the first is for clients that name no server, or one unknown.
    package var certificates: [CertificateFiles]
    /// What is agreed on with a client.
    package var offer: TLSOffer
    /// Whether a client that names a server that no certificate is for gets the first, or none.
    package var sni: UnknownNameRule
    /// `nil` if sessions are not resumed.
    package var tickets: TicketSettings?
    /// `nil` if clients are asked for no certificate.
    package var clientAuthentication: ClientAuthentication?
    /// From the accept on; whoever takes longer is closed.
    package var handshakeTimeout: Duration

    package init(
        certificates: [CertificateFiles], offer: TLSOffer, sni: UnknownNameRule,
        tickets: TicketSettings?, clientAuthentication: ClientAuthentication?,
        handshakeTimeout: Duration
    ) {
        self.certificates = certificates
        self.offer = offer
        self.sni = sni
        self.tickets = tickets
        self.clientAuthentication = clientAuthentication
        self.handshakeTimeout = handshakeTimeout
    }
}

/// A certificate and its private key, as paths of files that were not opened yet.
package struct CertificateFiles: Sendable, Equatable {
    /// PEM: the certificate, then those that lead to a root.
    package var chain: String
    /// PEM; never the key itself.
    package var key: String
    /// Of an encrypted key.
    package var passphrase: Secret?
    /// DER of an OCSP response to staple.
    package var ocsp: String?

    package init(chain: String, key: String) {
        self.chain = chain
        self.key = key
    }
}

/// What of TLS a listener takes part in.
package struct TLSOffer: Sendable, Equatable {
    package var profile: TLSProfile
    /// 1.3 where the profile is `modern`.
    package var versionMin: TLSVersion
    /// A list of OpenSSL's for TLS 1.2, in place of the profile's; `nil` for that.
    ///
    /// Its syntax was checked, its names were not. There is none where there is no TLS 1.2.
    package var ciphers: String?

    package init(profile: TLSProfile, versionMin: TLSVersion, ciphers: String?) {
        self.profile = profile
        self.versionMin = versionMin
        self.ciphers = ciphers
    }
}

/// Mozilla's sets of recommendations for servers.
package enum TLSProfile: String, CaseIterable, Sendable {
    /// TLS 1.2 and 1.3, with forward secrecy and authenticated encryption alone.
    case intermediate
    /// TLS 1.3 alone.
    case modern
}

/// A version of TLS, as the file writes it.
package enum TLSVersion: String, CaseIterable, Sendable {
    case v12 = "1.2"
    case v13 = "1.3"
}

/// `sni`: what becomes of a server name that no certificate is for.
package enum UnknownNameRule: String, CaseIterable, Sendable {
    /// The first certificate; the client will most likely not want it.
    case standard = "default"
    /// No handshake.
    case strict
}

/// `tickets`: how sessions are resumed.
package struct TicketSettings: Sendable, Equatable {
    /// The keys of several gateways; `nil` for keys of this process alone.
    package var file: String?
    /// How long a key makes tickets; for as long again they are taken.
    package var rotation: Duration

    package init(file: String?, rotation: Duration) {
        self.file = file
        self.rotation = rotation
    }
}

/// `client_auth` and what belongs to it.
package struct ClientAuthentication: Sendable, Equatable {
    /// Whether a client without a certificate is let in; one with a bad certificate never is.
    package var isRequired: Bool
    /// PEM of those who sign clients' certificates.
    package var authorities: String
    /// Certificates between a client's and one of ``authorities``: 1 to 10.
    package var depthMax: Int
    /// PEM of what was revoked.
    package var revocations: String?

    package init(isRequired: Bool, authorities: String, depthMax: Int, revocations: String?) {
        self.isRequired = isRequired
        self.authorities = authorities
        self.depthMax = depthMax
        self.revocations = revocations
    }
}

/// `tls` of an upstream or of Redis: how servers are believed to be themselves.
package struct OutboundTLS: Sendable, Equatable {
    /// PEM of those who sign servers' certificates; `nil` for the system's.
    package var authorities: String?
    /// Asked for, and looked for in certificates; `nil` for the host of each server's address.
    package var serverName: PeerName?
    /// Whether certificates are looked at.
    package var isVerifying: Bool
    /// What servers are shown if they ask; `nil` for nothing.
    package var certificate: CertificateFiles?

    /// With nothing said: the system's authorities and the servers' own names.
    package init() { isVerifying = true }

    /// Whom a server at this address has to prove to be; `nil` for a path without a name.
    package func peerName(of address: ServerAddress) -> PeerName? {
        if let serverName { return serverName }
        switch address {
        case .ip(let address, _): return .address(address)
        case .name(let name, _):
            // The root's dot is none of a certificate's names, nor of those asked for.
            return .name(name.hasSuffix(".") ? String(name.dropLast()) : name)
        case .unix: return nil
        }
    }
}

/// Whom a certificate has to be for.
package enum PeerName: Sendable, Hashable {
    /// A DNS name in lower case, which is asked for (RFC 6066 §3) and looked for.
    case name(String)
    /// Looked for among the addresses of a certificate; not asked for, as names alone can be.
    case address(IPAddress)
}
