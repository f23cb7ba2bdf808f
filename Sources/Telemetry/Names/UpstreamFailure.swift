/// Why an upstream failed an exchange: the `reason` of `apus_upstream_errors_total` and of log
/// lines.
package enum UpstreamFailure: UInt8, CaseIterable, Sendable {
    case refused, unreachable, connectTimeout, resolve, reset, timeout, invalid, closedEarly, tls

    /// As logs and metrics spell it.
    package var name: StaticString {
        switch self {
        case .refused: "refused"
        case .unreachable: "unreachable"
        case .connectTimeout: "connect_timeout"
        case .resolve: "resolve"
        case .reset: "reset"
        case .timeout: "timeout"
        case .invalid: "invalid"
        case .closedEarly: "closed_early"
        case .tls: "tls"
        }
    }

    /// One sentence for operators; docs/metrics.md is made of these.
    package var meaning: StaticString {
        switch self {
        case .refused: "The server refused the connection."
        case .unreachable: "The network or the socket file could not be reached."
        case .connectTimeout: "The connection was not made within `timeouts.connect`."
        case .resolve: "The server's name has no address."
        case .reset: "The connection was reset."
        case .timeout: "The response did not come, or stalled, within its timeout."
        case .invalid: "The response was malformed."
        case .closedEarly: "The connection was closed before the response was complete."
        case .tls: "TLS with the server failed, or its certificate is not what it must be."
        }
    }
}
