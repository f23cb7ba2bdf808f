import Bytes
import Config
import Linux
import Policy
import Reactor
import Redis
import TLS
import Telemetry

/// Connections to the store: making, reading, writing, losing.
extension Worker where Kernel: ~Copyable {
    /// Begins a connection.
    ///
    /// - Returns: Its link, or why there is none.
    mutating func connectStore(
        to address: SocketAddress, for errand: StoreLink.Errand, _ plan: StorePlan
    ) -> Result<UInt32, StoreTrouble> {
        guard !store.links.isFull else { return .failure(.unreachable) }
        do throws(Errno) {
            let (socket, isConnected) = try transport.connect(to: address)
            let machine = StoreLinkMachine(greeting: plan.greeting(for: errand))
            let deadline = transport.now.advanced(byNanoseconds: plan.timeout)
            let link = StoreLink(
                socket, to: address, isConnected: isConnected, machine: machine, errand: errand,
                began: transport.now, deadline: deadline)
            guard let index = store.links.insert(link) else {
                preconditionFailure("there was a slot a moment ago")
            }
            do throws(Errno) {
                try transport.watch(socket, as: Token(.store, index))
            } catch {
                store.links.discard(index.slot)
                transport.close(Stream(socket), .orderly)
                throw error
            }
            if case .calls(let node) = errand {
                store.nodes[node].add(index.slot)
                store.review()
            }
            store.wake(at: deadline)
            // Its greeting leaves when the turn ends.
            if isConnected { store.touch(index.slot) }
            return .success(index.slot)
        } catch {
            return .failure(StoreTrouble(connecting: error))
        }
    }

    /// Goes on with a connection: something was reported.
    mutating func wakeStoreLink(_ l: UInt32) {
        guard let plan = store.plan else { return }
        let index = store.links.index(of: l)
        if store.links[l].machine.phase == .connecting {
            guard !store.links[l].wire.state.isDisjoint(with: [.writable, .broken]) else { return }
            guard finishConnectingStore(l, plan) else { return }
        }
        readStoreLink(index, plan)
        if store.links.contains(index) { store.touch(l) }
    }

    /// Goes on with a connection that is being made.
    ///
    /// - Returns: Whether it is of use now.
    private mutating func finishConnectingStore(_ l: UInt32, _ plan: StorePlan) -> Bool {
        var failure: Errno?
        if !store.links[l].wire.stream.isSecure {
            failure = transport.connectError(of: store.links[l].wire.stream.socket)
        }
        if failure == nil, plan.settings.tls != nil {
            switch shake(handsOfStore: l, plan) {
            case .done: break
            case .waits: return false
            case .failed(let reason): failure = Errno(reason)
            }
        }
        if let failure {
            let event = StoreLinkMachine.Event.connectFailed(StoreTrouble(connecting: failure))
            perform(store.links[l].machine.on(event), onStoreLink: l, plan)
            return false
        }
        perform(store.links[l].machine.on(.connected), onStoreLink: l, plan)
        return true
    }

    /// Pieces of news that are read in one turn; who sends more is left for a while.
    private static var newsReadsMax: Int { 16 }

    private mutating func readStoreLink(_ index: SlabIndex, _ plan: StorePlan) {
        let l = index.slot
        var readCount = 0
        while store.links.contains(index) {
            readCount &+= 1
            // Answers are bounded by what was asked, news by nothing: no other may wait for them.
            if readCount > Self.newsReadsMax, case .listening = store.links[l].errand {
                return stopListening(.garbled)
            }
            switch store.links[l].wire.receive(by: &transport, from: &pool) {
            case .bytes?:
                let isRead = (try? store.links[l].absorb()) != nil
                guard isRead, readStoreReplies(index, plan) else {
                    if store.links.contains(index) {
                        perform(store.links[l].machine.on(.garbled), onStoreLink: l, plan)
                    }
                    return
                }
            case .wouldBlock?:
                return store.links[l].wire.park(to: &pool)
            case .ended?, .failed?, nil:
                return perform(store.links[l].machine.on(.ended), onStoreLink: l, plan)
            }
        }
    }

    /// - Returns: Whether the stream can still be read.
    private mutating func readStoreReplies(_ index: SlabIndex, _ plan: StorePlan) -> Bool {
        while store.links.contains(index) {
            guard let isWhole = try? store.links[index.slot].reader.next() else { return false }
            guard isWhole else {
                // The beginning of what nobody asked for would become that of the next answer.
                return !store.links[index.slot].isIdle
                    || !store.links[index.slot].reader.isWithinReply
            }
            takeStoreReply(index.slot, plan)
        }
        return true
    }

