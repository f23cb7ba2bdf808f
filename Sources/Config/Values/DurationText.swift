/// Durations as configurations write them: `250ms 10s 15min 1h 7d`.
package enum DurationText {
    /// From the smallest to the largest.
    private static let units: [(name: String, milliseconds: Int64)] = [
        ("ms", 1), ("s", 1000), ("min", 60_000), ("h", 3_600_000), ("d", 86_400_000),
    ]
    private static let example = "write a number and one of ms, s, min, h, d, such as 30s"

    /// The duration, which may be 0: bounds are the key's business.
    static func parse(_ text: String) throws(Objection) -> Duration {
        guard let parts = Quantity(text) else {
            throw Objection("is not a duration", advice: example)
        }
        guard let unit = units.first(where: { $0.name == parts.unit }) else {
            throw Objection(
                "is not a duration", suggestion: suggestion(for: parts), advice: example)
        }
        let (milliseconds, overflows) = parts.count.multipliedReportingOverflow(
            by: unit.milliseconds)
        guard !overflows else { throw Objection("is more than a duration can be") }
        return .milliseconds(milliseconds)
    }

    /// The shortest form that says the same.
    package static func format(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let milliseconds = seconds &* 1000 &+ attoseconds / 1_000_000_000_000_000
        let unit = units.last {
            milliseconds % $0.milliseconds == 0 && milliseconds >= $0.milliseconds
        }
        guard let unit else { return "\(milliseconds)ms" }
        return "\(milliseconds / unit.milliseconds)\(unit.name)"
    }

    /// The same number with the unit that was probably meant.
    private static func suggestion(for parts: Quantity) -> String? {
        // Nobody meant "0s" by a 0.
        guard parts.count != 0 else { return nil }
        let meant =
            switch parts.word.lowercased() {
            case "", "sec", "secs", "second", "seconds": "s"
            case "m", "mins", "minute", "minutes": "min"
            case "hr", "hrs", "hour", "hours": "h"
            case "day", "days": "d"
            case "msec", "millis", "milliseconds": "ms"
            default: parts.word.lowercased()
            }
        return units.contains { $0.name == meant } ? "\(parts.digits)\(meant)" : nil
    }
}

/// A number and what stands after it: `15` and `min`.
struct Quantity {
    let digits: Substring
    let unit: String

    /// - Returns: `nil` unless the text begins with a digit.
    init?(_ text: String) {
        digits = text.prefix { $0.isASCII && $0.isNumber }
        guard !digits.isEmpty else { return nil }
        unit = String(text[digits.endIndex...])
    }

    /// The unit without the spaces that people put before it.
    var word: String { String(unit.drop { $0 == " " }) }

    /// The number; what is larger than 2⁶³ - 1 is that.
    var count: Int64 { Int64(digits) ?? .max }
}
