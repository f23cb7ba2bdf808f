import Policy

/// `timeouts`: how long each party may take.
///
/// What bounds a client cannot be switched off; what bounds an app can.
enum TimeoutsSection {
    static let header = Key(
        "header", Kind.timeout, default: .seconds(10),
        "A whole request head, counted from its first byte; then 408")
    static let bodyRate = Key(
        "body_min_rate", Kind.size(1...(1 << 30), advice: orNone).or("none"), default: 240,
        "Bytes a second that a request body must reach after its first 10 s; else 408")
    static let idle = Key(
        "idle", Kind.timeout, default: .seconds(75), "Between two requests of a connection")
    static let send = Key(
        "send", Kind.timeout, default: .seconds(30),
        "While a client takes nothing of what it is sent; then it is let go")
    static let connect = Key(
        "connect", Kind.timeout, default: .seconds(2), "Until a server accepts a connection")
    static let response = Key(
        "response", endless, default: .seconds(30),
        "Until the whole head of a server's response; then 504")
    static let stream = Key(
        "stream", endless, default: .seconds(300), "Between two reads of a response's body")
    static let tunnelIdle = Key(
        "tunnel_idle", endless, default: .seconds(3600),
        "While nothing passes through an upgraded connection such as a WebSocket")

    /// A timeout that may be switched off.
    static let endless = Kind.duration(.milliseconds(1)...yearLong, advice: orNone).or("none")
    private static let orNone = "write none to have no limit"

    static let section = Section(
        "timeouts", "How long each party may take",
        keys: [
            header.description, bodyRate.description, idle.description, send.description,
            connect.description, response.description, stream.description, tunnelIdle.description,
        ])
    static let kind = Kind<Timeouts>.section(section, make: make)

    static func make(_ fields: Fields) -> Timeouts {
        Timeouts(
            header: fields[header], bodyRateMin: fields[bodyRate], idle: fields[idle],
            send: fields[send],
            route: RouteTimeouts(
                connect: fields[connect], response: fields[response], stream: fields[stream],
                tunnelIdle: fields[tunnelIdle]))
    }
}
