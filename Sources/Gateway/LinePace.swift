/// Lets one log line a second pass, and counts what went untold between two.
///
/// For lines that a broken app or a stranger could have written by the thousand.
struct LinePace {
    /// Nanoseconds since 1970; `nil` before the first line.
    private var told: UInt64?
    private var suppressed = 0

    /// Nanoseconds between two lines.
    private static let pause: UInt64 = 1_000_000_000

    /// Takes note of one more.
    ///
    /// - Parameter now: Nanoseconds since 1970. A clock that was set back lets a line pass.
    /// - Returns: How many went untold since the last line; `nil` if this one does too.
    mutating func note(at now: UInt64) -> Int? {
        if let told, now &- told < Self.pause {
            suppressed += 1
            return nil
        }
        told = now
        defer { suppressed = 0 }
        return suppressed
    }
}
