import Bytes
import Crypto
import HTTP
import Linux
import Policy
import Telemetry

/// Limits that the tables of this process decide.
extension Worker where Kernel: ~Copyable {
    /// The limits of a stage of an exchange's route.
    func limits(of stage: LimitStage, _ x: UInt32) -> [RouteLimit] {
        plan.route(exchanges[x].plan.verdict.route).limits[stage]
    }

    /// Makes an entry in the ledger for each limit of a stage that concerns the request.
    ///
    /// - Returns: Why the request is refused whatever buckets hold, if it is.
    mutating func enterLimits(of stage: LimitStage, _ x: UInt32) -> RefusalReason? {
        for use in limits(of: stage, x).indices {
            let routeLimit = limits(of: stage, x)[use]
            let limit = plan.commons.limits[routeLimit.limit]
            if limit.key.hasExemptions, isExempt(limit.key, x) { continue }
            var entry = LimitEntry(routeLimit, use: use)
            if limit.key.isClientIP, let client = exchanges[x].plan.verdict.identity.client {
                entry.key = BucketKey(client)
            } else {
                switch readKey(limit.key, x) {
                case .found: entry.key = desk.limits.tag(by: plan.commons.keySecret)
                case .skipped: continue
                case .rejected: return .limitKeyMissing
                }
            }
            desk.limits.ledgers[exchanges[x].admission.ledger].append(entry)
        }
        return nil
    }

    private func isExempt(_ key: LimitKeyPlan, _ x: UInt32) -> Bool {
        let client = exchanges[x].plan.verdict.identity.client
        return exchanges[x].journal.text.withReadable { (bytes: borrowing Span<UInt8>) in
            key.isExempt(desk.requestHead, in: bytes, client: client)
        }
    }

    /// Reads a key into `desk.limits.material`.
    private mutating func readKey(_ key: LimitKeyPlan, _ x: UInt32) -> LimitKeyFinding {
        desk.limits.material.removeAll()
        let verdict = exchanges[x].plan.verdict
        return exchanges[x].journal.text.withReadable { (bytes: borrowing Span<UInt8>) in
            key.read(
                desk.requestHead, in: bytes, verdict, scratch: &desk.scratch,
                into: &desk.limits.material)
        }
    }

    /// Decides the entries of a stage by the tables of this process: all are looked at before any
    /// is taken from.
    mutating func decideLocally(of stage: LimitStage, _ x: UInt32) -> StageRuling {
        let ledger = exchanges[x].admission.ledger
        let entries = desk.limits.ledgers[ledger].stage
        let now = transport.now.nanoseconds / 1000
        var isRefused = false
        if entries.count > 1 {
            for index in entries {
                let limit = limits(of: stage, x)[Int(desk.limits.ledgers[ledger][index].use)]
                let reading = look(desk.limits.ledgers[ledger][index], limit, at: now)
                guard !reading.isAdmitted else { continue }
                if rule(index, of: ledger, limit, reading, at: now) { isRefused = true }
            }
        }
        guard !isRefused else { return .refused(.limitReached) }
        for index in entries where desk.limits.ledgers[ledger][index].ruling.isPending {
            let limit = limits(of: stage, x)[Int(desk.limits.ledgers[ledger][index].use)]
            let reading = take(desk.limits.ledgers[ledger][index], limit, at: now)
            if rule(index, of: ledger, limit, reading, at: now) {
                // Another loop was faster since the look.
                giveBack(of: stage, x, before: index, at: now)
                return .refused(.limitReached)
            }
        }
        return .admitted
    }

    private func look(_ entry: LimitEntry, _ limit: RouteLimit, at now: UInt64) -> BucketReading {
        plan.commons.limits[limit.limit].table.look(entry.key, limit.localPrice, at: now)
    }

    private func take(_ entry: LimitEntry, _ limit: RouteLimit, at now: UInt64) -> BucketReading {
        plan.commons.limits[limit.limit].table.take(entry.key, limit.localPrice, at: now)
    }

    /// Notes what a bucket said.
    ///
    /// - Returns: Whether the request is refused by it.
    private mutating func rule(
        _ index: Int, of ledger: UInt32, _ limit: RouteLimit, _ reading: BucketReading,
        at now: UInt64
    ) -> Bool {
        let limitPlan = plan.commons.limits[limit.limit]
        let shape = limitPlan.localShape
        let standing = shape.standing(of: reading.bucket, at: now)
        desk.limits.ledgers[ledger].note(index, standing)
        guard reading.isAdmitted else {
            let isShadow = limitPlan.isShadow
            let wait = shape.wait(for: limit.localPrice, of: reading.bucket, at: now)
            desk.limits.ledgers[ledger].refuse(index, wait: wait, isShadow: isShadow)
            sight.metrics.limitDecided(
                limit.limit, isShadow ? .shadowRefused : .refused, by: .local)
            return !isShadow
        }
        desk.limits.ledgers[ledger].admit(index, isReserved: limitPlan.counted != nil)
        sight.metrics.limitDecided(limit.limit, .admitted, by: .local)
        return false
    }

    /// Gives back what the entries of a stage before one of them took.
    private mutating func giveBack(
        of stage: LimitStage, _ x: UInt32, before end: Int, at now: UInt64
    ) {
        let ledger = exchanges[x].admission.ledger
        for index in desk.limits.ledgers[ledger].stage.lowerBound..<end {
            let entry = desk.limits.ledgers[ledger][index]
            guard entry.ruling.hasTaken else { continue }
            let limit = limits(of: stage, x)[Int(entry.use)]
            plan.commons.limits[limit.limit].table.giveBack(entry.key, limit.localPrice, at: now)
            desk.limits.ledgers[ledger].forget(index)
        }
    }

    /// Has limits that count certain answers keep what this one's request took, or give it back.
    mutating func settleLimits(_ ledger: UInt32, status: UInt16) {
        guard desk.limits.ledgers[ledger].hasReserved else { return }
        let now = transport.now.nanoseconds / 1000
        for index in 0..<desk.limits.ledgers[ledger].count {
            let entry = desk.limits.ledgers[ledger][index]
            guard case .reserved = entry.ruling else { continue }
            let limit = plan.commons.limits[Int(entry.limit)]
            desk.limits.ledgers[ledger].settle(index)
            guard let counted = limit.counted, !counted.contains(status) else { continue }
            let price = limit.localShape.price(of: entry.cost)
            limit.table.giveBack(entry.key, price, at: now)
            let bucket = limit.table.look(entry.key, price, at: now).bucket
            desk.limits.ledgers[ledger].note(
                index, limit.localShape.standing(of: bucket, at: now))
        }
    }
}
