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
            /// This gateway itself, which asks for ``addresses(of:)``.
            case control
        }

        let owner: Owner
        let name: String
        let port: UInt16

        /// What loops are told; `nil` if it is not theirs.
        func news(_ addresses: [SocketAddress]) -> WorkerMessage? {
            switch owner {
            case .upstream(let upstream, let server):
                .resolved(
                    ResolvedServer(
                        upstream: upstream, server: server, name: .name(name, port: port),
                        addresses: addresses))
            case .store(let server): .storeResolved(server: server, addresses: addresses)
            case .control: nil
            }
        }
    }

    private struct State {
        var servers: [Server]
        /// What was found last, by name and port.
        var known: [ServerAddress: [SocketAddress]] = [:]
        var isRunning = false
    }

    /// Guard: the mutex, not held while a resolver is asked.
    private let state: Mutex<State>
    private let mailboxes: [Mailbox<WorkerMessage>]
    private let hasLookedOnce: Wakeup

    private static let period: Int32 = 30_000

    init(_ snapshot: Snapshot, mailboxes: [Mailbox<WorkerMessage>]) throws(Errno) {
        state = Mutex(State(servers: Self.servers(of: snapshot)))
        self.mailboxes = mailboxes
        hasLookedOnce = try Wakeup()
    }

    private static func servers(of snapshot: Snapshot) -> [Server] {
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
        for endpoint in [snapshot.otlp?.endpoint, snapshot.sentry?.endpoint].compactMap({ $0 }) {
            guard case .name(let name, let port) = endpoint.address else { continue }
            servers.append(Server(owner: .control, name: name, port: port))
        }
        return servers
    }

    /// Starts the thread, if there is anything to look up.
    ///
    /// - Parameter patience: How long to wait for the first look; requests before it would find no
    ///   address.
    func start(patience: Duration) throws(Errno) {
        guard try startIfNeeded() else { return }
        hasLookedOnce.wait(milliseconds: Int32(patience.wholeNanoseconds / 1_000_000))
    }

    private func startIfNeeded() throws(Errno) -> Bool {
        let mustStart = state.withLock { state in
            guard !state.servers.isEmpty, !state.isRunning else { return false }
            state.isRunning = true
            return true
        }
        guard mustStart else { return false }
        do throws(Errno) {
            _ = try Thread(name: "apus-names") { [self] in
                while true {
                    lookUpAll()
                    hasLookedOnce.signal()
                    Thread.pause(milliseconds: Self.period)
                }
            }
        } catch {
            state.withLock { $0.isRunning = false }
            throw error
        }
        return true
    }

    private func lookUpAll() {
        for server in state.withLock({ $0.servers }) {
            guard let addresses = lookUp(server) else { continue }
            guard let news = server.news(addresses) else { continue }
            for mailbox in mailboxes { mailbox.post(news) }
        }
    }

    /// Where a server can be connected to, as far as is known by now: asks nobody.
    func addresses(of server: ServerAddress) -> [SocketAddress] {
        if let address = SocketAddress(server) { return [address] }
        return state.withLock { $0.known[server] } ?? []
    }

    /// - Returns: `nil` for a name that nobody answers for now: it keeps the addresses that it had.
    private func lookUp(_ server: Server) -> [SocketAddress]? {
        let addresses = NameResolver.addresses(of: server.name, port: server.port)
        guard !addresses.isEmpty else { return nil }
        state.withLock { $0.known[.name(server.name, port: server.port)] = addresses }
        return addresses
    }

    // MARK: Reloading

    /// Looks up what the next configuration names and nobody has looked up yet; blocks.
    ///
    /// - Returns: What all of its names resolve to.
    func prepare(_ snapshot: Snapshot) -> [ResolvedServer] {
        Self.servers(of: snapshot).compactMap { server in
            if case .store = server.owner { return nil }
            let name = ServerAddress.name(server.name, port: server.port)
            let known = state.withLock { $0.known[name] }
            guard let addresses = known ?? lookUp(server),
                case .upstream(let upstream, let index) = server.owner
            else { return nil }
            return ResolvedServer(
                upstream: upstream, server: index, name: name, addresses: addresses)
        }
    }

    /// Looks up what this configuration names from now on.
    func adopt(_ snapshot: Snapshot) throws(Errno) {
        let servers = Self.servers(of: snapshot)
        state.withLock { state in
            state.servers = servers
            let names = Set(servers.map { ServerAddress.name($0.name, port: $0.port) })
            state.known = state.known.filter { names.contains($0.key) }
        }
        _ = try startIfNeeded()
    }
}
