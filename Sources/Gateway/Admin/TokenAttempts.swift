import Synchronization

/// Slows down whoever tries tokens: each wrong one is answered late, and few at a time.
///
/// The right token is never made to wait. While as many wrong ones wait as may, no further one is
/// looked at.
final class TokenAttempts: Sendable {
    /// Guarded by being atomic.
    private let waiting = Atomic<Int>(0)

    /// Wrong tokens that wait for their answers.
    static let waitingMax = 4
    /// What a wrong token waits for its answer.
    static let delay: Duration = .seconds(1)

    /// Whether another token may be looked at.
    var admitsAnother: Bool { waiting.load(ordering: .relaxed) < Self.waitingMax }

    func begin() { waiting.add(1, ordering: .relaxed) }
    func end() { waiting.subtract(1, ordering: .relaxed) }
}
