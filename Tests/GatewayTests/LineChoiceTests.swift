import Config
import Telemetry
import Testing

@testable import Gateway

/// Which requests have a line.
struct LineChoiceTests {
    @Test(
        arguments: [
            (0, 0), (1, 0), (250_000, 2500), (333_333, 3333), (999_999, 9999),
            (1_000_000, 10_000),
        ] as [(UInt32, Int)])
    func `of quick successes exactly the share has one`(_ millionths: UInt32, _ kept: Int) {
        var choice = Self.choice(millionths)
        let lines = (0..<10_000).count { _ in !choice.leavesOut(Self.record(.proxied, 200, 0)) }
        #expect(lines == kept)
    }

    @Test func `lines are spread evenly`() {
        var choice = Self.choice(100_000)
        for _ in 0..<50 {
            let lines = (0..<10).count { _ in !choice.leavesOut(Self.record(.answered, 204, 0)) }
            #expect(lines == 1)
        }
    }

    @Test(arguments: Outcome.allCases)
    func `a failure has its line whatever the share`(_ outcome: Outcome) {
        let isSuccess = [Outcome.proxied, .answered, .tunneled].contains(outcome)
        #expect(Self.leavesOut(Self.record(outcome, 200, 0)) == isSuccess)
        for status in [404, 500, nil] as [UInt16?] {
            #expect(!Self.leavesOut(Self.record(outcome, status, 0)))
        }
    }

    @Test func `a slow request has its line whatever the share`() {
        #expect(Self.leavesOut(Self.record(.proxied, 200, 249_999)))
        #expect(!Self.leavesOut(Self.record(.proxied, 200, 250_000)))
    }

    /// What becomes of a record where no success has a line.
    private static func leavesOut(_ record: AccessRecord) -> Bool {
        var choice = choice(0)
        return choice.leavesOut(record)
    }

    private static func choice(_ millionths: UInt32) -> LineChoice {
        LineChoice(
            LogSettings(
                level: .info, output: .stdout, isAccessLogged: true, format: .json,
                redaction: RedactionSettings(headers: [], queryKeys: []),
                sampling: SamplingSettings(
                    successMillionths: millionths, slow: .milliseconds(250))))
    }

    private static func record(
        _ outcome: Outcome, _ status: UInt16?, _ microseconds: UInt64
    ) -> AccessRecord {
        var record = AccessRecord(outcome: outcome)
        record.status = status
        record.durationMicroseconds = microseconds
        return record
    }
}
