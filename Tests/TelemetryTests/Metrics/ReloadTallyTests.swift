import Telemetry
import Testing

struct ReloadTallyTests {
    @Test func `what the process started with counts as taken`() {
        let sample = ReloadTally(startedAt: 5).sample
        #expect(sample.successCount == 0 && sample.failureCount == 0)
        #expect(sample.isLastTaken && sample.takenAt == 5)
    }

    @Test func `a refused configuration leaves the time of the one that serves`() {
        let tally = ReloadTally(startedAt: 5)
        tally.noteTaken(at: 7)
        tally.noteRefused()
        #expect(tally.sample.successCount == 1 && tally.sample.failureCount == 1)
        #expect(!tally.sample.isLastTaken && tally.sample.takenAt == 7)
        tally.noteTaken(at: 9)
        #expect(tally.sample.isLastTaken && tally.sample.takenAt == 9)
    }
}
