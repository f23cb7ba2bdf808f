/// Has what speaks no TLS itself, a wire or an app of a test, do so by `Apps/tls_relay.py`.
enum SecureRelay {
    /// A port where a plain connection becomes one with TLS to a gateway.
    static func toward(_ apus: Apus) throws -> PythonApp {
        try PythonApp("tls_relay", "out", "\(apus.port)", Authority.path("ca.pem"))
    }

    /// A port where TLS is taken off for an app.
    static func before(_ app: Origin) throws -> PythonApp { try before(port: app.port) }

    /// The same for what listens on a port of this machine.
    static func before(port: UInt16) throws -> PythonApp {
        try PythonApp(
            "tls_relay", "in", "\(port)", Authority.path("app.pem"), Authority.path("app.key"))
    }
}
