/// One entry of `cors`: which pages of other origins may read a route's responses, as configured.
package struct CORSRules: Sendable, Equatable {
    /// As routes, metrics and logs call it.
    package var name: String
    package var origins: [AllowedOrigin]
    /// Case-sensitive.
    ///
    /// `*` stands for all; GET, HEAD and POST need no listing.
    package var methods: [String]
    /// Whatever their case.
    ///
    /// `*` stands for all but `Authorization`.
    package var headers: [String]
    /// Response fields that scripts may read besides ``CORSPolicy/exposedByDefault``.
    package var exposed: [String]
    package var allowsCredentials: Bool
    /// Seconds for which a browser may keep the answer to a preflight.
    package var maxAge: UInt32
    /// Whether requests from foreign origins are refused rather than forwarded.
    package var enforcesOrigin: Bool

    package init(
        name: String, origins: [AllowedOrigin], methods: [String], headers: [String],
        exposed: [String], allowsCredentials: Bool, maxAge: UInt32, enforcesOrigin: Bool
    ) {
        self.name = name
        self.origins = origins
        self.methods = methods
        self.headers = headers
        self.exposed = exposed
        self.allowsCredentials = allowsCredentials
        self.maxAge = maxAge
        self.enforcesOrigin = enforcesOrigin
    }
}

/// One entry of a policy's `origins`, in the spelling of browsers (Fetch §3.2, HTML's serialisation
/// of an origin): lower case, no default port.
package enum AllowedOrigin: Sendable, Hashable {
    /// `*`: every origin; never with credentials.
    case any
    /// The literal `null`: sandboxed frames, files, and some redirects.
    case null
    /// Scheme, host and port.
    case exact(String)
    /// `https://*.example.com:8443` as `https` and `.example.com:8443`: one or more whole labels
    /// before the suffix.
    case below(scheme: String, suffix: String)
}
