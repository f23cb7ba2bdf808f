import Policy

/// `otlp`: who gets spans, and of which requests.
enum OTLPSection {
    static let endpoint = Key(
        required: "endpoint", endpointKind, example: "\"http://127.0.0.1:4318\"",
        "Where spans go by OTLP over HTTP: a URL, to which /v1/traces is added unless it ends so")
    static let ratio = Key(
        "ratio", Kind.share, default: 1_000_000,
        "The share of traces that are recorded, of those on which no trusted peer has decided")

    static let section = Section(
        "otlp", "Traces: spans of requests, for an OpenTelemetry collector",
        keys: [endpoint.description, ratio.description])
    static let kind = Kind<OTLPSettings>.section(section, make: make)

    static func make(_ fields: Fields) -> OTLPSettings? {
        let ratio = fields[ratio]
        return fields[endpoint].map { OTLPSettings(endpoint: $0, ratioMillionths: ratio) }
    }

    /// Nobody is shown what may be a password that was put there by mistake.
    private static let endpointKind = Kind<HTTPEndpoint>.discreet(
        .text(expected: "a URL such as http://127.0.0.1:4318", pattern: nil),
        isShown: { !$0.contains("@") }, parse: EndpointText.otlp)
}
