import Testing

@testable import Linux

/// Two ends of a connection over loopback.
struct Pair {
    let client: Socket
    let server: Socket

    /// - Parameter address: With port 0, so that the kernel picks one.
    init(over address: SocketAddress = .ipv4(0x7F00_0001, port: 0)) throws {
        let listener = try ListeningSocket(on: address, sharing: .alone, backlog: 8)
        defer { listener.close() }
        (client, server) = try Self.connect(to: listener, address)
    }

    /// Connects to a listener and accepts what came.
    static func connect(
        to listener: ListeningSocket, _ address: SocketAddress
    ) throws -> (Socket, Socket) {
        let port = listener.boundPort() ?? 0
        let target: SocketAddress
        switch address {
        case .ipv4(let bits, _): target = .ipv4(bits, port: port)
        case .ipv6(let high, let low, _, let scope):
            target = .ipv6(high, low, port: port, scope: scope)
        case .unix: target = address
        }
        let client = try Socket.connect(to: target).socket
        try Wait.until(.readable, on: listener.number)
        let accepted = try #require(try listener.accept())
        return (client, accepted.socket)
    }

    func close() {
        client.close()
        server.close()
    }
}

/// Waits for the kernel, as long as it takes.
enum Wait {
    static func until(_ readiness: Readiness, on number: Int32) throws {
        let poller = try Poller()
        var reports = Reports(capacity: 1)
        try poller.watch(number, for: .stream, as: 1)
        while true {
            poller.wait(milliseconds: nil, into: &reports)
            if reports.count > 0 {
                let found = reports[0].readiness
                if !found.isDisjoint(with: readiness) { return }
            }
        }
    }
}
