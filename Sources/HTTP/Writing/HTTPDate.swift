package import Bytes

/// Dates as `Date` and its like have them: IMF-fixdate (RFC 9110 §5.6.7), always 29 bytes.
package enum HTTPDate {
    /// The last second of the year 9999, the last that has four digits.
    private static let secondsMax: Int64 = 253_402_300_799

    /// Appends `Sun, 06 Nov 1994 08:49:37 GMT`.
    ///
    /// `seconds` count from 1970-01-01T00:00:00Z, without leap seconds; what lies outside 1970 to
    /// 9999 is brought to the nearer end.
    package static func append(secondsSinceEpoch seconds: Int64, to buffer: inout Buffer) {
        let instant = min(max(seconds, 0), secondsMax)
        let days = instant / 86_400
        let second = instant % 86_400
        let (year, month, day) = civil(daysSinceEpoch: days)
        // The first day was a Thursday.
        buffer.append(weekdays(Int((days + 4) % 7)))
        append(twoDigits: day, to: &buffer)
        buffer.append(months(Int(month)))
        append(twoDigits: year / 100, to: &buffer)
        append(twoDigits: year % 100, to: &buffer)
        buffer.append(Grammar.space)
        append(twoDigits: second / 3600, to: &buffer)
        buffer.append(Grammar.colon)
        append(twoDigits: second / 60 % 60, to: &buffer)
        buffer.append(Grammar.colon)
        append(twoDigits: second % 60, to: &buffer)
        buffer.append(" GMT")
    }

    /// Turns a day's number into a date.
    ///
    /// Years are taken to begin in March, so that the leap day is their last: a month's first day
    /// is then a linear function of the month, and 400 years have 146 097 days.
    private static func civil(
        daysSinceEpoch days: Int64
    ) -> (year: Int64, month: Int64, day: Int64) {
        // From 0000-03-01 on.
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra =
            (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        let year = era * 400 + yearOfEra + (month <= 2 ? 1 : 0)
        return (year, month, day)
    }

    /// Appends 0 to 99.
    private static func append(twoDigits value: Int64, to buffer: inout Buffer) {
        buffer.append(0x30 &+ UInt8(truncatingIfNeeded: value / 10))
        buffer.append(0x30 &+ UInt8(truncatingIfNeeded: value % 10))
    }

    private static func weekdays(_ index: Int) -> StaticString {
        switch index {
        case 0: "Sun, "
        case 1: "Mon, "
        case 2: "Tue, "
        case 3: "Wed, "
        case 4: "Thu, "
        case 5: "Fri, "
        default: "Sat, "
        }
    }

    private static func months(_ number: Int) -> StaticString {
        switch number {
        case 1: " Jan "
        case 2: " Feb "
        case 3: " Mar "
        case 4: " Apr "
        case 5: " May "
        case 6: " Jun "
        case 7: " Jul "
        case 8: " Aug "
        case 9: " Sep "
        case 10: " Oct "
        case 11: " Nov "
        default: " Dec "
        }
    }
}
