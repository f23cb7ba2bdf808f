/// `server`: what holds for the process.
enum ServerSection {
    static let workers = Key(
        "workers", Kind.integer(1...1024).or("auto"), default: nil,
        "Event loops, one thread each; auto is one for each CPU that the process may use")
    static let drainTimeout = Key(
        "drain_timeout", Kind.timeout, default: .seconds(30),
        "How long requests and tunnels may still take once the process was told to end")

    static let section = Section(
        "server", "What holds for the process",
        keys: [workers.description, drainTimeout.description])
    static let kind = Kind<ServerSettings>.section(section, make: make)

    /// The settings, defaults included.
    static func make(_ fields: Fields) -> ServerSettings {
        ServerSettings(workers: fields[workers], drainTimeout: fields[drainTimeout])
    }
}
