/// The time as log lines show it, RFC 3339 in UTC with milliseconds, kept ready.
///
/// Within a second only three digits change, so a loop updates it once a turn for next to nothing.
package struct LogClock: Sendable {
    /// `YYYY-MM-DDThh:mm:ss.mmmZ`
    var text: InlineArray<24, UInt8>
    private var second: Int64

    /// - Parameter nowMillisecondsSinceEpoch: As for ``update(nowMillisecondsSinceEpoch:)``.
    package init(nowMillisecondsSinceEpoch: Int64) {
        text = .init(repeating: 0x30)
        second = .min
        update(nowMillisecondsSinceEpoch: nowMillisecondsSinceEpoch)
    }

    /// Sets the time. - Parameter nowMillisecondsSinceEpoch: Brought into the years 1970 to 9999.
    package mutating func update(nowMillisecondsSinceEpoch: Int64) {
        let now = min(max(nowMillisecondsSinceEpoch, 0), 253_402_300_799_999)
        let newSecond = now / 1000
        if newSecond != second {
            second = newSecond
            writeSecond()
        }
        write(UInt64(now % 1000), at: 20, digitCount: 3)
    }

    private mutating func writeSecond() {
        let day = UInt64(second / 86_400)
        let time = UInt64(second % 86_400)
        let date = civilDate(daysSinceEpoch: day)
        write(date.year, at: 0, digitCount: 4)
        write(date.month, at: 5, digitCount: 2)
        write(date.day, at: 8, digitCount: 2)
        write(time / 3600, at: 11, digitCount: 2)
        write(time / 60 % 60, at: 14, digitCount: 2)
        write(time % 60, at: 17, digitCount: 2)
        text[4] = 0x2D
        text[7] = 0x2D
        text[10] = 0x54
        text[13] = 0x3A
        text[16] = 0x3A
        text[19] = 0x2E
        text[23] = 0x5A
    }

    private mutating func write(_ value: UInt64, at index: Int, digitCount: Int) {
        var rest = value
        for place in stride(from: index + digitCount - 1, through: index, by: -1) {
            text[place] = 48 &+ UInt8(truncatingIfNeeded: rest % 10)
            rest /= 10
        }
    }
}

/// The Gregorian date of a day, counted in eras of 400 years (146,097 days) that begin in March, so that
/// a leap day is the last of its year.
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
