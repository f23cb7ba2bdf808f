import Bytes
import Dice
import Glibc
import Telemetry
import Testing

@Suite struct LogClockTests {
    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"), (951_782_400_001, "2000-02-29T00:00:00.001Z"),
            (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
            (1_709_251_200_000, "2024-03-01T00:00:00.000Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
            (-1, "1970-01-01T00:00:00.000Z"), (.max, "9999-12-31T23:59:59.999Z"),
        ] as [(Int64, String)])
    func `a moment is shown in UTC to the millisecond`(_ now: Int64, _ text: String) throws {
        #expect(try shown(LogClock(nowMillisecondsSinceEpoch: now)) == text)
    }

    @Test func `updates show what a new clock would show`() throws {
        var numbers = Dice(seed: 3)
        var clock = LogClock(nowMillisecondsSinceEpoch: 0)
        var now: Int64 = 0
        for _ in 0..<2000 {
            now += Int64.random(in: -500...3_000_000_000, using: &numbers)
            clock.update(nowMillisecondsSinceEpoch: now)
            #expect(try shown(clock) == libraryText(now))
        }
    }

    private func shown(_ clock: LogClock) throws -> String? {
        let nothing: [UInt8] = []
        var buffer = Buffer(capacity: 1024)
        AccessLine.append(
            to: &buffer, record: AccessRecord(outcome: .proxied), request: AccessRequest(),
            source: nothing.span,
            labels: sampleLabels, time: clock)
        let line = (0..<buffer.count).map { buffer[$0] }
        return try StrictJSON.members(ofLine: line).first?.value
    }

    /// The same by the C library.
    private func libraryText(_ now: Int64) -> String {
        let bounded = max(0, now)
        var second = time_t(bounded / 1000)
        var parts = unsafe tm()
        var text = [CChar](repeating: 0, count: 32)
        let count = unsafe strftime(
            &text, text.count, "%Y-%m-%dT%H:%M:%S", gmtime_r(&second, &parts))
        let seconds = text.prefix(count).map { Character(Unicode.Scalar(UInt8($0))) }
        let milliseconds = String(bounded % 1000 + 1000).dropFirst()
        return String(seconds) + ".\(milliseconds)Z"
    }
}
