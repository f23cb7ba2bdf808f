/// How TLS began on a client's connection, or why it did not: the `result` and `version` of
/// `apus_tls_handshakes_total`.
package enum HandshakeResult: UInt8, CaseIterable, Sendable {
    case full12, full13, resumed12, resumed13
    case garbled, refused, certificate, lost, timeout, plain, shed

    /// As metrics spell it.
    package var name: StaticString {
        switch self {
        case .full12, .full13: "full"
        case .resumed12, .resumed13: "resumed"
        case .garbled: "garbled"
        case .refused: "refused"
        case .certificate: "certificate"
        case .lost: "lost"
        case .timeout: "timeout"
        case .plain: "plain"
        case .shed: "shed"
        }
    }

    /// `-` where nothing was agreed upon.
    package var version: StaticString {
        switch self {
        case .full12, .resumed12: "1.2"
        case .full13, .resumed13: "1.3"
        case .garbled, .refused, .certificate, .lost, .timeout, .plain, .shed: "-"
        }
    }

    /// One sentence for operators; docs/metrics.md is made of these.
    package var meaning: StaticString {
        switch self {
        case .full12, .full13: "A whole handshake."
        case .resumed12, .resumed13: "A former session stood in for most of it."
        case .garbled: "No TLS, or nothing that both sides speak."
        case .refused:
            "The client ended it by an alert: most often it does not trust the certificate."
        case .certificate: "The client's certificate was missing or not accepted."
        case .lost: "The client went away."
        case .timeout: "It took longer than `handshake_timeout`."
        case .plain: "The client spoke HTTP without TLS."
        case .shed: "The oldest gave way to a newcomer, as too many were under way."
        }
    }
}
