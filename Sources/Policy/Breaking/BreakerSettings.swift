/// `breaker`: when a store is not asked any more, and when it is tried again.
package struct BreakerSettings: Sendable, Equatable {
    /// Failures within ``window`` that make it refuse: 1 to 1000.
    package var failures: Int
    package var window: Duration
    /// From the first refusal to the first probe; doubled after each that fails.
    package var cooldown: Duration
    /// What the cool-down grows to.
    package var cooldownMax: Duration
    /// Answers that take as long count as failures; `nil` for those alone that never come in time.
    package var slow: Duration?

    package init(
        failures: Int, window: Duration, cooldown: Duration, cooldownMax: Duration, slow: Duration?
    ) {
        self.failures = failures
        self.window = window
        self.cooldown = cooldown
        self.cooldownMax = cooldownMax
        self.slow = slow
    }
}