    /// Does what a link's machine asks for.
    mutating func perform(
        _ action: StoreLinkMachine.Action, onStoreLink l: UInt32, _ plan: StorePlan
    ) {
        switch action {
        case .wait: break
        case .greet:
            plan.write(store.links[l].machine.greeting, to: &store.links[l].wire, from: &pool)
            store.touch(l)
        case .begin: beginOnStoreLink(l, plan)
        case .close(let trouble): loseStoreLink(l, trouble)
        }
    }

    private mutating func beginOnStoreLink(_ l: UInt32, _ plan: StorePlan) {
        store.touch(l)
        switch store.links[l].errand {
        case .calls(let node):
            continueStoreTrial(node, plan)
            // What was decided without it is to be charged.
            store.wake(at: transport.now)
        case .scouting:
            plan.writeQuery(to: &store.links[l].wire, from: &pool)
        case .listening: subscribe(on: l)
        }
    }

    /// Sends what waits, as far as the socket takes it.
    mutating func flushStoreLink(_ l: UInt32, _ plan: StorePlan) {
        if store.links[l].machine.phase == .connecting {
            guard store.links[l].wire.state.contains(.writable), finishConnectingStore(l, plan)
            else { return }
        }
        while true {
            if store.links[l].machine.phase == .ready {
                withholdCalls(of: l, plan)
                store.links[l].stage(from: &store.calls, by: plan, pool: &pool)
            }
            guard !store.links[l].wire.output.isEmpty else { return }
            switch store.links[l].wire.flush(by: &transport, to: &pool) {
            case nil: continue
            case .wouldBlock?, .bytes?: return
            case .ended?, .failed?:
                // What the server said before it went is still to be read.
                return readStoreLink(store.links.index(of: l), plan)
            }
        }
    }

    /// While the breaker refuses, calls that wait to be sent stay unsent: a connection that became
    /// ready only now has some.
    private mutating func withholdCalls(of l: UInt32, _ plan: StorePlan) {
        guard store.links[l].queue.firstUnsent != .max,
            plan.breaker.state.rawValue != BreakerState.admitting.rawValue
        else { return }
        var slot = store.links[l].queue.firstUnsent
        while slot != .max {
            let call = store.calls[slot]
            defer { slot = call.next }
            if case .trial = call.asker { continue }
            guard !call.marks.contains(.abandoned) else { continue }
            store.calls[slot].marks.insert(.abandoned)
            failStoreCall(call, .lost, .lost)
        }
        store.links[l].dropUnsent(from: &store.calls)
    }

    /// Gives a link up, with consequences for its node.
    private mutating func loseStoreLink(_ l: UInt32, _ trouble: StoreTrouble) {
        switch store.links[l].errand {
        case .calls(let node): loseStoreLink(l, of: node, trouble)
        case .scouting: scoutWasLost(l, trouble)
        case .listening: stopListening(trouble)
        }
    }

    private mutating func loseStoreLink(_ l: UInt32, of node: Int, _ trouble: StoreTrouble) {
        let hadBegun = store.links[l].machine.greeting.isEmpty && store.links[l].queue.count == 0
        let age = transport.now.nanoseconds(since: store.links[l].began)
        store.nodes[node].remove(l)
        let hasOthers = store.readyLink(node) != nil
        // An idle connection may be closed, and of several one may be refused.
        if store.links[l].queue.count == 0 && (hasOthers || hadBegun && trouble == .lost) {
            noteStoreTrouble(trouble)
            let pause: UInt64 = age < 1_000_000_000 ? 1_000_000_000 : 0
            store.nodes[node].fillsAt = transport.now.advanced(byNanoseconds: pause)
            store.wake(at: store.nodes[node].fillsAt)
            store.review()
        } else {
            doubtStoreNode(node, trouble)
        }
        dropStoreLink(l, trouble)
        let isWaiting = !store.nodes[node].isAsked && store.nodes[node].linkCount == 0
        if isWaiting { endStoreTrial(node, trouble) }
    }

    /// Closes a link; who waits on it is told.
    mutating func dropStoreLink(_ l: UInt32, _ trouble: StoreTrouble) {
        if case .calls(let node) = store.links[l].errand { store.nodes[node].remove(l) }
        store.links[l].wire.dropBuffers(to: &pool)
        transport.close(store.links[l].wire.stream, .orderly)
        var slot = store.links[l].queue.head
        store.links.discard(l)
        store.review()
        while slot != .max {
            let call = store.calls.remove(slot)
            slot = call.next
            failStoreCall(call, .lost, trouble)
        }
    }
}

extension StoreTrouble {
    /// Why a connection could not be made.
    init(connecting error: Errno) {
        switch error {
        case .connectionRefused: self = .refused
        case .timedOut: self = .connectTimeout
        case .protocolViolated: self = .tls
        default: self = .unreachable
        }
    }
}

extension StoreTrouble: Error {}
