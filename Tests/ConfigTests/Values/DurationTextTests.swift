import Testing

@testable import Config

struct DurationTextTests {
    @Test(arguments: [
        ("250ms", Duration.milliseconds(250)), ("10s", .seconds(10)), ("15min", .seconds(900)),
        ("1h", .seconds(3600)), ("7d", .seconds(604_800)), ("0s", .zero), ("007s", .seconds(7)),
    ])
    func `a number and a unit are a duration`(text: String, duration: Duration) throws {
        #expect(try DurationText.parse(text) == duration)
    }

    @Test(arguments: [
        "", "s", "10", "10 s", "1.5s", "-1s", "10S", "10sec", "1h30min", "٣s", "10s ",
    ])
    func `anything else is not`(text: String) {
        #expect(throws: Objection.self) { try DurationText.parse(text) }
    }

    @Test(arguments: [
        ("10", "10s"), ("5m", "5min"), ("2 hours", "2h"), ("3Sec", "3s"), ("1day", "1d"),
    ])
    func `the unit that was meant is suggested`(text: String, suggestion: String) {
        #expect { try DurationText.parse(text) } throws: {
            ($0 as? Objection)?.suggestion == suggestion
        }
    }

    @Test(arguments: ["9223372036854775807d", "99999999999999999999999h", "153722867280912931h"])
    func `a number too large is an objection and no trap`(text: String) {
        #expect(throws: Objection.self) { try DurationText.parse(text) }
    }

    @Test(arguments: ["1ms", "250ms", "10s", "75s", "15min", "90min", "1h", "7d", "365d", "0ms"])
    func `a duration is formatted in its largest whole unit`(text: String) throws {
        #expect(DurationText.format(try DurationText.parse(text)) == text)
    }

    @Test func `the shortest form is the one that is shown`() {
        #expect(DurationText.format(.seconds(3600)) == "1h")
        #expect(DurationText.format(.milliseconds(1500)) == "1500ms")
    }
}
