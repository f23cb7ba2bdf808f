/// What is told to whom, besides in the log.
package struct ReportingSettings: Sendable, Equatable {
    /// What operators change.
    package var audit: AuditSettings
    /// Who gets spans; `nil` if nobody does.
    package var otlp: OTLPSettings?
    /// Who gets error reports; `nil` if nobody does.
    package var sentry: SentryDSN?

    package init(audit: AuditSettings) { self.audit = audit }
}

/// `otlp`: who gets spans, and of which requests.
package struct OTLPSettings: Sendable, Equatable {
    package var endpoint: HTTPEndpoint
    /// How many of a million traces that begin here are recorded.
    package var ratioMillionths: UInt32

    package init(endpoint: HTTPEndpoint, ratioMillionths: UInt32) {
        self.endpoint = endpoint
        self.ratioMillionths = ratioMillionths
    }
}

/// A place that the gateway itself sends requests to.
package struct HTTPEndpoint: Sendable, Equatable {
    /// Where to connect.
    package var address: ServerAddress
    /// Whether by TLS.
    package var isSecure: Bool
    /// What `Host` says.
    package var authority: String
    /// The target of its requests; begins with a slash.
    package var path: String

    package init(
        address: ServerAddress, isSecure: Bool = false, authority: String, path: String
    ) {
        self.address = address
        self.isSecure = isSecure
        self.authority = authority
        self.path = path
    }
}

/// What `errors.sentry_dsn` says.
package struct SentryDSN: Sendable, Equatable {
    /// Where envelopes go.
    package var endpoint: HTTPEndpoint
    /// Who we are to it; a secret of sorts, as whoever has it can send reports.
    package var key: String

    package init(endpoint: HTTPEndpoint, key: String) {
        self.endpoint = endpoint
        self.key = key
    }
}
