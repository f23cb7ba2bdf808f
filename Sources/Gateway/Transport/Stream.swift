package import Linux

/// A connection's bytes: its socket, and the TLS session on top of that, if there is one.
///
/// A plain value; the session is the transport's.
package struct Stream: Equatable, Sendable {
    package let socket: Socket
    /// Slot of the session in the transport.
    let session: UInt32

    /// Without TLS.
    package init(_ socket: Socket) {
        self.socket = socket
        session = .max
    }

    /// - Parameter session: A slot that is occupied until the stream is closed.
    init(_ socket: Socket, session: UInt32) {
        self.socket = socket
        self.session = session
    }

    /// Whether there is TLS on it.
    package var isSecure: Bool { session != .max }
}
