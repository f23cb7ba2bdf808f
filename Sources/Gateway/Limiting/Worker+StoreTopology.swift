import Bytes
import Config
import Linux
import Policy
import Redis
import Telemetry

/// Learning who the masters are: from sentinels, or from any node of a cluster.
extension Worker where Kernel: ~Copyable {
    /// Has the masters learnt anew, at most once a second.
    mutating func wantStoreTopology() {
        guard store.topology.needsScout else { return }
        store.topology.isWanted = true
        let due = store.topology.lookedAt?.advanced(byNanoseconds: StoreTopology.pause)
        store.wake(at: due ?? transport.now)
    }

    /// Asks somebody, if that is wanted, due and allowed.
    mutating func tendStoreTopology(_ plan: StorePlan) {
        guard store.topology.isWanted, store.topology.scout == .max else { return }
        let now = transport.now
        if let last = store.topology.lookedAt {
            let due = last.advanced(byNanoseconds: StoreTopology.pause)
            guard due <= now else { return store.wake(at: due) }
        }
        if case .refusing = plan.breaker.state { return }
        if case .probing = plan.breaker.state, !isProbing { return }
        store.topology.isWanted = false
        store.topology.lookedAt = now
        store.topology.triedCount = 0
        sendScout(plan)
    }

    /// Whether the breaker's probe is this loop's.
    private var isProbing: Bool {
        store.nodes.contains { $0.standing.phase == .tried(isProbe: true) }
    }

    private mutating func sendScout(_ plan: StorePlan) {
        while store.topology.triedCount < store.topology.seeds.count {
            let seed = store.topology.nextSeed % store.topology.seeds.count
            store.topology.nextSeed = seed &+ 1
            store.topology.triedCount &+= 1
            guard let address = store.topology.seeds[seed].address else { continue }
            let made = connectStore(to: address, for: .scouting(seed: seed), plan)
            switch made {
            case .success(let link):
                store.topology.scout = link
                return
            case .failure(let trouble):
                store.topology.seeds[seed].turn &+= 1
                noteStoreTrouble(trouble)
            }
        }
        noteStoreTrouble(.masterUnknown)
        wantStoreTopology()
        endScouting(.masterUnknown, plan)
    }

    /// Goes on with the trials that waited for news.
    private mutating func endScouting(_ trouble: StoreTrouble?, _ plan: StorePlan) {
        for node in store.nodes.indices {
            guard case .tried = store.nodes[node].standing.phase, !store.nodes[node].isAsked
            else { continue }
            if !store.nodes[node].isCurrent {
                leaveStoreTrial(of: node, plan)
            } else if let trouble, store.nodes[node].linkCount == 0 {
                endStoreTrial(node, trouble)
            } else {
                continueStoreTrial(node, plan)
            }
        }
    }

    /// Ends the trial of a node that is no master any more; another one takes the probe.
    private mutating func leaveStoreTrial(of node: Int, _ plan: StorePlan) {
        let isProbe = store.nodes[node].standing.phase == .tried(isProbe: true)
        guard isProbe, let other = probedNode() else { return endStoreTrial(node, .masterUnknown) }
        store.nodes[node].standing = StoreStanding(timeout: plan.timeout)
        store.nodes[other].standing.beginTrial(isProbe: true)
        store.nodes[other].isAsked = false
        store.review()
        continueStoreTrial(other, plan)
    }

    /// A scout came to nothing: the next one goes.
    mutating func scoutWasLost(_ l: UInt32, _ trouble: StoreTrouble) {
        guard let plan = store.plan, case .scouting(let seed) = store.links[l].errand else {
            return
        }
        noteStoreTrouble(trouble)
        store.topology.seeds[seed].turn &+= 1
        store.topology.scout = .max
        dropStoreLink(l, trouble)
        sendScout(plan)
    }

    /// Takes what a scout was told.
    mutating func scoutReported(_ l: UInt32, from seed: Int, _ plan: StorePlan) {
        guard adoptReport(l, from: seed, plan) else {
            return scoutWasLost(l, .masterUnknown)
        }
        store.topology.scout = .max
        // Who knew it is asked first the next time.
        store.topology.nextSeed = seed
        dropStoreLink(l, .lost)
        store.wake(at: transport.now)
        endScouting(nil, plan)
    }

