import Testing

@testable import Telemetry

@Suite struct WriterSignalTests {
    @Test func `a busy writer is not woken`() throws {
        let pipe = try WakePipe()
        let signal = WriterSignal(pipe: pipe)
        signal.lineCame(isFilling: true)
        #expect(!pipe.wait(orWritable: -1, milliseconds: 0))
    }

    @Test func `a napping writer is woken by a ring that fills alone, and once`() throws {
        let pipe = try WakePipe()
        let signal = WriterSignal(pipe: pipe)
        signal.enter(.nap)
        signal.lineCame(isFilling: false)
        #expect(!pipe.wait(orWritable: -1, milliseconds: 0))
        signal.lineCame(isFilling: true)
        signal.lineCame(isFilling: true)
        #expect(pipe.wait(orWritable: -1, milliseconds: 0))
        #expect(!pipe.wait(orWritable: -1, milliseconds: 0))
    }

    @Test func `a sleeping writer is woken by the first line`() throws {
        let pipe = try WakePipe()
        let signal = WriterSignal(pipe: pipe)
        signal.enter(.sleep)
        signal.lineCame(isFilling: false)
        #expect(pipe.wait(orWritable: -1, milliseconds: 0))
    }
}
