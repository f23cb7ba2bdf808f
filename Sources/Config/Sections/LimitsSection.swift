/// `limits`: what one client may cost.
///
/// The first line and the headers of a request are held in memory until the head is complete, which
/// is why they may be 56 KiB at most: a head and what is added to it fit one buffer of 68 KiB.
enum LimitsSection {
    static let requestLine = Key(
        "request_line", Kind.size(64...(16 << 10)), default: 8 << 10,
        "The first line of a request; a longer one is answered 414")
    static let headerBytes = Key(
        "header_bytes", Kind.size(1024...(40 << 10)), default: 32 << 10,
        "All header lines of a request together; more is answered 431")
    static let headerCount = Key(
        "header_count", Kind.integer(1...1000), default: 100,
        "Header lines of a request; more is answered 431")
    static let body = Key(
        "body", bodySize, default: 10 << 20, "A request body; a longer one is answered 413")
    static let connections = Key(
        "connections", Kind.integer(1...1_000_000), default: 10_000,
        "Client connections of the whole process; one too many is answered 503 and closed")

    static let heldBytes = Key(
        "webhooks_memory", Kind.size(1 << 20...1 << 40), default: 64 << 20,
        "Memory of the whole process for bodies that are looked at before the app gets them, those "
            + "of webhooks above all; beyond it requests are answered 503")

    /// `none` or up to a pebibyte.
    static let bodySize = Kind.size(1...(1 << 50), advice: "write none to have no limit").or("none")

    static let section = Section(
        "limits", "Bounds on what one client may cost; each is there unless it says none",
        keys: [
            requestLine.description, headerBytes.description, headerCount.description,
            body.description, connections.description, heldBytes.description,
        ])
    static let kind = Kind<Limits>.section(section, make: make)

    static func make(_ fields: Fields) -> Limits {
        var limits = Limits(
            requestLineBytesMax: Int(fields[requestLine]), headerBytesMax: Int(fields[headerBytes]),
            headerCountMax: fields[headerCount], bodyBytesMax: fields[body],
            connectionCountMax: fields[connections])
        limits.heldBytesMax = Int(fields[heldBytes])
        return limits
    }
}
