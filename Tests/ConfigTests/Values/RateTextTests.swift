import Policy
import Testing

@testable import Config

struct RateTextTests {
    @Test(
        arguments: [
            ("100/s", 100, 1_000_000), ("60/min", 60, 60_000_000), ("5/15min", 5, 900_000_000),
            ("1000/h", 1000, 3_600_000_000), ("1/d", 1, 86_400_000_000),
            ("1000000000/s", 1_000_000_000, 1_000_000), ("1/366d", 1, 31_622_400_000_000),
        ] as [(String, UInt64, UInt64)])
    func `a rate is a count and a period, and is written back as it was`(
        text: String, count: UInt64, period: UInt64
    ) {
        let decoded = decode(RateText.kind, text)
        #expect(decoded.value == Rate(count: count, period: period))
        #expect(RateText.format(Rate(count: count, period: period)) == text)
    }

    @Test(
        arguments: [
            ("60s", nil), ("60", nil), ("", nil), ("/min", nil), ("-1/s", nil), ("1.5/s", nil),
            ("1/s/s", nil), (" 1/s", nil), ("1/", nil), ("1/ms", nil), ("1/w", nil),
            ("60/m", "60/min"), ("60/minute", "60/min"), ("60/Hours", "60/h"),
            ("5/15mins", "5/15min"),
            ("60/sec", "60/s"), ("3/days", "3/d"),
        ] as [(String, String?)])
    func `what is no rate is refused, with the one that may be meant`(
        text: String, meant: String?
    ) {
        let problem = decode(RateText.kind, text).problem
        #expect(problem?.contains("is not a rate") == true)
        #expect(problem?.contains("did you mean") == (meant != nil))
        if let meant { #expect(problem?.contains("\"\(meant)\"") == true) }
    }

    @Test(arguments: [
        "0/s", "1000000001/s", "99999999999999999999/s", "1/0s", "1/367d",
        "1/99999999999999999999d", "1/9999999999999s",
    ])
    func `bounds hold for count and period`(text: String) {
        #expect(decode(RateText.kind, text).value == nil)
    }
}
