/// Configurations of the simulated worlds.
enum Settings {
    /// One app with one server; a route that is answered here.
    static let plain = text()

    /// - Parameters:
    ///   - servers: As in the file.
    ///   - extra: Further sections.
    static func text(
        servers: String = "\"10.0.0.1:3000\"", keepalive: String = "{ max: 4, idle: 30s }",
        connections: Int = 40, timeouts: String = "", extra: String = ""
    ) -> String {
        """
        environment: development
        listeners:
          public: { bind: "127.0.0.1:8080" }
        limits: { connections: \(connections), body: 1MiB }
        timeouts:
          header: 10s
          idle: 75s
          send: 30s
          connect: 2s
          response: 30s
          stream: 60s
          tunnel_idle: 100s
          \(timeouts)
        log: { level: debug }
        security_headers: none
        upstreams:
          app: { servers: [\(servers)], keepalive: \(keepalive) }
        routes:
          - { name: here, match: { path: /here }, respond: { status: 200, body: "here" } }
          - { name: app, match: { path: /* }, upstream: app }
        \(extra)
        """
    }
}
