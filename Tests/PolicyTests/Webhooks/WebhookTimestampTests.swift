import Testing

@testable import Policy

@Suite struct WebhookTimestampTests {
    private func value(_ text: String, _ unit: TimestampPlace.Unit) -> Int64? {
        WebhookTimestamp.value(of: Array(text.utf8).span, unit)
    }

    @Test func `digits are seconds or milliseconds, and nothing else is`() {
        #expect(value("0", .seconds) == 0)
        #expect(value("1767225600", .seconds) == 1_767_225_600)
        #expect(value("999999999999999", .milliseconds) == 999_999_999_999_999)
        for text in ["", "+1", "-1", "1.0", " 1", "1 ", "0x1", "١", "1000000000000000", "1e9"] {
            #expect(value(text, .seconds) == nil, "\(text)")
        }
    }

    @Test(arguments: [
        ("1970-01-01T00:00:00Z", 0), ("2026-01-01T00:00:00Z", 1_767_225_600_000),
        ("2016-02-29T12:34:56Z", 1_456_749_296_000), ("2000-03-01T00:00:00z", 951_868_800_000),
        ("2026-01-01T01:30:00+01:30", 1_767_225_600_000),
        ("2025-12-31T23:00:00.1234-01:00", 1_767_225_600_123),
        ("1969-12-31T23:59:59.999Z", -1), ("0001-01-01T00:00:00Z", -62_135_596_800_000),
    ])
    func `a date is read as RFC 3339 has it`(_ text: String, _ milliseconds: Int64) {
        #expect(value(text, .date) == milliseconds)
    }

    @Test(arguments: [
        "", "2026-01-01", "2026-01-01T00:00:00", "2026-01-01T00:00:00.Z", "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z", "2026-01-32T00:00:00Z", "2026-01-01T24:00:00Z",
        "2026-01-01T00:60:00Z", "2026-01-01 00:00:00Z", "2026-01-01T00:00:00+1:00",
        "2026-01-01T00:00:00Zx", "2026-01-01T00:00:00+24:00", "+026-01-01T00:00:00Z",
        "2026-01-01T00:00:00.00000000000000000000000000000000000000Z",
    ])
    func `what is no date is none`(_ text: String) {
        #expect(value(text, .date) == nil)
    }

    @Test func `what is written is read again`() {
        var seconds: Int64 = -62_135_596_800
        while seconds < 253_402_300_799 {
            let text = WebhookTimestamp.date(seconds)
            #expect(value(text, .date) == seconds * 1000, "\(text)")
            seconds += 86_400 * 97 + 12_345_679
        }
        #expect(value(WebhookTimestamp.date(.max), .date) == 253_402_300_799_000)
        #expect(WebhookTimestamp.date(.min) == "0001-01-01T00:00:00Z")
    }

    @Test func `the tolerance holds both ways, to the unit`() {
        let now: UInt64 = 1_000_000_000_999_999_999
        func refusal(
            _ value: Int64, _ unit: TimestampPlace.Unit, _ tolerance: Int64 = 300
        ) -> WebhookRefusal? {
            WebhookTimestamp.refusal(of: value, unit, at: now, tolerance: tolerance)
        }
        #expect(refusal(1_000_000_000 - 300, .seconds) == nil)
        #expect(refusal(1_000_000_000 - 301, .seconds) == .timestampPast)
        #expect(refusal(1_000_000_000 + 300, .seconds) == nil)
        #expect(refusal(1_000_000_000 + 301, .seconds) == .timestampFuture)
        #expect(refusal(1_000_000_000_999 - 300_000, .milliseconds) == nil)
        #expect(refusal(1_000_000_000_999 - 300_001, .milliseconds) == .timestampPast)
        #expect(refusal(1_000_000_000_999 + 300_001, .date) == .timestampFuture)
        #expect(refusal(0, .milliseconds, .max) == nil)
        #expect(refusal(999_999_999_999_999, .seconds, .min) == .timestampFuture)
        #expect(refusal(-62_135_596_800_000, .date, -1) == .timestampPast)
    }
}
