import Bytes
import Config
import HTTP
import Policy
import Telemetry

/// What the limits of a route make of a request, as far as its head tells, where nobody has taken
/// from a bucket before.
struct LimitRehearsal {
    /// What a limit tells the request's client by.
    enum Key: Equatable {
        /// As ``LimitKeyPlan`` reads it.
        case material([UInt8])
        /// Known with the body.
        case inBody
        case exempt
        /// The request has none and is not limited, or is refused for it.
        case skipped, rejected
        /// The request does not come as far.
        case unread
    }

    struct Entry {
        let use: LimitUse
        let plan: LimitPlan
        var key = Key.unread
        /// Whether the request takes from a bucket.
        var takes = false
    }

    /// In the order of the route.
    private(set) var entries: [Entry]
    /// Places of ``entries`` in the order in which they are looked at.
    private var order: [Int] = []

    /// - Parameter route: `nil` if none takes the request.
    init(_ route: Int?, of plan: Plan) {
        let uses = route.map { plan.snapshot.routes[$0].limits } ?? []
        entries = uses.map { Entry(use: $0, plan: plan.commons.limits[$0.limit]) }
    }

    /// Takes the request through a stage.
    ///
    /// - Returns: `false` if a limit refuses it for the lack of a key.
    mutating func pass(
        _ stage: PolicyStage, _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>,
        _ verdict: Verdict, _ scratch: inout PolicyScratch
    ) -> Bool {
        let places = entries.indices.filter { entries[$0].plan.settings.stage == stage }
        order += places
        for place in places {
            let key = entries[place].plan.key
            if key.isExempt(head, in: bytes, client: verdict.identity.client) {
                entries[place].key = .exempt
            } else if case .body = stage {
                entries[place].key = .inBody
            } else {
                entries[place].key = read(key, head, in: bytes, verdict, &scratch)
            }
        }
        if places.contains(where: { entries[$0].key == .rejected }) { return false }
        for place in places { entries[place].takes = entries[place].isConcerned }
        return true
    }

    private func read(
        _ key: LimitKeyPlan, _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>,
        _ verdict: Verdict, _ scratch: inout PolicyScratch
    ) -> Key {
        var material = Buffer(capacity: LimitKeyPlan.materialBytesMax)
        switch key.read(head, in: bytes, verdict, scratch: &scratch, into: &material) {
        case .found: return .material(material.copy())
        case .skipped: return .skipped
        case .rejected: return .rejected
        }
    }

    /// The names of the limits that hold for the request, in the order of the route.
    var names: [String] { entries.filter(\.isConcerned).map(\.plan.settings.name) }

    /// What a response tells of limits.
    ///
    /// - Parameter status: `nil` for the app's, of which the best is hoped.
    func notes(status: UInt16?) -> LimitNotes {
        var ledgers = LedgerShelf(capacity: 1)
        let ledger = ledgers.open()
        for place in order where entries[place].takes {
            let entry = entries[place]
            let limit = RouteLimit(entry.use, of: entry.plan)
            var bucket = Bucket.untouched
            let isCounted = entry.plan.counted.map { status.map($0.contains) ?? false } ?? true
            if isCounted { _ = bucket.take(limit.price, of: entry.plan.shape, at: 0) }
            let index = ledgers.entries(of: ledger).count
            ledgers.append(limit, place, BucketKey(low: 0, high: 0), to: ledger)
            ledgers[ledger, index].note(entry.plan.shape.standing(of: bucket, at: 0))
            ledgers.admit(ledger, index, by: .local, isReserved: false)
        }
        var notes = LimitNotes()
        notes.write(ledgers, ledger, by: plans)
        return notes
    }

    /// By index of the snapshot, as far as the route names them.
    private var plans: [LimitPlan] {
        guard let first = entries.first else { return [] }
        let count = (entries.map(\.use.limit).max() ?? 0) + 1
        var plans = Array(repeating: first.plan, count: count)
        for entry in entries { plans[entry.use.limit] = entry.plan }
        return plans
    }
}

extension LimitRehearsal.Entry {
    /// Whether the limit holds for the request.
    var isConcerned: Bool {
        switch key {
        case .material, .inBody, .rejected: true
        case .exempt, .skipped, .unread: false
        }
    }
}
