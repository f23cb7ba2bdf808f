import Bytes
import Linux
import Policy
import Redis
import Telemetry

/// Limits that Redis decides, for all gateways together.
extension Worker where Kernel: ~Copyable {
    /// Decides the entries of a stage by leases, by Redis, or without it, as it goes.
    mutating func decideByStore(
        _ limits: [RouteLimit], _ ledger: UInt32, _ x: UInt32
    ) -> StageRuling {
        takeLeased(limits, ledger)
        guard desk.limits.ledgers.pendingEntries(of: ledger) != 0 else { return .admitted }
        guard storeAdmits(), ask(limits, ledger, x) else { return decideAway(limits, ledger) }
        return .awaited
    }

    /// Takes what was fetched ahead of the request.
    private mutating func takeLeased(_ limits: [RouteLimit], _ ledger: UInt32) {
        let now = transport.now.nanoseconds / 1000
        for index in desk.limits.ledgers.stage(of: ledger) {
            let limit = limits[Int(desk.limits.ledgers[ledger, index].use)]
            guard limit.plan.settings.lease > 1 else { continue }
            let standing = desk.limits.store.leases.take(
                desk.limits.ledgers[ledger, index].key, limit: limit.limit, cost: limit.cost,
                at: now)
            guard let standing else { continue }
            desk.limits.ledgers[ledger, index].lease(
                remaining: standing.left &+ standing.elsewhere, seconds: limit.secondsAToken)
            sight.metrics.limitDecided(limit.limit, .admitted, by: .redis)
        }
    }

    // MARK: Asking

    /// Asks about all entries that are pending: in one call if their keys share a slot, else in
    /// several at a time.
    ///
    /// - Returns: Whether anything was asked.
    private mutating func ask(
        _ limits: [RouteLimit], _ ledger: UInt32, _ x: UInt32
    ) -> Bool {
        let left = min(exchanges[x].admission.storeLeft, plan.storeTimeout)
        guard left > 0 else { return false }
        exchanges[x].admission.storeLeft = left
        exchanges[x].admission.storeAsked = transport.now
        let deadline = transport.now.advanced(byNanoseconds: left)
        var rest = desk.limits.ledgers.pendingEntries(of: ledger)
        while rest != 0 {
            let (entries, slot) = desk.limits.entriesOfOneSlot(among: rest, of: ledger)
            rest &= ~entries
            composeTail(entries, limits, ledger, until: deadline)
            let asker = StoreAsker.exchange(exchanges.index(of: x), entries: entries)
            let isAsked = callScript(
                for: asker, keyCount: entries.nonzeroBitCount, slot: slot, until: deadline)
            if isAsked {
                exchanges[x].admission.callCount += 1
            } else {
                endFetches(entries, ledger)
            }
        }
        return exchanges[x].admission.callCount > 0
    }

    /// Calls the bucket script about the keys in `desk.limits.store.tail`.
    ///
    /// - Returns: Whether there will be an answer.
    mutating func callScript(
        for asker: StoreAsker, keyCount: Int, slot: UInt16, until deadline: MonotonicInstant
    ) -> Bool {
        let tail = desk.limits.store.tail.take()
        let isAsked = askStore(
            asker, tail: tail, argumentCount: 1 + keyCount * (1 + BucketScript.argumentCount),
            slot: slot, deadline: deadline)
        desk.limits.store.tail = tail
        return isAsked
    }

    /// Writes keys and arguments of the entries whose bits are set.
    private mutating func composeTail(
        _ entries: UInt8, _ limits: [RouteLimit], _ ledger: UInt32, until deadline: MonotonicInstant
    ) {
        desk.limits.store.beginTail(keyCount: entries.nonzeroBitCount)
        for index in 0..<LedgerShelf.entriesMax where entries >> index & 1 == 1 {
            desk.limits.appendStoreKey(index, of: ledger)
        }
        let now = transport.now.nanoseconds / 1000
        let end = deadline.nanoseconds / 1000
        for index in 0..<LedgerShelf.entriesMax where entries >> index & 1 == 1 {
            let limit = limits[Int(desk.limits.ledgers[ledger, index].use)]
            var operation: StaticString = limit.plan.isShadow ? "shadow" : "take"
            if limit.plan.settings.lease > 1, !limit.plan.isShadow,
                desk.limits.store.leases.beginFetch(
                    desk.limits.ledgers[ledger, index].key, limit: limit.limit, at: now, until: end)
            {
                operation = "lease"
                desk.limits.ledgers[ledger, index].isFetching = true
            }
            desk.limits.store.appendArguments(
                operation, price: limit.price, lease: limit.leasePrice, of: limit.plan.shape)
        }
    }

    // MARK: Answers

