import Config
import Linux
import Policy
import TLS

/// What all speak TLS with, by seat; another one when a file has changed.
final class SecureContexts: Sendable {
    /// By listener; `nil` for plain HTTP.
    let listeners: [SecureListener?]
    /// By upstream; `nil` where servers speak plain HTTP.
    let upstreams: [SecureServers?]
    /// For Redis; `nil` without TLS.
    let store: SecureServers?

    init(listeners: [SecureListener?], upstreams: [SecureServers?], store: SecureServers?) {
        self.listeners = listeners
        self.upstreams = upstreams
        self.store = store
    }

    /// Where nothing speaks TLS.
    static let none = SecureContexts(listeners: [], upstreams: [], store: nil)
}

/// Servers that are spoken to by TLS.
final class SecureServers: Sendable {
    let context: ClientTLS
    let settings: OutboundTLS

    init(_ context: ClientTLS, _ settings: OutboundTLS) {
        self.context = context
        self.settings = settings
    }
}

/// A listener that speaks TLS.
final class SecureListener: Sendable {
    let context: ServerTLS
    let settings: ListenerTLS
    /// Nanoseconds from the accept on.
    let handshakeTimeout: UInt64
    /// Whether clients are asked for certificates, so that requests are held to what was shown.
    var asksClients: Bool { settings.clientAuthentication != nil }

    init(_ context: ServerTLS, _ settings: ListenerTLS) {
        self.context = context
        self.settings = settings
        handshakeTimeout = settings.handshakeTimeout.wholeNanoseconds
    }
}
