import Linux
import Synchronization
import TLS
import Telemetry

/// The contexts that serve, and what is wrong with files that should have made newer ones.
final class CertificateBoard: Sendable {
    private struct State {
        var contexts: SecureContexts
        var problems: [ProvisioningProblem]
    }

    /// Guard: the mutex, held for a copy; loops look once, when they begin or go over to another
    /// configuration.
    private let state: Mutex<State>

    init(_ contexts: SecureContexts = .none) {
        state = Mutex(State(contexts: contexts, problems: []))
    }

    var contexts: SecureContexts { state.withLock { $0.contexts } }

    /// Takes note of contexts that serve from now on.
    ///
    /// - Parameters:
    ///   - problems: Why some of them are as they were before.
    ///   - unread: Whose problems are what they were.
    func set(
        _ contexts: SecureContexts, _ problems: [ProvisioningProblem],
        unread: Set<ProvisioningProblem.Owner> = []
    ) {
        state.withLock { state in
            let kept = state.problems.filter { unread.contains($0.owner) }
            state = State(contexts: contexts, problems: kept + problems)
        }
    }

    /// One certificate that is served.
    struct Entry: Equatable {
        let listener: String
        /// Its first name.
        let name: String
        /// Seconds since 1970.
        let validUntil: Int64
    }

    /// By listener and name; of several of one name the one that ends first.
    var entries: [Entry] {
        var entries: [Entry] = []
        for listener in contexts.listeners.compactMap(\.self) {
            let scope = listener.context.settings.scope
            for pair in listener.context.settings.pairs {
                let entry = Entry(
                    listener: scope, name: pair.names.first ?? "-", validUntil: pair.validUntil)
                let known = entries.firstIndex {
                    $0.listener == entry.listener && $0.name == entry.name
                }
                guard let known else {
                    entries.append(entry)
                    continue
                }
                if entry.validUntil < entries[known].validUntil { entries[known] = entry }
            }
        }
        return entries
    }

    /// What `/readyz` says of them; `nil` where nobody has a certificate.
    ///
    /// - Parameter now: Nanoseconds since 1970.
    func check(at now: UInt64) -> HealthCheck? {
        let entries = entries
        let hasProblems = state.withLock { !$0.problems.isEmpty }
        guard !entries.isEmpty || hasProblems else { return nil }
        let left = entries.map { $0.secondsLeft(at: now) }.min() ?? .max
        let reason: StaticString? =
            left <= 0
            ? "expired"
            : hasProblems ? "not_read" : left < Self.noticeSeconds ? "expires_soon" : nil
        return HealthCheck(
            name: "certificates", status: reason == nil ? .healthy : .degraded, reason: reason)
    }

    /// Seven days: those who renew by themselves have done so by then.
    private static let noticeSeconds: Int64 = 7 * 86_400
}

extension CertificateBoard.Entry {
    /// Negative once it has ended.
    ///
    /// - Parameter now: Nanoseconds since 1970.
    func secondsLeft(at now: UInt64) -> Int64 { validUntil - Int64(now / 1_000_000_000) }
}