    /// Takes an answer about some entries of an exchange; the last one decides the stage.
    mutating func limitsAnswered(_ index: SlabIndex, _ entries: UInt8, _ answer: StoreAnswer) {
        // Who has gone keeps what was taken: for a client that leaves there is no refund.
        guard exchanges.contains(index), exchanges[index.slot].admission.callCount > 0,
            let stage = exchanges[index.slot].plan.verdict.awaits
        else { return }
        let x = index.slot
        let ledger = exchanges[x].admission.ledger
        let limits = limits(of: stage, x)
        exchanges[x].admission.callCount -= 1
        if case .integers = answer { readReply(about: entries, limits, ledger) }
        endFetches(entries, ledger)
        guard exchanges[x].admission.callCount == 0 else { return }
        exchanges[x].admission.endWait(at: transport.now)
        switch conclude(limits, ledger) {
        case .admitted: leave(x)
        case .refused(let reason): exchanges[x].plan.verdict.refuse(reason)
        case .awaited: return
        }
        passLimits(x)
    }

    /// Notes what the script said of each entry.
    private mutating func readReply(
        about entries: UInt8, _ limits: [RouteLimit], _ ledger: UInt32
    ) {
        let count = entries.nonzeroBitCount
        // Whoever answers something else is not to be believed; it counts as no answer.
        guard let reply = StoreReply(store.reply, keyCount: count) else {
            return noteStoreNonsense()
        }
        let now = transport.now.nanoseconds / 1000
        let isRefused = isRefused(reply, entries, limits, ledger)
        var place = 0
        for index in 0..<LedgerShelf.entriesMax where entries >> index & 1 == 1 {
            let told = reply[place]
            place += 1
            let limit = limits[Int(desk.limits.ledgers[ledger, index].use)]
            let local = limit.plan.localShape.bucket(fullAt: told.full, by: reply.now, at: now)
            limit.plan.table.raise(desk.limits.ledgers[ledger, index].key, to: local, at: now)
            rule(index, ledger, limit, told, by: reply.now, isTaken: !isRefused)
        }
    }

    /// Whether a limit that the call was about refuses the request, so that nothing was taken.
    private func isRefused(
        _ reply: StoreReply, _ entries: UInt8, _ limits: [RouteLimit], _ ledger: UInt32
    ) -> Bool {
        var place = 0
        for index in 0..<LedgerShelf.entriesMax where entries >> index & 1 == 1 {
            let limit = limits[Int(desk.limits.ledgers[ledger, index].use)]
            if !reply[place].isAdmitted, !limit.plan.isShadow { return true }
            place += 1
        }
        return false
    }

    private mutating func rule(
        _ index: Int, _ ledger: UInt32, _ limit: RouteLimit, _ told: StoreReply.Bucket,
        by storeNow: UInt64, isTaken: Bool
    ) {
        let shape = limit.plan.shape
        let bucket = Bucket(full: told.full)
        let standing = shape.standing(of: bucket, at: storeNow)
        desk.limits.ledgers[ledger, index].note(standing)
        guard told.isAdmitted else {
            let isShadow = limit.plan.isShadow
            let wait = shape.wait(for: limit.price, of: bucket, at: storeNow)
            desk.limits.ledgers[ledger, index].refuse(by: .redis, wait: wait, isShadow: isShadow)
            return sight.metrics.limitDecided(
                limit.limit, isShadow ? .shadowRefused : .refused, by: .redis)
        }
        guard isTaken else {
            desk.limits.ledgers[ledger, index].ruling = .spared
            return
        }
        desk.limits.ledgers.admit(ledger, index, by: .redis, isReserved: limit.plan.counted != nil)
        if told.isLeased { keepLease(index, ledger, limit, standing) }
        sight.metrics.limitDecided(limit.limit, .admitted, by: .redis)
    }

    /// Keeps what was fetched beyond what the request takes.
    private mutating func keepLease(
        _ index: Int, _ ledger: UInt32, _ limit: RouteLimit, _ standing: BucketStanding
    ) {
        let now = transport.now.nanoseconds / 1000
        let tokens = limit.lease - limit.cost
        desk.limits.store.leases.store(
            desk.limits.ledgers[ledger, index].key, limit: limit.limit, tokens: tokens,
            elsewhere: standing.remaining, until: now &+ limit.plan.leaseLife, at: now)
        desk.limits.ledgers[ledger, index].remaining = standing.remaining &+ tokens
    }

    private mutating func endFetches(_ entries: UInt8, _ ledger: UInt32) {
        for index in 0..<LedgerShelf.entriesMax where entries >> index & 1 == 1 {
            guard desk.limits.ledgers[ledger, index].endFetch() else { continue }
            let entry = desk.limits.ledgers[ledger, index]
            desk.limits.store.leases.endFetch(entry.key, limit: Int(entry.limit))
        }
    }

    /// Decides a stage all of whose calls were answered or have failed.
    private mutating func conclude(_ limits: [RouteLimit], _ ledger: UInt32) -> StageRuling {
        if desk.limits.ledgers.isStageRefused(ledger) {
            giveBackStage(ledger)
            return .refused(.limitReached)
        }
        guard desk.limits.ledgers.pendingEntries(of: ledger) != 0 else { return .admitted }
        return decideAway(limits, ledger)
    }
}
