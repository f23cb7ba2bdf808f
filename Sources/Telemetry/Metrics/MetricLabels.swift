/// What became of a command for Redis.
package enum StoreResult: UInt8, CaseIterable, Sendable {
    case ok, error, timeout, refusedByBreaker

    /// The `result` label.
    package var name: StaticString {
        switch self {
        case .ok: "ok"
        case .error: "error"
        case .timeout: "timeout"
        case .refusedByBreaker: "refused_by_breaker"
        }
    }
}

/// What a CORS policy made of a request.
package enum CORSResult: UInt8, CaseIterable, Sendable {
    /// A preflight was granted.
    case preflight
    case allowed
    /// A preflight, or the origin of a request, whether or not the request went on.
    case refused

    package var name: StaticString {
        switch self {
        case .preflight: "preflight"
        case .allowed: "allowed"
        case .refused: "refused"
        }
    }
}

/// What a rate limit made of a request.
package enum LimitDecision: UInt8, CaseIterable, Sendable {
    case admitted, refused
    /// The limit would have refused it if it did more than tell.
    case shadowRefused

    package var name: StaticString {
        switch self {
        case .admitted: "admitted"
        case .refused: "refused"
        case .shadowRefused: "shadow_refused"
        }
    }
}

/// What verifying made of a delivery to a webhook.
package enum WebhookResult: UInt8, CaseIterable, Sendable {
    case verified
    /// There is no signature, or not all that goes with one.
    case missing
    case malformed
    case badSignature
    /// Signed too long ago, or in the future.
    case stale
    /// The app has answered the same event 2xx before.
    case replayed
    case tooLarge
    /// Verified, and answered by the gateway.
    case handshake

    /// The `result` label.
    package var name: StaticString {
        switch self {
        case .verified: "verified"
        case .missing: "missing"
        case .malformed: "malformed"
        case .badSignature: "bad_signature"
        case .stale: "stale"
        case .replayed: "replayed"
        case .tooLarge: "too_large"
        case .handshake: "handshake"
        }
    }
}

/// Whose bucket a rate limit looked at.
package enum LimitStore: UInt8, CaseIterable, Sendable {
    case redis, local

    package var name: StaticString {
        switch self {
        case .redis: "redis"
        case .local: "local"
        }
    }
}

/// Where a connection to an upstream stands.
package enum UpstreamConnectionState: UInt8, CaseIterable, Sendable {
    /// Not there yet, or no more.
    case none
    case active, idle

    /// The `state` label; `none` is never printed.
    package var name: StaticString {
        switch self {
        case .none: "none"
        case .active: "active"
        case .idle: "idle"
        }
    }
}
