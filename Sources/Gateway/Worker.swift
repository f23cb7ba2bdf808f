import Bytes
import Config
import HTTP
import Linux
import Policy
import Reactor
import Telemetry

/// One loop's whole state, and the turn it does over and over.
///
/// A move-only struct in one local of its thread: no locks, no reference counting, no exclusivity
/// checks at run time. The connections of the two sides stand in slabs of their own, so that the
/// compiler proves that reading one and writing the other do not overlap.
///
/// What every request passes through and one place calls is marked to be inlined: the compiler
/// leaves such functions apart for their size, and a call costs 15 to 20 instructions and looks its
/// slots up once more.
///
/// - Invariant: a slot's timer is `2 * slot` for a client's connection, `2 * slot + 1` for a
///   server's. It is disarmed before the slot is emptied, so that no expiry reaches a next
///   occupant.
struct Worker<Kernel: Transport & ~Copyable>: ~Copyable {
    var transport: Kernel
    var wheel: TimerWheel
    var pool: BufferPool
    var downstreams: Slab<Downstream>
    var upstreams: Slab<UpstreamConnection>
    var exchanges: Slab<Exchange>
    /// Per upstream of the plan.
    var pools: [UpstreamPool]
    /// Another one once a new configuration was read.
    var plan: Plan
    var desk: Desk
    var sight: Sight
    var store: StoreClient
    var turn: TurnState

    init(
        _ transport: consuming Kernel, plan: Plan, sight: consuming Sight,
        mailbox: Mailbox<WorkerMessage>
    ) {
        let capacity = plan.connectionSlots
        wheel = TimerWheel(count: 2 * capacity, now: transport.now)
        pool = BufferPool(spareCount: 16)
        downstreams = Slab(capacity: capacity)
        upstreams = Slab(capacity: capacity)
        exchanges = Slab(capacity: capacity)
        pools = plan.snapshot.upstreams.map(UpstreamPool.init)
        desk = Desk(plan)
        store = StoreClient(plan.commons.store, listens: plan.commons.replays.takeListening())
        turn = TurnState(
            mailbox,
            SecureDesk(
                plan.commons.certificates.contexts,
                connectionCountMax: plan.snapshot.limits.connectionCountMax,
                loopCount: plan.snapshot.server.workers ?? Thread.usableCPUCount))
        self.transport = transport
        self.plan = plan
        self.sight = sight
    }

    /// Serves until drained.
    mutating func run() {
        while !turn.isDone { takeTurn() }
    }

    /// One turn: what is ready, what is due, what was posted.
    @inline(__always) mutating func takeTurn() {
        let isBusy = !turn.runnable.isEmpty || !turn.grants.isEmpty
        transport.turn(until: isBusy ? transport.now : nextDeadline())
        sight.beginTurn(wallTime: transport.wallTime)
        turn.secure.steps.beginTurn()
        for index in 0..<transport.reportCount { dispatch(transport.report(index)) }
        runRunnable()
        if plan.hasGates, !turn.grants.isEmpty { runGrants() }
        fireTimers()
        if store.isUsed { finishStoreTurn() }
    }

    // Called rather than inlined, the worker would be copied whole to be lent.
    @inline(__always) private func nextDeadline() -> MonotonicInstant? {
        let visit = wheel.nextVisit() ?? MonotonicInstant(nanoseconds: .max)
        let other = min(
            turn.acceptingResumes ?? MonotonicInstant(nanoseconds: .max),
            turn.drain?.deadline ?? MonotonicInstant(nanoseconds: .max))
        let next = min(visit, other, store.due)
        return next.nanoseconds == .max ? nil : next
    }

    @inline(__always) private mutating func dispatch(_ report: Report) {
        let token = Token(word: report.word)
        let index = token.index
        switch token.kind {
        case .downstream:
            guard downstreams.contains(index) else { return }
            downstreams[index.slot].wire.note(report.readiness)
            wakeDownstream(index.slot)
        case .upstream:
            guard upstreams.contains(index) else { return }
            upstreams[index.slot].wire.note(report.readiness)
            wakeUpstream(index.slot)
        case .store, .listener, .wakeup, nil: dispatchSeldom(report, token)
        }
    }

    /// Apart, so that what is usual stays small enough to be inlined.
    @inline(never) private mutating func dispatchSeldom(_ report: Report, _ token: Token) {
        switch token.kind {
        case .store:
            guard store.links.contains(token.index) else { return }
            store.links[token.index.slot].wire.note(report.readiness)
            wakeStoreLink(token.index.slot)
        case .listener: accept(on: Int(token.index.slot), atMost: Self.acceptsPerTurn)
        case .wakeup: for message in turn.mailbox.takeAll() { receive(message) }
        case .downstream, .upstream, nil: break
        }
    }

