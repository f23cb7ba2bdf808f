/// The time as log lines show it, RFC 3339 in UTC with milliseconds, kept ready.
///
/// Within a second only three digits change, so a loop updates it once a turn for next to nothing.
package struct LogClock: Sendable {
    /// The eight bytes `YYYY-MM-`, the first of them lowest.
    private(set) var date: UInt64 = 0
    /// The next eight, `DDThh:mm`.
    private(set) var hour: UInt64 = 0
    /// The last eight, `:ss.mmmZ`.
    private(set) var second: UInt64 = 0
    private var secondsSinceEpoch: Int64 = -1

    /// - Parameter nowMillisecondsSinceEpoch: As for ``update(nowMillisecondsSinceEpoch:)``.
    package init(nowMillisecondsSinceEpoch: Int64) {
        update(nowMillisecondsSinceEpoch: nowMillisecondsSinceEpoch)
    }

    /// Sets the time.
    ///
    /// - Parameter nowMillisecondsSinceEpoch: Brought into the years 1970 to 9999.
    package mutating func update(nowMillisecondsSinceEpoch: Int64) {
        let now = min(max(nowMillisecondsSinceEpoch, 0), 253_402_300_799_999)
        let newSecond = now / 1000
        if newSecond != secondsSinceEpoch {
            secondsSinceEpoch = newSecond
            writeSecond()
        }
        let milliseconds = digits(UInt64(now % 1000), count: 3)
        second = second & 0xFF00_0000_FFFF_FFFF | milliseconds << 32
    }

    private mutating func writeSecond() {
        let day = civilDate(daysSinceEpoch: UInt64(secondsSinceEpoch / 86_400))
        let time = UInt64(secondsSinceEpoch % 86_400)
        date =
            digits(day.year, count: 4) | 0x2D << 32 | digits(day.month, count: 2) << 40
            | 0x2D << 56
        hour =
            digits(day.day, count: 2) | 0x54 << 16 | digits(time / 3600, count: 2) << 24
            | 0x3A << 40 | digits(time / 60 % 60, count: 2) << 48
        second = 0x3A | digits(time % 60, count: 2) << 8 | 0x2E << 24 | 0x5A << 56
    }
}

/// The last `count` digits of a number, the first of them in the lowest byte.
@inline(__always)
private func digits(_ value: UInt64, count: Int) -> UInt64 {
    var text: UInt64 = 0
    var rest = value
    for _ in 0..<count {
        text = text << 8 | (48 + rest % 10)
        rest /= 10
    }
    return text
}

/// The Gregorian date of a day, counted in eras of 400 years (146,097 days) that begin in March, so
/// that a leap day is the last of its year.
private func civilDate(daysSinceEpoch: UInt64) -> (year: UInt64, month: UInt64, day: UInt64) {
    let days = daysSinceEpoch + 719_468
    let era = days / 146_097
    let dayOfEra = days % 146_097
    let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let shiftedMonth = (5 * dayOfYear + 2) / 153
    let day = dayOfYear - (153 * shiftedMonth + 2) / 5 + 1
    let month = shiftedMonth < 10 ? shiftedMonth + 3 : shiftedMonth - 9
    return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
}