    private mutating func adoptReport(_ l: UInt32, from seed: Int, _ plan: StorePlan) -> Bool {
        let tape = store.links[l].reader.tape
        if store.topology.isCluster {
            let host = store.topology.seeds[seed].host
            guard let map = SlotMap(tape, from: host) else { return false }
            adopt(map, plan)
            return true
        }
        guard let master = ServerName(masterIn: tape),
            let address = store.topology.address(of: master)
        else { return false }
        guard store.nodes[0].address != address else { return true }
        closeStoreLinks(of: 0)
        store.nodes[0].address = address
        store.nodes[0].fillsAt = transport.now
        return true
    }

    private mutating func adopt(_ map: SlotMap, _ plan: StorePlan) {
        for node in store.nodes.indices { store.nodes[node].isCurrent = false }
        let nodes = map.masters.map { storeNode(named: $0, plan) }
        store.topology.adopt(map, nodes: nodes)
        // Any master can tell of the others, should those of the configuration be gone.
        store.topology.seeds.removeSubrange(store.topology.configuredCount...)
        for node in store.nodes.indices {
            guard store.nodes[node].isCurrent else {
                closeStoreLinks(of: node)
                continue
            }
            guard let name = store.nodes[node].name, let address = store.nodes[node].address else {
                continue
            }
            store.topology.seeds.append(
                StoreTopology.Seed(host: name.host, addresses: [address]))
        }
        store.review()
    }

    /// The node of a server: the one that has its name, or a new one.
    private mutating func storeNode(named name: ServerName, _ plan: StorePlan) -> Int? {
        guard let address = store.topology.address(of: name) else {
            noteStoreTrouble(.unresolved)
            return nil
        }
        if let known = store.nodes.firstIndex(where: { $0.name == name }) {
            store.nodes[known].isCurrent = true
            store.nodes[known].address = address
            return known
        }
        let node = StoreNode(name, at: address, timeout: plan.timeout)
        // One that is tried may hold the breaker's leave to probe, which has to be passed on.
        let free = store.nodes.firstIndex {
            !$0.isCurrent && $0.linkCount == 0 && !$0.isAsked && !$0.standing.isTried
        }
        if let free {
            store.nodes[free] = node
            return free
        }
        guard store.nodes.count < SlotMap.masterCountMax else { return nil }
        store.nodes.append(node)
        return store.nodes.count - 1
    }

    /// The link to a server that a node sent a call on to.
    mutating func storeLink(
        to server: ServerName, namedBy l: UInt32, _ plan: StorePlan
    ) -> UInt32? {
        var name = server
        if server.host.isEmpty, case .calls(let node) = store.links[l].errand {
            name = ServerName(host: store.nodes[node].name?.host ?? "", port: server.port)
        }
        guard let node = storeNode(named: name, plan) else { return nil }
        if let link = store.leastLoaded(node) { return link }
        guard let address = store.nodes[node].address else { return nil }
        return try? connectStore(to: address, for: .calls(node: node), plan).get()
    }

    /// Closes all connections to a node; who waits on them is told.
    mutating func closeStoreLinks(of node: Int) {
        while store.nodes[node].linkCount > 0 {
            dropStoreLink(store.nodes[node].link(0), .lost)
        }
    }

    /// Takes what a server's name resolves to now.
    mutating func storeResolved(_ server: Int, to addresses: [SocketAddress]) {
        guard !addresses.isEmpty, store.topology.seeds.indices.contains(server) else { return }
        store.topology.seeds[server].addresses = addresses
        store.wake(at: transport.now)
        guard !store.topology.needsScout else { return }
        let current = store.nodes[0].address
        if current == nil || !addresses.contains(where: { $0 == current }) {
            // Connections to the old address stay until they end by themselves.
            store.nodes[0].address = store.topology.seeds[0].address
        }
    }
}
