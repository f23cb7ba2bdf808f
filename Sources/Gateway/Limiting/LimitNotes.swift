import Bytes
import Policy

/// What a response tells of limits, written down before its head; one a loop, used anew.
struct LimitNotes: ~Copyable {
    /// Whole lines.
    private(set) var lines = Buffer(capacity: LimitNotes.linesBytesMax)
    /// A JSON array of the limits that refuse the request; empty without any.
    private(set) var violated = Buffer(capacity: LimitNotes.violatedBytesMax)

    static let legacyNames = [
        "X-RateLimit-Limit", "X-RateLimit-Remaining", "X-RateLimit-Reset",
    ]
    /// Eight limits with names of 64 bytes, twice each with two numbers, and the legacy fields.
    static let linesBytesMax = 8 * (2 * 66 + 64) + 256
    /// Eight names.
    static let violatedBytesMax = 8 * 67 + 2

    /// Whether there may be anything.
    private(set) var isWritten = false

    mutating func clear() {
        lines.removeAll()
        violated.removeAll()
        isWritten = false
    }

    /// Writes that the one limit of a route let the request pass; nothing stands here yet.
    @inline(__always) mutating func write(_ trace: LimitTrace, by plan: LimitPlan) {
        isWritten = true
        if plan.settings.fields.isStandard {
            lines.append(plan.texts.lines)
            lines.append(decimal: trace.remaining)
            if trace.seconds > 0 {
                lines.append(";t=")
                lines.append(decimal: UInt64(trace.seconds))
            }
            lines.append("\r\n")
        }
        if plan.settings.fields.isLegacy {
            writeLegacy(plan, remaining: trace.remaining, seconds: trace.seconds)
        }
    }

    /// Writes what a ledger says.
    ///
    /// A limit that there was no store to ask says nothing, nor does one that only watches.
    mutating func write(
        _ ledgers: borrowing LedgerShelf, _ ledger: UInt32, by plans: [LimitPlan]
    ) {
        clear()
        isWritten = true
        var told = Told()
        for index in ledgers.entries(of: ledger) {
            if ledgers[ledger, index].isRefused { told.hasViolations = true }
            let plan = plans[Int(ledgers[ledger, index].limit)]
            guard plan.tellsClients, ledgers[ledger, index].isDecided else { continue }
            if plan.settings.fields.isStandard { told.standard |= 1 << index }
            if plan.settings.fields.isLegacy { told.legacy |= 1 << index }
        }
        if told.standard != 0 { writeStandard(ledgers, ledger, plans, told.standard) }
        if told.legacy != 0 { writeLegacy(ledgers, ledger, plans, told.legacy) }
        if told.hasViolations { writeViolated(ledgers, ledger, plans) }
    }

    /// Which entries are told of, a bit for each.
    private struct Told {
        var standard: UInt8 = 0
        var legacy: UInt8 = 0
        var hasViolations = false
    }

    private mutating func writeStandard(
        _ ledgers: borrowing LedgerShelf, _ ledger: UInt32, _ plans: [LimitPlan], _ told: UInt8
    ) {
        lines.append("RateLimit-Policy: ")
        var rest = told
        while rest != 0 {
            let index = rest.trailingZeroBitCount
            rest &= rest &- 1
            lines.append(plans[Int(ledgers[ledger, index].limit)].texts.policy)
            if rest != 0 { lines.append(", ") }
        }
        lines.append("\r\nRateLimit: ")
        rest = told
        while rest != 0 {
            let index = rest.trailingZeroBitCount
            rest &= rest &- 1
            lines.append(plans[Int(ledgers[ledger, index].limit)].texts.standing)
            lines.append(decimal: ledgers[ledger, index].remaining)
            if ledgers[ledger, index].seconds > 0 {
                lines.append(";t=")
                lines.append(decimal: UInt64(ledgers[ledger, index].seconds))
            }
            if rest != 0 { lines.append(", ") }
        }
        lines.append("\r\n")
    }

    /// Of several limits the one with the least left: these fields tell of one alone.
    private mutating func writeLegacy(
        _ ledgers: borrowing LedgerShelf, _ ledger: UInt32, _ plans: [LimitPlan], _ told: UInt8
    ) {
        var scarcest = told.trailingZeroBitCount
        for index in ledgers.entries(of: ledger) where told >> index & 1 == 1 {
            if ledgers[ledger, index].remaining < ledgers[ledger, scarcest].remaining {
                scarcest = index
            }
        }
        let entry = ledgers[ledger, scarcest]
        writeLegacy(
            plans[Int(entry.limit)], remaining: entry.remaining, seconds: entry.seconds)
    }

    private mutating func writeLegacy(_ plan: LimitPlan, remaining: UInt64, seconds: UInt32) {
        lines.append("X-RateLimit-Limit: ")
        lines.append(decimal: plan.settings.burst)
        lines.append("\r\nX-RateLimit-Remaining: ")
        lines.append(decimal: remaining)
        lines.append("\r\nX-RateLimit-Reset: ")
        lines.append(decimal: UInt64(seconds))
        lines.append("\r\n")
    }

    private mutating func writeViolated(
        _ ledgers: borrowing LedgerShelf, _ ledger: UInt32, _ plans: [LimitPlan]
    ) {
        for index in ledgers.entries(of: ledger) {
            guard ledgers[ledger, index].isRefused else { continue }
            violated.append(violated.isEmpty ? "[" : ",")
            violated.append(plans[Int(ledgers[ledger, index].limit)].texts.name)
        }
        if !violated.isEmpty { violated.append("]") }
    }
}
