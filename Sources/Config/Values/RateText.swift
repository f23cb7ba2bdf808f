package import Policy

/// Rates as configurations write them: `100/s 60/min 1000/15min 1000/h`.
package enum RateText {
    /// From the shortest to the longest.
    private static let units: [(name: String, microseconds: UInt64)] = [
        ("s", 1_000_000), ("min", 60_000_000), ("h", 3_600_000_000), ("d", 86_400_000_000),
    ]
    private static let example =
        "write a number, a slash and one of s, min, h, d, such as 60/min or 1000/15min"
    private static let countMax: UInt64 = 1_000_000_000
    private static let periodMax: UInt64 = 366 * 86_400_000_000

    static let kind = Kind<Rate>(
        .text(expected: "a rate such as 60/min", pattern: "[0-9]+/[0-9]*(s|min|h|d)"),
        format: format, parse: parse)

    static func parse(_ text: String) throws(Objection) -> Rate {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 2, isNumber(parts[0]) else {
            throw Objection("is not a rate", advice: example)
        }
        let digits = parts[1].prefix { $0.isASCII && $0.isNumber }
        let word = String(parts[1].dropFirst(digits.count))
        guard let unit = units.first(where: { $0.name == word }) else {
            let suggestion = unitMeant(by: word).map { "\(parts[0])/\(digits)\($0)" }
            throw Objection("is not a rate", suggestion: suggestion, advice: example)
        }
        // What no integer holds is out of bounds.
        let count = UInt64(parts[0]) ?? .max
        let number = digits.isEmpty ? 1 : UInt64(digits) ?? .max
        guard count > 0 else { throw Objection("admits nothing", advice: "1/d is the least") }
        guard count <= countMax else { throw Objection("is more than \(countMax) in a period") }
        guard number > 0 else { throw Objection("has a period of no length", advice: example) }
        let (period, overflows) = number.multipliedReportingOverflow(by: unit.microseconds)
        guard !overflows, period <= periodMax else {
            throw Objection("has a period of more than 366d")
        }
        return Rate(count: count, period: period)
    }

    /// The shortest form that says the same.
    package static func format(_ rate: Rate) -> String { "\(rate.count)/\(period(rate.period))" }

    /// A period as a rate has it: `min`, `15min`.
    private static func period(_ microseconds: UInt64) -> String {
        let unit = units.last { microseconds % $0.microseconds == 0 } ?? units[0]
        let number = microseconds / unit.microseconds
        return number == 1 ? unit.name : "\(number)\(unit.name)"
    }

    private static func isNumber(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy(isDigit)
    }

    private static func unitMeant(by word: String) -> String? {
        switch word.lowercased() {
        case "s", "sec", "secs", "second", "seconds": "s"
        case "m", "min", "mins", "minute", "minutes": "min"
        case "h", "hr", "hour", "hours": "h"
        case "d", "day", "days": "d"
        default: nil
        }
    }
}
