import Bytes
import Config
import Crypto
import Linux
import Policy
import Telemetry

/// Going over to another configuration between two turns: connections, requests, tunnels, buckets
/// and all that is known stay.
extension Worker where Kernel: ~Copyable {
    /// Seats that requests are on, or that something is owed to.
    var usage: Seating.Usage {
        var usage = Seating.Usage()
        for x in exchanges.slots where exchanges.isOccupied(x) {
            if let route = exchanges[x].plan.verdict.route { usage.routes.insert(route) }
        }
        usage.limits = desk.limits.store.debts.limits
        if let payment = desk.limits.store.payment { usage.limits.insert(payment.debt.limit) }
        usage.webhooks = desk.replays.debts.webhooks
        return usage
    }

    /// Serves by another configuration from here on.
    mutating func adopt(_ adoption: Adoption) {
        let former = plan
        let next = adoption.plan
        // Counted as what they were.
        closeUnasked(next, asked: adoption.upstreams)
        adoption.metrics.takeOver(
            from: sight.metrics, named: adoption.formerNames, as: adoption.names)
        plan = next
        turn.secure.contexts = next.commons.certificates.contexts
        sight.adopt(next.snapshot, metrics: adoption.metrics, wallTime: transport.wallTime)
        adoptPools(next)
        desk.scratch.adoptNothing()
        desk.webhooks.adopt(next)
        adoptLimits(after: former)
        if !store.listening.isWanted, next.commons.replays.takeListening() {
            store.listening.isWanted = true
            store.wake(at: transport.now)
        }
        for server in adoption.addresses { resolve(server) }
        adoption.done.leave(former)
    }

    /// Closes what waits for requests to upstreams that will not be asked, or not there.
    ///
    /// - Parameter asked: Seats of those that new requests may be sent to.
    private mutating func closeUnasked(_ next: Plan, asked: Set<Int>) {
        for seat in pools.indices
        where !asked.contains(seat) || pools[seat].settings != next.snapshot.upstreams[seat] {
            closeIdle(seat)
        }
    }

    /// Keeps the connections to upstreams that are the same as before.
    private mutating func adoptPools(_ next: Plan) {
        let upstreams = next.snapshot.upstreams
        pools = upstreams.indices.map { seat in
            seat < pools.count && pools[seat].settings == upstreams[seat]
                ? pools[seat] : UpstreamPool(upstreams[seat])
        }
    }

    private mutating func adoptLimits(after former: Plan) {
        let (old, new) = (former.commons.limits, plan.commons.limits)
        while desk.limits.paces.count < new.count { desk.limits.paces.append(LinePace()) }
        let isOther = zip(old, new).contains {
            $0.settings.name != $1.settings.name || $0.shape != $1.shape
                || $0.settings.lease != $1.settings.lease
        }
        // A lease is found by its limit's seat. What is left in it flows in again by itself.
        if isOther { desk.limits.store.leases.removeAll() }
    }

    /// Takes what a server's name resolves to now, unless another one has its seat by now.
    mutating func resolve(_ resolved: ResolvedServer) {
        let upstream = resolved.upstream
        guard pools.indices.contains(upstream),
            pools[upstream].settings.servers.indices.contains(resolved.server),
            pools[upstream].settings.servers[resolved.server].address == resolved.name
        else { return }
        let gone = pools[upstream].resolve(server: resolved.server, to: resolved.addresses)
        for endpoint in gone { closeIdle(upstream, endpoint) }
    }
}

/// What a server's name resolves to.
struct ResolvedServer: Sendable {
    let upstream: Int
    let server: Int
    let name: ServerAddress
    let addresses: [SocketAddress]
}

/// What a loop needs to go over to another configuration.
struct Adoption: Sendable {
    let plan: Plan
    /// Seats of those that new requests may be sent to.
    let upstreams: Set<Int>
    let metrics: LoopMetrics
    let names: MetricNames
    let formerNames: MetricNames
    /// What names of servers resolve to.
    let addresses: [ResolvedServer]
    let done: Handover
}
