import Bytes
import Policy

/// What a response tells of limits, written down before its head; one a loop, used anew.
struct LimitNotes: ~Copyable {
    /// Whole lines.
    private(set) var lines = Buffer(capacity: LimitNotes.linesBytesMax)
    /// A JSON array of the limits that refuse the request; empty without any.
    private(set) var violated = Buffer(capacity: LimitNotes.violatedBytesMax)

    /// Eight limits with names of 64 bytes, twice each with two numbers, and the legacy fields.
    static let linesBytesMax = 8 * (2 * 66 + 64) + 256
    /// Eight names.
    static let violatedBytesMax = 8 * 67 + 2

    var isEmpty: Bool { lines.isEmpty && violated.isEmpty }

    mutating func clear() {
        lines.removeAll()
        violated.removeAll()
    }

    /// Writes what a ledger says.
    ///
    /// A limit that there was no store to ask for says nothing; and none does to a client that
    /// nobody wants to be told.
    mutating func write(_ ledger: borrowing LimitLedger, by plans: [LimitPlan]) {
        clear()
        writeItems(of: ledger, plans, "RateLimit-Policy: ") { entry, plan, lines in
            lines.append(plan.texts.policy)
        }
        writeItems(of: ledger, plans, "RateLimit: ") { entry, plan, lines in
            lines.append(plan.texts.standing)
            lines.append(decimal: entry.remaining)
            guard entry.seconds > 0 else { return }
            lines.append(";t=")
            lines.append(decimal: UInt64(entry.seconds))
        }
        writeLegacy(ledger, plans)
        writeViolated(ledger, plans)
    }

    private mutating func writeItems(
        of ledger: borrowing LimitLedger, _ plans: [LimitPlan], _ name: StaticString,
        _ item: (LimitEntry, LimitPlan, inout Buffer) -> Void
    ) {
        var isFirst = true
        for index in 0..<ledger.count {
            let entry = ledger[index]
            let plan = plans[Int(entry.limit)]
            guard entry.isTold(by: plan), plan.settings.fields.isStandard else { continue }
            if isFirst { lines.append(name) } else { lines.append(", ") }
            isFirst = false
            item(entry, plan, &lines)
        }
        if !isFirst { lines.append("\r\n") }
    }

    /// Of several limits the one with the least left: these fields tell of one alone.
    private mutating func writeLegacy(_ ledger: borrowing LimitLedger, _ plans: [LimitPlan]) {
        var scarcest: Int?
        for index in 0..<ledger.count {
            let entry = ledger[index]
            let plan = plans[Int(entry.limit)]
            guard entry.isTold(by: plan), plan.settings.fields.isLegacy else { continue }
            if let other = scarcest, ledger[other].remaining <= entry.remaining { continue }
            scarcest = index
        }
        guard let scarcest else { return }
        lines.append("X-RateLimit-Limit: ")
        lines.append(decimal: plans[Int(ledger[scarcest].limit)].settings.burst)
        lines.append("\r\nX-RateLimit-Remaining: ")
        lines.append(decimal: ledger[scarcest].remaining)
        lines.append("\r\nX-RateLimit-Reset: ")
        lines.append(decimal: UInt64(ledger[scarcest].seconds))
        lines.append("\r\n")
    }

    private mutating func writeViolated(_ ledger: borrowing LimitLedger, _ plans: [LimitPlan]) {
        for index in 0..<ledger.count {
            guard case .refused = ledger[index].ruling else { continue }
            violated.append(violated.isEmpty ? "[" : ",")
            violated.append(plans[Int(ledger[index].limit)].texts.name)
        }
        if !violated.isEmpty { violated.append("]") }
    }
}

extension LimitEntry {
    /// Whether there is a standing to tell of; that of a limit which only watches is no business of
    /// clients.
    fileprivate func isTold(by plan: LimitPlan) -> Bool {
        guard case .enforce = plan.settings.mode else { return false }
        return switch ruling {
        case .admitted, .reserved, .leased, .refused: true
        case .pending, .shadowRefused, .waved: false
        }
    }
}