    /// Goes on with connections that had more to do than one turn's share, or a next request
    /// waiting.
    private mutating func runRunnable() {
        guard !turn.runnable.isEmpty else { return }
        let batch = turn.runnable
        turn.runnable.removeAll(keepingCapacity: true)
        turn.secure.steps.turnToWaiting()
        for index in batch where downstreams.contains(index) {
            downstreams[index.slot].marks.remove(.parked)
            wakeDownstream(index.slot)
        }
    }

    /// Goes on with requests that were given a place.
    private mutating func runGrants() {
        let batch = turn.grants
        turn.grants.removeAll(keepingCapacity: true)
        for next in batch { grant(next.exchange, of: next.gate) }
    }

    private mutating func fireTimers() {
        if let resume = turn.acceptingResumes, resume <= transport.now { resumeAccepting() }
        if let drain = turn.drain, drain.deadline <= transport.now { return cutOff() }
        wheel.advance(to: transport.now, expired: &turn.expired)
        guard !turn.expired.isEmpty else { return }
        var expired = turn.expired
        turn.expired = []
        for timer in expired where wheel.fire(timer) {
            let slot = timer >> 1
            if timer & 1 == 0 {
                if downstreams.isOccupied(slot) { downstreamTimedOut(slot) }
            } else {
                if upstreams.isOccupied(slot) { upstreamTimedOut(slot) }
            }
        }
        expired.removeAll(keepingCapacity: true)
        turn.expired = expired
    }
}

/// What a turn leaves for the next one, and what others leave for it.
struct TurnState: ~Copyable {
    let mailbox: Mailbox<WorkerMessage>
    /// Client connections to go on with without waiting for a report.
    var runnable: [SlabIndex] = []
    /// Places that requests of this loop gave one another.
    var grants: [Grant] = []
    /// Reused for the timers that fire in a turn.
    var expired: [UInt32] = []
    /// When to accept again after descriptors ran out; `nil` while accepting.
    var acceptingResumes: MonotonicInstant?
    /// Set while draining.
    var drain: Drain?
    /// Nothing is left to serve.
    var isDone = false

    /// TLS of clients that are not in yet, and what all begin it with.
    var secure: SecureDesk

    init(_ mailbox: Mailbox<WorkerMessage>, _ secure: consuming SecureDesk) {
        self.mailbox = mailbox
        self.secure = secure
    }
}

/// What the control plane tells a worker.
enum WorkerMessage: Sendable {
    /// Finish what is in flight; end all at the deadline.
    case drain(until: MonotonicInstant)
    /// A request has got the place that it waited for.
    case granted(Grant)
    case resolved(ResolvedServer)
    /// What the name of one of the servers in `redis.url` resolves to.
    case storeResolved(server: Int, addresses: [SocketAddress])
    /// The `auth` of all routes, with keys that their files hold now.
    case keysRead(AuthTable)
    /// An operator wants an event forgotten.
    case forget(ForgetOrder)
    /// Those of all webhooks, with secrets that their files hold now.
    case webhooksRead([WebhookVerifier])
    /// What is known of certificates that providers name by URL.
    case certificatesKnown(CertificateNews)
    /// Go on with those who still wait for this one of them.
    case certificateSettled(CertificateURL)
    /// Begin TLS with these from here on.
    case secured(SecureContexts)
    /// Say which seats are of use.
    case survey(Survey)
    /// Serve by another configuration from here on.
    case adopt(Adoption)
}

/// Storage that every request uses anew, so that none allocates it.
struct Desk: ~Copyable {
    var requestHead = RequestHead()
    /// The exchange whose head `requestHead` holds; it need not be read again for that one.
    var headOwner: SlabIndex?
    var responseHead = ResponseHead()
    var trailers: [Field] = []
    /// For the request bodies of routes with rules for them.
    var inspectors = BodyInspectors()
    var scratch: PolicyScratch
    var random: RandomSource
    /// The body of an answer of our own, before its length is known.
    var answerBody = Buffer(capacity: BufferPool.largeBytes)

    var limits: LimitDesk
    /// Request bodies that are looked at before they go upstream.
    var held: Slab<HeldBody>
    var webhooks: WebhookDesk
    var replays: ReplayDesk

    init(_ plan: Plan) {
        random = RandomSource(seed: plan.seed.random)
        scratch = PolicyScratch(tagKey: plan.seed.tagKey)
        limits = LimitDesk(plan)
        held = Slab(capacity: plan.connectionSlots)
        webhooks = WebhookDesk(plan)
        replays = ReplayDesk(plan)
    }
}
