import Policy

/// `forwarded` and `trace`: in which fields proxies tell of the client and of the trace.
enum ForwardedSection {
    static let key = Key(
        "forwarded", kind, default: make(.absent(section)), section.summary)
    static let trace = Key(
        "trace", Kind<TraceMode>.cases(), default: .continued,
        "A request's traceparent: continue a valid one, or restart with a new trace every time")

    static let read = Key(
        "read", Kind<ForwardedSettings.Family>.cases(), default: .xForwarded,
        "The fields in which trusted proxies are believed: X-Forwarded-* or Forwarded, never both")
    static let write = Key(
        "write", Kind.toggle, default: false,
        "Whether upstreams get Forwarded too, beside X-Forwarded-*")

    static let section = Section(
        "forwarded", "How proxies before and behind this gateway tell who the client is",
        keys: [read.description, write.description])
    static let kind = Kind<ForwardedSettings>.section(section, make: make)

    static func make(_ fields: Fields) -> ForwardedSettings {
        ForwardedSettings(read: fields[read], writes: fields[write])
    }
}
