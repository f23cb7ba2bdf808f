import Testing

@testable import Linux

struct ClockTests {
    @Test func `the clocks move forward`() {
        let first = Clock.monotonic()
        #expect(Clock.monotonic() >= first)
        // After 2023 and before 2100.
        #expect((1_700_000_000...4_102_444_800).contains(Clock.wall() / 1_000_000_000))
    }

    @Test func `an instant never goes beyond the last one`() {
        let late = MonotonicInstant(nanoseconds: .max - 5)
        #expect(late.advanced(byNanoseconds: 5).nanoseconds == .max)
        #expect(late.advanced(byNanoseconds: 6).nanoseconds == .max)
        #expect(late.advanced(by: .seconds(Int64.max)).nanoseconds == .max)
        #expect(late.nanoseconds(since: late.advanced(byNanoseconds: 3)) == 0)
    }

    @Test(arguments: [
        (Duration.zero, UInt64(0)), (.nanoseconds(1), 1), (.seconds(3), 3_000_000_000),
        (.milliseconds(-1), 0), (.seconds(Int64.max), UInt64(Int64.max)), (.nanoseconds(-1), 0),
    ])
    func `a length is whole nanoseconds within bounds`(_ length: Duration, _ nanoseconds: UInt64) {
        #expect(length.wholeNanoseconds == nanoseconds)
    }

    @Test func `an error says what the system says`() {
        #expect(Errno.connectionRefused.text == "Connection refused")
    }

    @Test func `a bad descriptor is our own fault and ends the process`() async {
        await #expect(processExitsWith: .failure) { _ = Socket(number: -1).connectError() }
    }

    @Test func `there is at least one CPU`() { #expect(Thread.usableCPUCount >= 1) }
}
