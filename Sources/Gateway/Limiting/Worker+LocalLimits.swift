import Bytes
import Linux
import Policy
import Telemetry

/// Limits that the tables of this process decide: all without a store, and those of `local` while
/// it is away.
extension Worker where Kernel: ~Copyable {
    /// Decides what is pending of a stage: all is looked at before anything is taken.
    @inline(__always) mutating func decideLocally(
        _ limits: [RouteLimit], _ ledger: UInt32
    ) -> StageRuling {
        let now = transport.now.nanoseconds / 1000
        let entries = desk.limits.ledgers.stage(of: ledger)
        if entries.count > 1, !lookAll(limits, ledger, at: now) {
            giveBackStage(ledger)
            return .refused(.limitReached)
        }
        for index in entries where desk.limits.ledgers[ledger, index].isPending {
            let limit = limits[Int(desk.limits.ledgers[ledger, index].use)]
            let reading = limit.plan.table.take(
                desk.limits.ledgers[ledger, index].key, limit.localPrice, at: now)
            guard rule(index, ledger, limit, reading, at: now) else {
                // With several, another loop was faster since the look.
                giveBackStage(ledger)
                return .refused(.limitReached)
            }
        }
        return .admitted
    }

    /// Looks at all that is pending, and takes nothing.
    ///
    /// - Returns: Whether no limit refuses.
    private mutating func lookAll(
        _ limits: [RouteLimit], _ ledger: UInt32, at now: UInt64
    ) -> Bool {
        for index in desk.limits.ledgers.stage(of: ledger)
        where desk.limits.ledgers[ledger, index].isPending {
            let limit = limits[Int(desk.limits.ledgers[ledger, index].use)]
            let reading = limit.plan.table.look(
                desk.limits.ledgers[ledger, index].key, limit.localPrice, at: now)
            if !reading.isAdmitted { _ = rule(index, ledger, limit, reading, at: now) }
        }
        return !desk.limits.ledgers.isStageRefused(ledger)
    }

    /// Notes what a bucket of this process said.
    ///
    /// - Returns: Whether the request passes.
    @inline(__always) private mutating func rule(
        _ index: Int, _ ledger: UInt32, _ limit: RouteLimit, _ reading: BucketReading,
        at now: UInt64
    ) -> Bool {
        let shape = limit.plan.localShape
        if limit.plan.tellsClients {
            desk.limits.ledgers[ledger, index].note(shape.standing(of: reading.bucket, at: now))
        }
        if reading.isAdmitted {
            desk.limits.ledgers.admit(
                ledger, index, by: .local, isReserved: limit.plan.counted != nil)
            sight.metrics.limitDecided(limit.limit, .admitted, by: .local)
            return true
        }
        let isShadow = limit.plan.isShadow
        let wait = shape.wait(for: limit.localPrice, of: reading.bucket, at: now)
        desk.limits.ledgers[ledger, index].refuse(by: .local, wait: wait, isShadow: isShadow)
        sight.metrics.limitDecided(limit.limit, isShadow ? .shadowRefused : .refused, by: .local)
        return isShadow
    }

    /// Gives back what a stage took that refuses its request after all.
    mutating func giveBackStage(_ ledger: UInt32) {
        for index in desk.limits.ledgers.stage(of: ledger)
        where desk.limits.ledgers[ledger, index].hasTaken {
            giveBack(index, of: ledger)
            desk.limits.ledgers[ledger, index].ruling = .spared
        }
    }

    /// Gives back what an entry took, to whomever it was taken from.
    private mutating func giveBack(_ index: Int, of ledger: UInt32) {
        let entry = desk.limits.ledgers[ledger, index]
        let limitPlan = plan.commons.limits[Int(entry.limit)]
        switch (entry.ruling, entry.store) {
        case (.leased, _):
            desk.limits.store.leases.giveBack(
                entry.key, limit: Int(entry.limit), cost: entry.cost)
        case (_, .redis): giveBackToStore(index, of: ledger)
        case (_, .local):
            limitPlan.table.giveBack(
                entry.key, limitPlan.localShape.price(of: entry.cost),
                at: transport.now.nanoseconds / 1000)
        }
    }

    /// Has limits that take only for certain answers learn the status of this one.
    @inline(__always) mutating func settleLimits(_ ledger: UInt32, status: UInt16) {
        if desk.limits.ledgers.hasReserved(ledger) { settleReserved(ledger, status) }
    }

    /// Has what was taken for an answer that never came stay taken: whoever leaves before a refusal
    /// would else try for nothing while Redis is away.
    mutating func oweReserved(_ ledger: UInt32) {
        guard desk.limits.store.isUsed else { return }
        for index in desk.limits.ledgers.entries(of: ledger)
        where desk.limits.ledgers[ledger, index].isReserved {
            if case .local = desk.limits.ledgers[ledger, index].store { owe(index, of: ledger) }
        }
    }

    private mutating func settleReserved(_ ledger: UInt32, _ status: UInt16) {
        desk.limits.ledgers.endReserving(ledger)
        for index in desk.limits.ledgers.entries(of: ledger)
        where desk.limits.ledgers[ledger, index].isReserved {
            let entry = desk.limits.ledgers[ledger, index]
            let limitPlan = plan.commons.limits[Int(entry.limit)]
            if let counted = limitPlan.counted, !counted.contains(status) {
                giveBack(index, of: ledger)
                let shape =
                    if case .redis = entry.store { limitPlan.shape } else { limitPlan.localShape }
                desk.limits.ledgers[ledger, index].giveBack(burst: shape.burst)
            } else if desk.limits.store.isUsed, case .local = entry.store {
                owe(index, of: ledger)
            }
            desk.limits.ledgers[ledger, index].ruling = .admitted
        }
    }
}
