import Bytes
import Config
import Linux
import Policy

/// Names one address of one upstream.
struct EndpointIndex: Equatable {
    let upstream: UInt16
    let endpoint: UInt16
}

/// One address that an upstream's requests can go to.
struct Endpoint {
    var address: SocketAddress
    /// Index into the upstream's configured servers.
    var server: Int
    /// Whether the server's name still resolves to it.
    var isCurrent = true
    /// Open connections, idle ones included.
    var connectionCount = 0
    /// The idle connection that was used last; `.max` for none.
    var newestIdle: UInt32 = .max
}

/// The servers of one upstream as a loop sees them.
///
/// Endpoints keep their index while connections name it: one whose address is no more is never
/// chosen, and its place is taken by a new address once its last connection is closed.
struct UpstreamPool {
    let settings: UpstreamSettings
    var endpoints: [Endpoint] = []
    var ring = ServerRing(weights: [])
    /// Idle connections over all endpoints.
    var idleCount = 0

    init(_ settings: UpstreamSettings) {
        self.settings = settings
        for (index, server) in settings.servers.enumerated() {
            guard let address = SocketAddress(server.address) else { continue }
            seat(address, of: index)
        }
    }

    /// Takes what a server's name resolves to now.
    ///
    /// An empty list changes nothing: the last known
    /// addresses are a better guess than none.
    ///
    /// - Returns: Endpoints that are no more; their idle connections are to be closed.
    mutating func resolve(server: Int, to addresses: [SocketAddress]) -> [Int] {
        guard !addresses.isEmpty, settings.servers.indices.contains(server) else { return [] }
        var gone: [Int] = []
        for index in endpoints.indices
        where endpoints[index].isCurrent && endpoints[index].server == server
            && !addresses.contains(endpoints[index].address)
        {
            endpoints[index].isCurrent = false
            ring.seat(weight: 0, at: index)
            gone.append(index)
        }
        for address in addresses {
            let isKnown = endpoints.contains { endpoint in
                endpoint.isCurrent && endpoint.server == server && endpoint.address == address
            }
            if !isKnown { seat(address, of: server) }
        }
        return gone
    }

    /// How many further addresses the endpoint's server has: with others left a dead one gets less
    /// time.
    func siblingCount(of endpoint: Int) -> Int {
        let server = endpoints[endpoint].server
        return endpoints.reduce(into: -1) { count, other in
            if other.isCurrent && other.server == server { count += 1 }
        }
    }

    private mutating func seat(_ address: SocketAddress, of server: Int) {
        let endpoint = Endpoint(address: address, server: server)
        let stump = endpoints.firstIndex { !$0.isCurrent && $0.connectionCount == 0 }
        guard let place = stump ?? (endpoints.count < Int(UInt16.max) ? endpoints.count : nil)
        else {
            return
        }
        if place < endpoints.count {
            endpoints[place] = endpoint
        } else {
            endpoints.append(endpoint)
        }
        ring.seat(weight: settings.servers[server].weight, at: place)
    }
}

extension SocketAddress {
    /// `nil` for a name, which is resolved while running.
    init?(_ address: ServerAddress) {
        switch address {
        case .ip(let address, let port): self.init(address, port: port)
        case .unix(let path): self = .unix(path: path)
        case .name: return nil
        }
    }

    init(_ address: IPAddress, port: UInt16) {
        switch address.family {
        case .v4: self = .ipv4(UInt32(truncatingIfNeeded: address.low), port: port)
        case .v6: self = .ipv6(address.high, address.low, port: port, scope: 0)
        }
    }
}
