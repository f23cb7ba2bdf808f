import Bytes
import Linux
import Policy
import Redis
import Telemetry

/// Answers of the store: whose they are, and what they say.
extension Worker where Kernel: ~Copyable {
    /// Takes the whole reply that a link's reader has.
    mutating func takeStoreReply(_ l: UInt32, _ plan: StorePlan) {
        guard store.links[l].machine.phase == .ready else {
            let reply = greetingReply(l)
            return perform(store.links[l].machine.on(.answered(reply)), onStoreLink: l, plan)
        }
        switch store.links[l].errand {
        case .calls: break
        case .scouting(let seed): return scoutReported(l, from: seed, plan)
        case .listening: return hear(on: l, plan)
        }
        let slot = store.links[l].queue.head
        guard slot != .max, store.calls[slot].marks.contains(.sent) else {
            // Nobody asked: what comes next would be given to the wrong one.
            return perform(store.links[l].machine.on(.garbled), onStoreLink: l, plan)
        }
        guard !store.calls[slot].marks.contains(.asking) else {
            guard store.links[l].reader.isMessage else {
                return perform(store.links[l].machine.on(.garbled), onStoreLink: l, plan)
            }
            store.calls[slot].marks.remove(.asking)
            return
        }
        store.links[l].overdueSince = nil
        takeStoreAnswer(l, plan)
    }

    private func greetingReply(_ l: UInt32) -> StoreLinkMachine.Reply {
        if let error = store.links[l].reader.error { return .refused(StoreTrouble(error)) }
        guard store.links[l].machine.greeting.next == .role else {
            return store.links[l].reader.isMessage ? .fine : .refused(.garbled)
        }
        return ServerRole(store.links[l].reader.tape) == .master ? .fine : .refused(.notMaster)
    }

    private mutating func takeStoreAnswer(_ l: UInt32, _ plan: StorePlan) {
        let call = store.calls[store.links[l].queue.head]
        let isAbandoned = call.marks.contains(.abandoned)
        if let error = store.links[l].reader.error {
            guard !isAbandoned else { return dropFirstCall(l) }
            return takeStoreError(error, l, plan)
        }
        switch call.asker {
        case .trial(let node):
            guard store.links[l].reader.isMessage else {
                return perform(store.links[l].machine.on(.garbled), onStoreLink: l, plan)
            }
            dropFirstCall(l)
            if !isAbandoned { endStoreTrial(node, slowness(of: call, plan)) }
        case .exchange, .settlement, .debt, .delivery, .replayNote, .forgetting:
            guard readStoreIntegers(l) else {
                return perform(store.links[l].machine.on(.garbled), onStoreLink: l, plan)
            }
            dropFirstCall(l)
            guard !isAbandoned else { return }
            if let trouble = slowness(of: call, plan) {
                noteStoreFailure(trouble, plan)
            } else if let change = plan.breaker.noteSuccess(at: transport.now.nanoseconds) {
                note(change, .slow)
            }
            tellStoreAsker(call, .integers)
        }
    }

    private mutating func readStoreIntegers(_ l: UInt32) -> Bool {
        store.links[l].reader.readIntegers(into: &store.reply) != nil
    }

    private mutating func dropFirstCall(_ l: UInt32) {
        _ = store.links[l].removeFirst(from: &store.calls)
        store.links[l].dropUnsent(from: &store.calls)
    }

    private func slowness(of call: StoreCall, _ plan: StorePlan) -> StoreTrouble? {
        guard let slow = plan.slow, transport.now.nanoseconds(since: call.asked) >= slow else {
            return nil
        }
        return .slow
    }

    // MARK: Errors

    private mutating func takeStoreError(
        _ error: StoreError, _ l: UInt32, _ plan: StorePlan
    ) {
        let call = store.calls[store.links[l].queue.head]
        switch error {
        case .noScript where call.form == .digest:
            var again = call
            // Those behind the first are answered after the server has learnt the script, but for
            // one that forgets it in between.
            let isTaught =
                !call.marks.contains(.repeated) && store.links[l].queue.teaches(call.asker.script)
            again.form = isTaught ? .digest : .text
            again.marks = [.repeated]
            if call.marks.contains(.redirected) {
                again.marks.formUnion([.redirected])
                // On a node that does not own the slot yet, each command needs leave of its own.
                if call.marks.contains(.visiting) { again.marks.formUnion([.asking, .visiting]) }
            }
            repeatFirstCall(of: l, as: again, on: l, error)
        case .moved(let to) where mayRedirect(call):
            wantStoreTopology()
            redirectFirstCall(of: l, to: to.server, isVisit: false, error, plan)
        case .ask(let to) where mayRedirect(call):
            redirectFirstCall(of: l, to: to.server, isVisit: true, error, plan)
        default: refuseFirstCall(of: l, error)
        }
    }

    private func mayRedirect(_ call: StoreCall) -> Bool {
        if case .trial = call.asker { return false }
        return store.topology.isCluster && !call.marks.contains(.redirected)
    }

    private mutating func redirectFirstCall(
        of l: UInt32, to server: ServerName, isVisit: Bool, _ error: StoreError, _ plan: StorePlan
    ) {
        guard let target = storeLink(to: server, namedBy: l, plan) else {
            return refuseFirstCall(of: l, error)
        }
        var again = store.calls[store.links[l].queue.head]
        again.form = .digest
        again.marks = isVisit ? [.redirected, .visiting, .asking] : .redirected
        repeatFirstCall(of: l, as: again, on: target, error)
    }

    /// Puts a link's first call behind those of a link, perhaps the same one.
    private mutating func repeatFirstCall(
        of l: UInt32, as call: StoreCall, on target: UInt32, _ error: StoreError
    ) {
        guard let plan = store.plan, case .admitting = plan.breaker.state else {
            // Nothing more is sent by now, not even once more.
            let call = store.links[l].removeFirst(from: &store.calls)
            store.links[l].dropUnsent(from: &store.calls)
            return failStoreCall(call, .error, StoreTrouble(error))
        }
        var tail = pool.take(call.byteCount <= BufferPool.smallBytes ? .small : .large)
        tail.append(store.links[l].tails, count: Int(call.byteCount))
        dropFirstCall(l)
        var again = call
        again.next = .max
        let isTaken = !tail.hasOverflowed && store.enqueue(again, tail: tail, on: target)
        pool.give(tail)
        if !isTaken { failStoreCall(again, .error, StoreTrouble(error)) }
    }

    private mutating func refuseFirstCall(of l: UInt32, _ error: StoreError) {
        let trouble = StoreTrouble(error)
        let call = store.links[l].removeFirst(from: &store.calls)
        store.links[l].dropUnsent(from: &store.calls)
        guard case .calls(let node) = store.links[l].errand else { return }
        doubtStoreNode(node, trouble)
        failStoreCall(call, .error, trouble)
        // A master that was demoted keeps its connections, while its name or address may lead to
        // the new one by now.
        if case .readOnly = error { closeStoreLinks(of: node) }
    }
}

extension ReplyReader {
    /// Whether it is a status or an error, as commands of our own are answered.
    fileprivate var isMessage: Bool {
        switch root {
        case .status?, .error?: true
        default: false
        }
    }

    /// What the reply says, if it is an error.
    fileprivate var error: StoreError? {
        guard case .error(let range)? = root else { return nil }
        return StoreError(tape.text.span.extracting(range.indices))
    }
}
