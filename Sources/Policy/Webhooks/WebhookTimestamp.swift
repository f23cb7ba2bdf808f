import Bytes

/// An instant as providers write it.
enum WebhookTimestamp {
    /// Reads a timestamp.
    ///
    /// - Returns: Seconds or milliseconds since 1970, as the unit has it, milliseconds of a date;
    ///   `nil` for anything else. Below 10¹⁵ in any case.
    static func value(
        of text: borrowing Span<UInt8>, _ unit: TimestampPlace.Unit
    ) -> Int64? {
        switch unit {
        case .seconds, .milliseconds:
            guard (1...15).contains(text.count) else { return nil }
            return number(text, ByteRange(0, text.count))
        case .date: return date(text)
        }
    }

    /// Whether a timestamp is of now, and if not, why.
    ///
    /// - Parameters:
    ///   - value: As ``value(of:_:)`` has it.
    ///   - now: Nanoseconds since 1970.
    ///   - tolerance: Seconds, either way.
    static func refusal(
        of value: Int64, _ unit: TimestampPlace.Unit, at now: UInt64, tolerance: Int64
    ) -> WebhookRefusal? {
        let age: Int64
        let allowed: Int64
        // Below 2⁶⁴ / 10⁶: no difference overflows.
        switch unit {
        case .seconds:
            age = Int64(now / 1_000_000_000) - value
            allowed = max(0, tolerance)
        case .milliseconds, .date:
            age = Int64(now / 1_000_000) - value
            allowed = min(max(0, tolerance), 1 << 40) * 1000
        }
        if age > allowed { return .timestampPast }
        return age < -allowed ? .timestampFuture : nil
    }

    /// Digits and nothing else; the range has at most 15.
    private static func number(
        _ text: borrowing Span<UInt8>, _ range: ByteRange
    ) -> Int64? {
        var value: Int64 = 0
        for index in range.indices {
            guard let digit = ASCIIByte.decimalDigit(text[index]) else { return nil }
            value = value &* 10 &+ Int64(digit)
        }
        return value
    }

    /// `2026-01-02T03:04:05Z`, with or without a fraction, or with an offset (RFC 3339 §5.6).
    private static func date(_ text: borrowing Span<UInt8>) -> Int64? {
        guard text.count >= 20, text.count <= 40, text[4] == 0x2d, text[7] == 0x2d,
            text[10] | 0x20 == 0x74, text[13] == 0x3a, text[16] == 0x3a,
            let year = number(text, ByteRange(0, 4)), let month = number(text, ByteRange(5, 7)),
            let day = number(text, ByteRange(8, 10)), let hour = number(text, ByteRange(11, 13)),
            let minute = number(text, ByteRange(14, 16)),
            let second = number(text, ByteRange(17, 19)),
            (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60, second <= 60
        else { return nil }
        var place = 19
        var milliseconds: Int64 = 0
        if text[place] == 0x2e {
            place += 1
            var scale: Int64 = 100
            while place < text.count, let digit = ASCIIByte.decimalDigit(text[place]) {
                milliseconds += Int64(digit) * scale
                scale /= 10
                place += 1
            }
            guard place > 20 else { return nil }
        }
        guard let offset = offset(text, from: place) else { return nil }
        let days = days(year, month, day)
        let seconds = days * 86_400 + hour * 3600 + minute * 60 + second - offset
        return seconds * 1000 + milliseconds
    }

    /// `Z` or `+01:00`, in seconds.
    private static func offset(_ text: borrowing Span<UInt8>, from place: Int) -> Int64? {
        guard place < text.count else { return nil }
        if text[place] | 0x20 == 0x7a { return place + 1 == text.count ? 0 : nil }
        guard text[place] == 0x2b || text[place] == 0x2d, place + 6 == text.count,
            text[place + 3] == 0x3a, let hours = number(text, ByteRange(place + 1, place + 3)),
            let minutes = number(text, ByteRange(place + 4, place + 6)), hours < 24, minutes < 60
        else { return nil }
        let seconds = hours * 3600 + minutes * 60
        return text[place] == 0x2b ? seconds : -seconds
    }

    /// An instant in seconds since 1970 as ``TimestampPlace/Unit/date`` has it.
    static func date(_ seconds: Int64) -> String {
        // The proleptic calendar's years 1 to 9999.
        let seconds = min(max(seconds, -62_135_596_800), 253_402_300_799)
        let ofDay = ((seconds % 86_400) + 86_400) % 86_400
        var rest = (seconds - ofDay) / 86_400 + 719_468
        let era = rest / 146_097
        rest -= era * 146_097
        let ofEra = (rest - rest / 1460 + rest / 36_524 - rest / 146_096) / 365
        let ofYear = rest - (365 * ofEra + ofEra / 4 - ofEra / 100)
        let shifted = (5 * ofYear + 2) / 153
        let month = shifted < 10 ? shifted + 3 : shifted - 9
        let year = ofEra + era * 400 + (month <= 2 ? 1 : 0)
        let day = ofYear - (153 * shifted + 2) / 5 + 1
        func digits(_ number: Int64, _ count: Int) -> String {
            let text = "\(number)"
            return String(repeating: "0", count: max(0, count - text.count)) + text
        }
        let time = [ofDay / 3600, ofDay / 60 % 60, ofDay % 60].map { digits($0, 2) }
        return "\(digits(year, 4))-\(digits(month, 2))-\(digits(day, 2))T"
            + time.joined(separator: ":") + "Z"
    }

    /// Days since 1970 of a date of the Gregorian calendar, its years beginning in March.
    private static func days(_ year: Int64, _ month: Int64, _ day: Int64) -> Int64 {
        let shifted = month > 2 ? year : year - 1
        let era = (shifted >= 0 ? shifted : shifted - 399) / 400
        let ofEra = shifted - era * 400
        let ofYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
        return era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
    }
}
