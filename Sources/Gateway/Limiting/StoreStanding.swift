import Linux

/// Whether a loop asks a node, and when it tries one again that failed.
///
///     trusted ── any failure ──► doubted ── pause over ──► tried ── answered in time ──► trusted
///                                   ▲                        │
///                                   └── no answer: a pause ──┘  twice as long each time
struct StoreStanding {
    enum Phase: Equatable {
        case trusted
        case doubted(until: MonotonicInstant)
        /// A command of our own is on its way; for all loops, if it is the breaker's probe.
        case tried(isProbe: Bool)
    }

    private(set) var phase = Phase.trusted
    /// Whether an answer is not enough, and a write must show that the node takes writes.
    private(set) var mustWrite = false
    private var pause: UInt64
    private let pauseMin: UInt64

    /// Nanoseconds.
    private static let pauseMax: UInt64 = 1_000_000_000

    /// - Parameter timeout: Of a command; also the first pause.
    init(timeout: UInt64) {
        pauseMin = min(timeout, Self.pauseMax)
        pause = pauseMin
    }

    var isTrusted: Bool { phase == .trusted }
    var isTried: Bool { if case .tried = phase { true } else { false } }

    /// Notes a failure; the first trial is due at once.
    ///
    /// - Returns: Whether it was trusted until now.
    mutating func doubt(at now: MonotonicInstant, mustWrite: Bool) -> Bool {
        if mustWrite { self.mustWrite = true }
        guard phase == .trusted else { return false }
        phase = .doubted(until: now)
        pause = pauseMin
        return true
    }

    mutating func beginTrial(isProbe: Bool) { phase = .tried(isProbe: isProbe) }

    /// - Returns: Whether the trial was the breaker's probe; `nil` if there was none.
    mutating func endTrial(succeeded: Bool, at now: MonotonicInstant) -> Bool? {
        guard case .tried(let isProbe) = phase else { return nil }
        if succeeded {
            phase = .trusted
            mustWrite = false
        } else {
            phase = .doubted(until: now.advanced(byNanoseconds: pause))
            pause = min(Self.pauseMax, pause &* 2)
        }
        return isProbe
    }
}
