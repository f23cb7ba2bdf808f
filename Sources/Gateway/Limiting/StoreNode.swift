import Config
import Linux
import Policy
import Redis

/// A server that keeps buckets, as a loop sees it.
struct StoreNode {
    /// What its cluster calls it; `nil` without a cluster.
    let name: ServerName?
    /// `nil` while it is not known.
    var address: SocketAddress?
    var standing: StoreStanding
    /// Whether it is still a master.
    var isCurrent = true
    /// Whether the command of a trial is on its way.
    var isAsked = false
    /// When a missing connection is made anew.
    var fillsAt = MonotonicInstant(nanoseconds: 0)
    private(set) var linkCount = 0
    private var links = InlineArray<16, UInt32>(repeating: .max)

    /// Connections of a loop to one server at most.
    static var linkCountMax: Int { 16 }

    init(_ name: ServerName?, at address: SocketAddress?, timeout: UInt64) {
        self.name = name
        self.address = address
        standing = StoreStanding(timeout: timeout)
    }

    /// The connections, by their slots.
    func link(_ index: Int) -> UInt32 { links[index] }

    mutating func add(_ link: UInt32) {
        precondition(linkCount < Self.linkCountMax, "a node has a bounded number of links")
        links[linkCount] = link
        linkCount &+= 1
    }

    mutating func remove(_ link: UInt32) {
        for index in 0..<linkCount where links[index] == link {
            linkCount &-= 1
            links[index] = links[linkCount]
            return
        }
    }

    /// Whether calls may be given to it.
    var isAskable: Bool { isCurrent && linkCount > 0 && standing.isTrusted }
}

/// Which servers there are, and who tells of them.
struct StoreTopology {
    /// A server that was named in `redis.url`, or learnt from one.
    struct Seed {
        let host: String
        var addresses: [SocketAddress]
        /// Which of them is next.
        var turn = 0

        var address: SocketAddress? { addresses.isEmpty ? nil : addresses[turn % addresses.count] }
    }

    let kind: RedisTopology?
    /// Those of the configuration come first, and stay.
    var seeds: [Seed]
    let configuredCount: Int
    /// Whether the masters are to be learnt anew.
    var isWanted = false
    /// The link on which somebody is asked; `.max` for none.
    var scout: UInt32 = .max
    var nextSeed = 0
    /// Seeds asked since ``lookedAt``.
    var triedCount = 0
    var lookedAt: MonotonicInstant?
    /// For each slot of a cluster one more than its node's index; empty without a cluster.
    private var slotNodes: [UInt8] = []

    /// Nanoseconds between two looks.
    static var pause: UInt64 { 1_000_000_000 }

    init(_ kind: RedisTopology?) {
        self.kind = kind
        let servers = kind?.servers ?? []
        seeds = servers.map { server in
            Seed(host: server.host, addresses: SocketAddress(server).map { [$0] } ?? [])
        }
        configuredCount = servers.count
        if isCluster { slotNodes = Array(repeating: 0, count: HashSlot.count) }
        isWanted = needsScout
    }

    var isCluster: Bool { kind?.isCluster ?? false }

    /// Whether somebody must be asked who the masters are.
    var needsScout: Bool {
        switch kind {
        case .sentinel?, .cluster?: true
        case .single?, nil: false
        }
    }

    /// The node of a slot; 0 without a cluster.
    func node(of slot: UInt16) -> Int? {
        guard !slotNodes.isEmpty else { return 0 }
        let node = slotNodes[Int(slot) & (HashSlot.count &- 1)]
        return node == 0 ? nil : Int(node) &- 1
    }

    /// - Parameter nodes: The node of each of the map's masters.
    mutating func adopt(_ map: SlotMap, nodes: [Int?]) {
        slotNodes = (0..<HashSlot.count).map { slot in
            guard let owner = map.owner(of: UInt16(slot)), let node = nodes[owner] else { return 0 }
            return UInt8(node) + 1
        }
    }

    /// The address of a server that another one named; `nil` for a name that nobody looked up.
    func address(of server: ServerName) -> SocketAddress? {
        if let address = IPAddress(server.host) { return SocketAddress(address, port: server.port) }
        guard let seed = seeds.first(where: { $0.host == server.host }) else { return nil }
        return seed.address?.with(port: server.port)
    }
}

extension ServerAddress {
    /// Its host as text; empty for a unix socket.
    fileprivate var host: String {
        switch self {
        case .ip(let address, _): address.description
        case .name(let name, _): name
        case .unix: ""
        }
    }
}

extension SocketAddress {
    /// The same host on another port.
    fileprivate func with(port: UInt16) -> SocketAddress {
        switch self {
        case .ipv4(let address, _): .ipv4(address, port: port)
        case .ipv6(let high, let low, _, let scope): .ipv6(high, low, port: port, scope: scope)
        case .unix: self
        }
    }
}
