import Config
import HTTP
import Linux
import TLS

/// A request that the gateway itself sends.
struct OutboundRequest: Sendable {
    var method: Method
    var endpoint: HTTPEndpoint
    /// Where to connect; `nil` as the names of the configuration say.
    var addresses: [SocketAddress]?
    /// Besides `Host`, `Content-Length`, `Connection` and `User-Agent`.
    var fields: [(name: StaticString, value: String)] = []
    /// None if it is empty.
    var body: [UInt8] = []
    /// For all of it: looking up nothing, connecting, sending, and the whole response.
    var deadline: MonotonicInstant
    /// A response's body may be so long; a longer one is an error.
    var responseBytesMax = 64 << 10

    init(_ method: Method, _ endpoint: HTTPEndpoint, by deadline: MonotonicInstant) {
        self.method = method
        self.endpoint = endpoint
        self.deadline = deadline
    }
}

/// What came of one.
struct OutboundResponse: Sendable {
    let status: UInt16
    /// Names in lower case, in the order of arrival.
    let fields: [(name: String, value: String)]
    let body: [UInt8]

    /// The first field of a name in lower case.
    func first(_ name: String) -> String? { fields.first { $0.name == name }?.value }
}

/// Why there is no response.
enum OutboundError: Error, Equatable {
    /// The name has no address, as far as is known by now.
    case unresolved
    case notConnected(Errno)
    /// TLS came to nothing: the server is not who it should be, or speaks something else.
    case notSecure(HandshakeFailure)
    /// The connection broke.
    case lost(Errno)
    /// It ended before the response did.
    case closedEarly
    case timedOut
    case malformed(WireError)
    case tooLong

    /// As logs spell it.
    var name: StaticString {
        switch self {
        case .unresolved: "unresolved"
        case .notConnected(.connectionRefused): "refused"
        case .notConnected: "unreachable"
        case .notSecure: "tls"
        case .lost: "reset"
        case .closedEarly: "closed_early"
        case .timedOut: "timeout"
        case .malformed: "invalid"
        case .tooLong: "too_long"
        }
    }
}
