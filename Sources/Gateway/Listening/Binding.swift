import Config
import Linux
import Policy

/// A listening address that could not be had.
package struct BindProblem: Error, Sendable {
    /// The listener's name, or `admin`.
    package let listener: String
    package let address: String
    package let reason: String
}

/// Turns configured addresses into listening sockets.
enum Binding {
    private static var backlog: Int32 { 4096 }

    /// Listens on an address, once for each loop.
    ///
    /// - Parameters:
    ///   - name: For the problem's text.
    ///   - count: How many sockets; each loop gets its own, so that the kernel spreads connections.
    /// - Throws: With no socket left open.
    static func listen(
        on bind: BindAddress, as name: String, count: Int
    ) throws(BindProblem) -> [ListeningSocket] {
        var sockets: [ListeningSocket] = []
        do throws(Errno) {
            switch bind {
            case .ip(let address, let port):
                try listen(on: SocketAddress(address, port: port), count, &sockets)
            case .unix(let path):
                try removeStale(path)
                sockets.append(
                    try ListeningSocket(on: .unix(path: path), sharing: .alone, backlog: backlog))
                try duplicate(&sockets, until: count)
            case .passed(let passedName):
                sockets.append(try PassedSockets.take(passedName))
                try duplicate(&sockets, until: count)
            }
        } catch {
            for socket in sockets { socket.close() }
            throw BindProblem(listener: name, address: bind.text, reason: reason(error, bind))
        }
        return sockets
    }

    /// What the kernel said, in words that fit the kind of address.
    private static func reason(_ error: Errno, _ bind: BindAddress) -> String {
        switch bind {
        case .unix where error == .notFound: "its folder does not exist"
        case .unix(let path) where error == .addressInUse && !SocketFile.exists(path):
            "there is a file that is no socket"
        case .passed where error == .notFound: "systemd passed no socket of this name"
        case .ip, .unix, .passed: error.text
        }
    }

    private static func listen(
        on address: SocketAddress, _ count: Int, _ sockets: inout [ListeningSocket]
    ) throws(Errno) {
        // With SO_REUSEPORT alone a second gateway would quietly take half of the connections: a
        // bind without it tells whether somebody has the address.
        let probe = try ListeningSocket(on: address, sharing: .alone, backlog: 1)
        let port = probe.boundPort() ?? 0
        probe.close()
        for _ in 0..<count {
            sockets.append(
                try ListeningSocket(
                    on: address.withPort(port), sharing: .oneEachLoop, backlog: backlog))
        }
    }

    private static func duplicate(
        _ sockets: inout [ListeningSocket], until count: Int
    ) throws(Errno) {
        while sockets.count < count { sockets.append(try sockets[0].duplicate()) }
    }

    /// Removes a socket file that a process left behind, if nobody listens there any more.
    private static func removeStale(_ path: String) throws(Errno) {
        do throws(Errno) {
            let (socket, _) = try Socket.connect(to: .unix(path: path))
            socket.close()
        } catch .connectionRefused {
            // So it is of a file that is no socket; bind says that the address is taken.
            if SocketFile.exists(path) { SocketFile.remove(path) }
            return
        } catch .notFound {
            return
        } catch {
            // Not a socket, or not ours to look at: bind says what is wrong.
            return
        }
        throw .addressInUse
    }
}

extension SocketAddress {
    func withPort(_ port: UInt16) -> SocketAddress {
        switch self {
        case .ipv4(let address, _): .ipv4(address, port: port)
        case .ipv6(let high, let low, _, let scope): .ipv6(high, low, port: port, scope: scope)
        case .unix: self
        }
    }
}

extension BindAddress {
    /// As an operator writes it.
    var text: String {
        switch self {
        case .ip(let address, let port):
            address.family == .v6 ? "[\(address)]:\(port)" : "\(address):\(port)"
        case .unix(let path): "unix:\(path)"
        case .passed(let name): "fd:\(name)"
        }
    }
}
