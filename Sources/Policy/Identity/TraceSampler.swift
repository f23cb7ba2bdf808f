/// Which share of the traces that begin here is recorded.
///
/// It is told from the low 56 bits of a trace's id, which are random, so that everybody who samples
/// by as much or more records the same traces (OpenTelemetry's consistent probability sampling).
package struct TraceSampler: Sendable, Equatable {
    /// Of 56 bits: smaller numbers are left out.
    private let threshold: UInt64

    private static let whole: UInt64 = 1 << 56

    /// - Parameter millionths: 0 to 1,000,000.
    package init(millionths: UInt32) {
        let share = UInt64(min(millionths, 1_000_000))
        // Below 2⁶⁴ as a share has 20 bits: divided in two steps.
        let unit = Self.whole / 1_000_000
        let rest = Self.whole % 1_000_000
        threshold = Self.whole - (unit * share + rest * share / 1_000_000)
    }

    /// - Parameter random: 56 random bits, others above them.
    package func admits(_ random: UInt64) -> Bool { random & (Self.whole - 1) >= threshold }
}
