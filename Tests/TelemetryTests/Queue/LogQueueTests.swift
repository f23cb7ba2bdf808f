import Bytes
import Dice
import Telemetry
import Testing

@Suite struct LogQueueTests {
    @Test func `lines come out whole and in order, wherever the ring wraps`() {
        var numbers = Dice(seed: 7)
        let queue = LogQueue(capacity: 256)
        var expected: [UInt8] = []
        var taken: [UInt8] = []
        var dropped: UInt64 = 0
        for number in 0..<5000 {
            let line = numberedLine(0, number, padding: Int.random(in: 0...90, using: &numbers))
            let bytes = (0..<line.count).map { line[$0] }
            if queue.append(line) { expected += bytes } else { dropped += 1 }
            if numbers.next() % 3 == 0 { taken += queue.takeAll() }
        }
        taken += queue.takeAll()
        #expect(taken == expected)
        #expect(queue.droppedCount == dropped && dropped > 0)
        #expect(queue.lineCount + dropped == 5000)
    }

    @Test func `a full queue drops whole lines and takes the next that fits`() {
        let queue = LogQueue(capacity: 64)
        #expect(append(1, 40, to: queue))
        #expect(!append(2, 40, to: queue))
        #expect(append(3, 5, to: queue))
        #expect(queue.takeAll().count == 45 + 10)
        #expect(append(4, 40, to: queue))
        #expect(queue.droppedCount == 1 && queue.lineCount == 3)
    }

    @Test func `a line as long as the ring fits an empty ring`() {
        let queue = LogQueue(capacity: 64)
        #expect(append(1, 10, to: queue))
        _ = queue.takeAll()
        #expect(append(2, 59, to: queue))
        #expect(queue.takeAll().count == 64)
        #expect(!append(3, 60, to: queue))
    }

    @Test func `a line that could not be made counts as dropped`() {
        let queue = LogQueue(capacity: 1024)
        var buffer = Buffer(capacity: 16)
        let nothing: [UInt8] = []
        AccessLine.append(
            to: &buffer, record: AccessRecord(outcome: .proxied), request: AccessRequest(),
            source: nothing.span,
            labels: sampleLabels, time: sampleClock)
        let isTaken = queue.append(buffer)
        #expect(!isTaken)
        #expect(queue.droppedCount == 1 && queue.lineCount == 0)
    }

    @Test func `a producer and a consumer at once lose nothing that was taken`() async {
        let queue = LogQueue(capacity: 1 << 12)
        let count = 20_000
        async let produced = produce(count, into: queue)
        var taken: [UInt8] = []
        var isDone = false
        while !isDone {
            isDone = queue.lineCount + queue.droppedCount == count
            taken += queue.takeAll()
            await Task.yield()
        }
        let accepted = await produced
        taken += queue.takeAll()
        let lines = NumberedLines(taken, padding: 20)
        #expect(lines.broken.isEmpty)
        #expect(lines.numbers[0] == accepted)
        #expect(accepted.count + Int(queue.droppedCount) == count)
    }

    /// - Returns: Whether the line was taken.
    private func append(_ number: Int, _ padding: Int, to queue: LogQueue) -> Bool {
        queue.append(numberedLine(1, number, padding: padding))
    }

    /// - Returns: The numbers of the lines that were taken.
    private func produce(_ count: Int, into queue: LogQueue) async -> [Int] {
        var accepted: [Int] = []
        for number in 0..<count where queue.append(numberedLine(0, number, padding: 20)) {
            accepted.append(number)
        }
        return accepted
    }
}
