import Policy

/// A breaker that keeps everything it was told, and thinks it over each time.
struct BreakerModel {
    let settings: BreakerSettings
    private(set) var state = BreakerState.admitting
    private var failures: [UInt64] = []
    private var admittingSince: UInt64 = 0
    private var due: UInt64 = 0
    private var failedProbes = 0

    init(_ settings: BreakerSettings) { self.settings = settings }

    private var window: UInt64 { Self.nanoseconds(settings.window) }

    static func nanoseconds(_ length: Duration) -> UInt64 {
        UInt64(length.components.seconds) * 1_000_000_000
            + UInt64(length.components.attoseconds) / 1_000_000_000
    }

    /// What the next cool-down lasts without jitter.
    private var cooldown: UInt64 {
        let most = Self.nanoseconds(settings.cooldownMax)
        return (0..<failedProbes).reduce(Self.nanoseconds(settings.cooldown)) { length, _ in
            min(most, length * 2)
        }
    }

    private mutating func change(to next: BreakerState) -> BreakerChange {
        let change = BreakerChange(from: state, to: next)
        state = next
        return change
    }

    private mutating func refuse(at now: UInt64, jitter: UInt64) -> BreakerChange {
        let share = Double(jitter) / 0x1p64
        due = now + UInt64(Double(cooldown) * (0.8 + 0.4 * share))
        failures = []
        return change(to: .refusing)
    }

    /// Whether there was nothing bad for a window before `now`.
    private func isCalm(at now: UInt64) -> Bool {
        now - max(failures.last ?? 0, admittingSince) >= window
    }

    mutating func noteFailure(at now: UInt64, jitter: UInt64) -> BreakerChange? {
        guard state == .admitting else { return nil }
        if isCalm(at: now) { failedProbes = 0 }
        failures.append(now)
        let recent = failures.filter { now - $0 < window }
        return recent.count >= settings.failures ? refuse(at: now, jitter: jitter) : nil
    }

    mutating func beginProbe(at now: UInt64) -> BreakerChange? {
        guard state != .admitting, now >= due else { return nil }
        due = now + Self.nanoseconds(settings.cooldownMax)
        return change(to: .probing)
    }

    mutating func endProbe(succeeded: Bool, at now: UInt64, jitter: UInt64) -> BreakerChange? {
        guard state == .probing else { return nil }
        if succeeded {
            admittingSince = now
            return change(to: .admitting)
        }
        failedProbes += 1
        return refuse(at: now, jitter: jitter)
    }
}
