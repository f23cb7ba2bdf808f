/// The named sets of security headers.
package enum SecurityPreset: String, CaseIterable, Sendable {
    case recommended, api, strict, none

    /// The headers of the preset, in the order in which they are sent.
    package var headers: [SecurityHeader] {
        switch self {
        case .none: []
        case .recommended:
            Self.common + [
                SecurityHeader("Strict-Transport-Security", Self.hstsYear, .secure),
                SecurityHeader("Referrer-Policy", "strict-origin-when-cross-origin"),
                SecurityHeader("Cross-Origin-Resource-Policy", "same-site"),
                SecurityHeader(
                    "Content-Security-Policy-Report-Only", Self.contentPolicy, .unlessAppHasPolicy),
            ]
        case .api:
            Self.common + [
                SecurityHeader("Strict-Transport-Security", Self.hstsYear, .secure),
                SecurityHeader("Referrer-Policy", "no-referrer"),
                SecurityHeader("Cross-Origin-Resource-Policy", "same-origin"),
                SecurityHeader(
                    "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'",
                    .unlessAppHasPolicy),
                SecurityHeader("Cache-Control", "no-store", .unlessAppHasCaching),
            ]
        case .strict:
            Self.common + [
                SecurityHeader("Strict-Transport-Security", Self.hstsTwoYears, .secure),
                SecurityHeader("Referrer-Policy", "no-referrer"),
                SecurityHeader("Cross-Origin-Resource-Policy", "same-origin"),
                SecurityHeader("Cross-Origin-Embedder-Policy", "require-corp"),
                SecurityHeader("Content-Security-Policy", Self.contentPolicy, .unlessAppHasPolicy),
            ]
        }
    }

    /// The same in every preset.
    private static let common = [
        SecurityHeader("X-Frame-Options", "DENY"),
        SecurityHeader("X-Content-Type-Options", "nosniff"),
        SecurityHeader("Cross-Origin-Opener-Policy", "same-origin"),
        SecurityHeader("X-Permitted-Cross-Domain-Policies", "none"),
        SecurityHeader("X-DNS-Prefetch-Control", "off"),
        SecurityHeader("X-XSS-Protection", "0"),
        SecurityHeader("Permissions-Policy", permissions),
    ]

    private static let hstsYear = "max-age=31536000; includeSubDomains"
    private static let hstsTwoYears = "max-age=63072000; includeSubDomains"

    /// As the OWASP Secure Headers Project proposes (`headers_add.json` of 2026-07-19).
    private static let contentPolicy = [
        "default-src 'self'", "form-action 'self'", "base-uri 'self'", "object-src 'none'",
        "frame-ancestors 'none'", "upgrade-insecure-requests",
    ].joined(separator: "; ")

    /// As the OWASP Secure Headers Project proposes (`headers_add.json` of 2026-07-19): every
    /// feature off but synchronous requests to the own origin.
    private static let permissions =
        ([
            "accelerometer", "autoplay", "camera", "cross-origin-isolated", "display-capture",
            "encrypted-media", "fullscreen", "geolocation", "gyroscope", "keyboard-map",
            "magnetometer", "microphone", "midi", "payment", "picture-in-picture",
            "publickey-credentials-get", "screen-wake-lock",
        ].map { $0 + "=()" } + ["sync-xhr=(self)"]
        + [
            "usb", "web-share", "xr-spatial-tracking", "clipboard-read", "clipboard-write",
            "gamepad", "hid", "idle-detection", "interest-cohort", "serial", "unload",
        ].map { $0 + "=()" }).joined(separator: ", ")
}

/// One header of a preset, and when it is sent.
package struct SecurityHeader: Sendable, Equatable {
    /// A token, spelt as it is sent.
    package let name: String
    /// ASCII without CR and LF.
    package let value: String
    /// When the app's own word, or the scheme, keeps it from being sent.
    package let condition: Condition

    /// When a header is sent.
    package enum Condition: Sendable, Equatable {
        case always
        /// Over HTTPS only.
        case secure
        /// Where the app's response has no content security policy of either kind.
        case unlessAppHasPolicy
        /// Where the app's response has no `Cache-Control`.
        case unlessAppHasCaching
    }

    init(_ name: String, _ value: String, _ condition: Condition = .always) {
        self.name = name
        self.value = value
        self.condition = condition
    }
}
