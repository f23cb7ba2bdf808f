import Bytes
import HTTP

/// What a connection's TLS handshake settled that its requests are held to.
///
/// A connection has one only where its listener asks clients for certificates: without one a
/// request pays a comparison with `nil`.
package final class ClientHandshake: Sendable, Equatable {
    /// Verified; `nil` if the client showed none, where that is optional.
    package let certificate: ClientCertificate?
    /// The server name that the client asked for, in lower case without a dot at its end; `nil` if
    /// it named none.
    private let serverName: [UInt8]?

    /// - Parameter serverName: As the client sent it (RFC 6066 §3); `nil` without one.
    package init(certificate: ClientCertificate?, serverName: [UInt8]?) {
        self.certificate = certificate
        self.serverName = serverName.map { name in
            (name.last == UInt8(ascii: ".") ? name.dropLast() : name[...]).map(ASCIIByte.lowered)
        }
    }

    package static func == (one: ClientHandshake, other: ClientHandshake) -> Bool {
        one.certificate == other.certificate && one.serverName == other.serverName
    }

    /// Whether a request asks for the host that its connection was made for.
    ///
    /// One that names another would have what was settled for the one name count for the other.
    ///
    /// - Parameter authority: Host and port of the request, in `bytes`.
    func isFor(_ authority: ByteRange, in bytes: borrowing Span<UInt8>) -> Bool {
        guard let serverName else { return true }
        let host = RequestHost.range(of: authority, in: bytes)
        return bytes.holdsFolded(serverName.span, at: host)
    }
}
