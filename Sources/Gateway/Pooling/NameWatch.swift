import Config
import Linux
import Reactor
import Synchronization

/// Looks up the servers that are given by name, and again every 30 s, on a thread of its own: a
/// resolver that hangs holds up nobody.
final class NameWatch: Sendable {
    private struct Server: Sendable {
        /// Who wants to know.
        enum Owner: Sendable {
            case upstream(Int, server: Int)
            case store(server: Int)
        }

        let owner: Owner
        let name: String
        let port: UInt16

        func news(_ addresses: [SocketAddress]) -> WorkerMessage {
            switch owner {
            case .upstream(let upstream, let server):
                .resolved(upstream: upstream, server: server, addresses: addresses)
            case .store(let server): .storeResolved(server: server, addresses: addresses)
            }
        }
    }

    private let servers: [Server]
    private let mailboxes: [Mailbox<WorkerMessage>]
    private let hasLookedOnce: Wakeup

    private static let period: Int32 = 30_000

    init(_ snapshot: Snapshot, mailboxes: [Mailbox<WorkerMessage>]) throws(Errno) {
        var servers: [Server] = []
        for (upstream, settings) in snapshot.upstreams.enumerated() {
            for (index, server) in settings.servers.enumerated() {
                guard case .name(let name, let port) = server.address else { continue }
                servers.append(
                    Server(owner: .upstream(upstream, server: index), name: name, port: port))
            }
        }
        for (index, server) in (snapshot.redis?.topology.servers ?? []).enumerated() {
            guard case .name(let name, let port) = server else { continue }
            servers.append(Server(owner: .store(server: index), name: name, port: port))
        }
        self.servers = servers
        self.mailboxes = mailboxes
        hasLookedOnce = try Wakeup()
    }

    /// Starts the thread, if there is anything to look up.
    ///
    /// - Parameter patience: How long to wait for the first look; requests before it would find no
    ///   address.
    func start(patience: Duration) throws(Errno) {
        guard !servers.isEmpty else { return }
        _ = try Thread(name: "apus-names") { [self] in
            while true {
                lookUpAll()
                hasLookedOnce.signal()
                Thread.pause(milliseconds: Self.period)
            }
        }
        hasLookedOnce.wait(milliseconds: Int32(patience.wholeNanoseconds / 1_000_000))
    }

    private func lookUpAll() {
        for server in servers {
            let addresses = NameResolver.addresses(of: server.name, port: server.port)
            // A name that nobody answers for now keeps the addresses that it had.
            guard !addresses.isEmpty else { continue }
            for mailbox in mailboxes {
                mailbox.post(server.news(addresses))
            }
        }
    }
}
