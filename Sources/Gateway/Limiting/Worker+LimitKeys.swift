import Bytes
import HTTP
import Policy
import Telemetry

/// Which buckets a request takes from.
extension Worker where Kernel: ~Copyable {
    /// Makes an entry in the ledger for each limit of a stage that concerns the request in
    /// `desk.requestHead`.
    ///
    /// - Returns: Why the request is refused whatever buckets hold, if it is.
    @inline(__always) mutating func enter(
        _ limits: [RouteLimit], _ ledger: UInt32, _ verdict: Verdict, _ journal: borrowing Journal,
        of handshake: ClientHandshake?
    ) -> RefusalReason? {
        for use in limits.indices {
            let limit = limits[use]
            let key = limit.plan.key
            if key.hasExemptions, isExempt(key, verdict, journal) { continue }
            if key.isClientIP, !desk.limits.store.isUsed, let client = verdict.identity.client {
                desk.limits.ledgers.append(limit, use, BucketKey(client), to: ledger)
                continue
            }
            switch readKey(key, verdict, journal, of: handshake) {
            case .found:
                desk.limits.enter(limit, use, ledger, plan.commons.secret.keys, from: &pool)
            case .skipped: continue
            case .rejected: return .limitKeyMissing
            }
        }
        return nil
    }

    private func isExempt(
        _ key: LimitKeyPlan, _ verdict: Verdict, _ journal: borrowing Journal
    ) -> Bool {
        journal.text.withReadable { (bytes: borrowing Span<UInt8>) in
            key.isExempt(desk.requestHead, in: bytes, client: verdict.identity.client)
        }
    }

    /// Reads a key into `desk.limits.material`.
    private mutating func readKey(
        _ key: LimitKeyPlan, _ verdict: Verdict, _ journal: borrowing Journal,
        of handshake: ClientHandshake?
    ) -> LimitKeyFinding {
        desk.limits.material.removeAll()
        return journal.text.withReadable { (bytes: borrowing Span<UInt8>) in
            desk.limits.body.withReadable { (body: borrowing Span<UInt8>) in
                key.read(
                    desk.requestHead, in: bytes, verdict, of: handshake, scratch: &desk.scratch,
                    body: body, into: &desk.limits.material)
            }
        }
    }
}
