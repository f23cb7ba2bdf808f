import Bytes
import Linux
import Policy
import Redis
import Telemetry

/// What holds while Redis is away, and what it is told when it is back.
extension Worker where Kernel: ~Copyable {
    /// Decides what is pending of a stage as each limit's `on_store_failure` says.
    mutating func decideAway(_ limits: [RouteLimit], _ ledger: UInt32) -> StageRuling {
        for index in desk.limits.ledgers.stage(of: ledger)
        where desk.limits.ledgers[ledger, index].isPending {
            let limit = limits[Int(desk.limits.ledgers[ledger, index].use)]
            switch limit.plan.settings.onStoreFailure {
            case .local: continue
            case .allow: sight.metrics.limitDecided(limit.limit, .admitted, by: .local)
            case .deny where limit.plan.isShadow:
                sight.metrics.limitDecided(limit.limit, .shadowRefused, by: .local)
            case .deny:
                sight.metrics.limitDecided(limit.limit, .refused, by: .local)
                giveBackStage(ledger)
                return .refused(.limitUndecided)
            }
            desk.limits.ledgers[ledger, index].ruling = .waved
        }
        let decided = desk.limits.ledgers.pendingEntries(of: ledger)
        let ruling = decideLocally(limits, ledger)
        guard case .admitted = ruling else { return ruling }
        for index in desk.limits.ledgers.stage(of: ledger)
        where decided >> index & 1 == 1 && desk.limits.ledgers[ledger, index].isAdmitted {
            owe(index, of: ledger)
        }
        return ruling
    }

    /// Writes down what was taken here and is to be charged to Redis.
    mutating func owe(_ index: Int, of ledger: UInt32) {
        desk.limits.owe(index, of: ledger, plan)
        sight.metrics.limitDebtsDropped(desk.limits.store.debts.droppedCount)
        store.wake(at: transport.now.advanced(byNanoseconds: Self.debtPause))
    }

    /// How long a debt waits at least, in nanoseconds, if nobody says that the store is back: it
    /// may not have been away, but busy, or without a connection for a moment.
    static var debtPause: UInt64 { 50_000_000 }

    /// Pays what is owed, or looks again in a while.
    mutating func tendDebts(_ plan: StorePlan) {
        guard desk.limits.store.debts.count > 0 else { return }
        if case .admitting = plan.breaker.state, store.hasRoom { payDebts() }
        store.wake(at: transport.now.advanced(byNanoseconds: Self.debtPause))
    }

    /// Tells Redis that a request did not need what it took.
    mutating func giveBackToStore(_ index: Int, of ledger: UInt32) {
        let entry = desk.limits.ledgers[ledger, index]
        let limitPlan = plan.commons.limits[Int(entry.limit)]
        // If it does not arrive the tokens flow in again by themselves.
        guard storeAdmits() else { return }
        desk.limits.store.beginTail(keyCount: 1)
        let slot = desk.limits.appendStoreKey(index, of: ledger)
        desk.limits.store.appendArguments(
            "back", price: limitPlan.shape.price(of: entry.cost), lease: .zero,
            of: limitPlan.shape)
        _ = callScript(
            for: .settlement, keyCount: 1, slot: slot,
            until: transport.now.advanced(byNanoseconds: plan.storeTimeout))
    }

    // MARK: Debts

    /// Redis is asked again: it learns, one debt after the other, what was let pass meanwhile.
    mutating func payDebts() {
        guard desk.limits.store.payment == nil, storeAdmits() else { return }
        while let payment = desk.limits.store.nextPayment() {
            let limitPlan = plan.commons.limits[payment.debt.limit]
            let now = transport.now.nanoseconds / 1000
            // What has flowed in again since is owed no more.
            let cost = min(payment.debt.cost, limitPlan.missing(payment.debt.key, at: now))
            guard cost > 0 else { continue }
            desk.limits.store.payment = payment
            desk.limits.store.beginTail(keyCount: 1)
            let slot = desk.limits.store.appendKey(of: payment, limitPlan)
            desk.limits.store.appendArguments(
                "charge", price: limitPlan.shape.price(of: cost), lease: .zero,
                of: limitPlan.shape)
            let isAsked = callScript(
                for: .debt, keyCount: 1, slot: slot,
                until: transport.now.advanced(byNanoseconds: plan.storeTimeout))
            if !isAsked { postponePayment() }
            return
        }
    }

    /// Takes the answer to a debt's payment.
    mutating func debtAnswered(_ answer: StoreAnswer) {
        guard case .integers = answer, StoreReply(store.reply, keyCount: 1) != nil else {
            return postponePayment()
        }
        desk.limits.store.payment = nil
        payDebts()
    }

    /// Writes down once more what did not arrive, to be paid in a while.
    private mutating func postponePayment() {
        guard let payment = desk.limits.store.payment else { return }
        let burst = plan.commons.limits[payment.debt.limit].settings.burst
        desk.limits.store.putBackPayment(burst: burst)
        store.wake(at: transport.now.advanced(byNanoseconds: Self.debtPause))
    }
}
