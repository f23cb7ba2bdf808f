import Bytes
import Config
import Linux
import Policy
import TLS

/// TLS towards servers of apps and of Redis.
extension Worker where Kernel: ~Copyable {
    /// Whether an upstream's servers speak HTTPS.
    @inline(__always) func isSecure(_ upstream: Int) -> Bool {
        plan.snapshot.upstreams[upstream].tls != nil
    }

    /// Goes on with the handshake of a connection that stands as far as TCP is concerned.
    mutating func shake(hands u: UInt32) -> Session.Handshake {
        if !upstreams[u].wire.stream.isSecure {
            let upstream = Int(upstreams[u].endpoint.upstream)
            let endpoint = pools[upstream].endpoints[Int(upstreams[u].endpoint.endpoint)]
            let settings = pools[upstream].settings
            guard let servers = turn.secure.contexts.upstreams[upstream],
                let stream = transport.secure(
                    upstreams[u].wire.stream.socket, by: servers.context,
                    to: SecurePeer(
                        servers.settings.peerName(of: settings.servers[endpoint.server].address),
                        at: endpoint.address))
            else { return .failed(.exhausted) }
            upstreams[u].wire.secure(stream)
        }
        let result = upstreams[u].wire.shake(by: &transport)
        upstreams[u].wire.noteAll()
        return result
    }

    /// The same of a connection to Redis.
    mutating func shake(handsOfStore l: UInt32, _ plan: StorePlan) -> Session.Handshake {
        if !store.links[l].wire.stream.isSecure {
            guard let servers = turn.secure.contexts.store,
                let stream = transport.secure(
                    store.links[l].wire.stream.socket, by: servers.context,
                    to: plan.peer(at: store.links[l].address, servers.settings))
            else { return .failed(.exhausted) }
            store.links[l].wire.secure(stream)
        }
        let result = store.links[l].wire.shake(by: &transport)
        store.links[l].wire.noteAll()
        return result
    }
}

extension SecurePeer {
    /// - Parameter name: `nil` where none is known: nothing that is verified can be reached then.
    init(_ name: PeerName?, at address: SocketAddress) {
        var hasher = Hasher()
        hasher.combine(address)
        let number = UInt64(truncatingIfNeeded: hasher.finalize()) | 1
        switch name {
        case .name(let name): self.init(name: .host(name), number: number)
        case .address(let address): self.init(name: .address("\(address)"), number: number)
        case nil: self.init(name: .address(""), number: number)
        }
    }
}

extension StorePlan {
    /// Whom a connection to Redis has to reach.
    ///
    /// Servers that sentinels or a cluster tell of are known by their addresses alone.
    func peer(at address: SocketAddress, _ tls: OutboundTLS) -> SecurePeer {
        if let name = tls.serverName { return SecurePeer(name, at: address) }
        let servers = settings.topology.servers
        if case .single(let server) = settings.topology {
            return SecurePeer(tls.peerName(of: server), at: address)
        }
        let known = servers.first { SocketAddress($0) == address }
        if let known { return SecurePeer(tls.peerName(of: known), at: address) }
        guard case .ip(let number, _) = Peer(address) else { return SecurePeer(nil, at: address) }
        return SecurePeer(.address(number), at: address)
    }
}

extension Errno {
    /// How the end of a handshake looks to whoever wanted a connection.
    init(_ failure: HandshakeFailure) {
        switch failure {
        case .lost, .certificate, .refused, .garbled: self = .protocolViolated
        // Our own shortage, and no fault of the server.
        case .exhausted: self = .noBufferSpace
        }
    }
}
