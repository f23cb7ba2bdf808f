import Bytes
import Config
import Linux
import Policy
import Redis

/// A loop's connections to Redis, and the calls on them.
///
/// It holds no more than the snapshot says: so many links to each node, so many calls in all, so
/// many bytes of each link's tails. Without `redis` in the snapshot it is empty.
struct StoreClient: ~Copyable {
    /// `nil` without `redis`.
    let plan: StorePlan?
    var links: Slab<StoreLink>
    var calls: Slab<StoreCall>
    var nodes: [StoreNode] = []
    var topology: StoreTopology
    var listening: StoreListening
    var dues = StoreDues()
    /// Links to be flushed when the turn ends.
    var touched: [UInt32] = []
    /// Whether any node can be given calls.
    private(set) var isAskable = false
    /// What the breaker was at when this loop last looked.
    var breakerSeen = BreakerState.admitting
    /// The answer that is being told.
    var reply = ReplyIntegers()
    /// What was told to whom, for tests; `nil` keeps none.
    var journal: [StoreNote]?

    /// Calls of the client itself, one a node, and of a few scouts.
    private static let ownCallCountMax = 128

    /// - Parameter listens: Whether it is this loop that hears what other gateways publish.
    init(_ plan: StorePlan?, listens: Bool = false) {
        self.plan = plan
        listening = StoreListening(isWanted: listens)
        topology = StoreTopology(plan?.settings.topology)
        guard let plan else {
            links = Slab(capacity: 1)
            calls = Slab(capacity: 1)
            return
        }
        let nodeCount = topology.isCluster ? SlotMap.masterCountMax : 1
        let linkCount = min(plan.settings.connectionCount, StoreNode.linkCountMax)
        links = Slab(capacity: nodeCount * linkCount + 3)
        calls = Slab(capacity: plan.settings.queueMax + Self.ownCallCountMax)
        if !topology.isCluster {
            let address = topology.needsScout ? nil : topology.seeds.first?.address
            nodes = [StoreNode(nil, at: address, timeout: plan.timeout)]
        }
        // The first turn connects.
        dues.chores = MonotonicInstant(nanoseconds: 0)
    }

    /// Whether there is a store at all.
    @inline(__always) var isUsed: Bool { plan != nil }

    /// Whether a further call has a place, as far as can be told without its slot.
    var hasRoom: Bool {
        guard let plan else { return false }
        return isAskable && calls.count < plan.settings.queueMax
    }

    /// When the client must be woken.
    @inline(__always) var due: MonotonicInstant {
        calls.count == 0 ? dues.chores : min(dues.chores, dues.calls)
    }

    /// Takes a call for the node of a slot.
    ///
    /// - Returns: Whether it will be answered.
    mutating func ask(
        _ asker: StoreAsker, tail: borrowing Buffer, argumentCount: Int, slot: UInt16,
        now: MonotonicInstant, deadline: MonotonicInstant
    ) -> Bool {
        guard hasRoom, deadline > now, let node = topology.node(of: slot), nodes[node].isAskable,
            let link = leastLoaded(node)
        else { return false }
        let call = StoreCall(
            .digest, for: asker, argumentCount: argumentCount, byteCount: tail.count, asked: now,
            deadline: deadline)
        return enqueue(call, tail: tail, on: link)
    }

    /// Puts a call behind those of a link.
    mutating func enqueue(_ call: StoreCall, tail: borrowing Buffer, on link: UInt32) -> Bool {
        guard let plan, links[link].openTails(tail.count, capacity: plan.tailBytesMax),
            let index = calls.insert(call)
        else { return false }
        links[link].tails.append(tail)
        links[link].queue.append(index.slot, in: &calls)
        dues.calls = min(dues.calls, call.deadline)
        touch(link)
        return true
    }

    /// Has a link flushed when the turn ends.
    mutating func touch(_ link: UInt32) {
        guard !links[link].isTouched else { return }
        links[link].isTouched = true
        touched.append(link)
    }

    /// The link of a node with the fewest calls, one that is ready before those that will be.
    func leastLoaded(_ node: Int) -> UInt32? {
        var best: UInt32?
        var least = Int.max
        for index in 0..<nodes[node].linkCount {
            let link = nodes[node].link(index)
            let isReady = links[link].machine.phase == .ready
            let load = links[link].queue.count &+ (isReady ? 0 : 1 << 20)
            if load < least {
                best = link
                least = load
            }
        }
        return best
    }

    /// A link of the node that is ready.
    func readyLink(_ node: Int) -> UInt32? {
        guard let link = leastLoaded(node), links[link].machine.phase == .ready else { return nil }
        return link
    }

    /// Has ``isAskable`` say what the nodes are now.
    mutating func review() {
        isAskable = nodes.contains { $0.isAskable }
    }

    /// Makes sure that the client is woken at that time.
    mutating func wake(at due: MonotonicInstant) { dues.chores = min(dues.chores, due) }
}

/// What an asker was told, and when.
struct StoreNote {
    let asker: StoreAsker
    let answer: StoreAnswer
    /// The answer, if there is one.
    let reply: ReplyIntegers
    let instant: MonotonicInstant
}

/// When a client has something to do.
struct StoreDues {
    /// No later than the first deadline of a call, while there are calls.
    var calls = MonotonicInstant(nanoseconds: .max)
    /// For everything else.
    var chores = MonotonicInstant(nanoseconds: .max)
}
