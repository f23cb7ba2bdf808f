import Bytes
import Glibc
import Telemetry
import Testing

/// Outputs that take nothing: loops go on, lines are dropped whole and counted, memory stays as it
/// is.
@Suite struct StuckOutputTests {
    @Test func `a reader that stops costs lines, which are counted, and is told of them`() throws {
        let pipe = try TestPipe()
        let pipeline = try LogPipeline(output: .descriptor(pipe.writer), queueCount: 1)
        try pipeline.start()
        let produced = 40_000
        var accepted: [Int] = []
        for number in 0..<produced {
            if pipeline.queue(0).append(numberedLine(0, number, padding: 100)) {
                accepted.append(number)
            }
        }
        #expect(pipeline.droppedCount == UInt64(produced - accepted.count))
        #expect(accepted.count < produced)
        // Never more waits than a queue and the pipe hold.
        #expect(accepted.count * 105 < LogPipeline.queueBytes + (1 << 18))
        let read = try finish(pipeline, readingFrom: pipe)
        let lines = NumberedLines(read, padding: 100)
        #expect(lines.broken.isEmpty)
        #expect(lines.numbers[0] == accepted)
        #expect(lines.toldDrops == produced - accepted.count)
    }

    @Test func `a pipe that others share stays as blocking as it was`() throws {
        let pipe = try TestPipe()
        let before = fcntl(pipe.writer, F_GETFL)
        let pipeline = try LogPipeline(output: .descriptor(pipe.writer), queueCount: 1)
        try pipeline.start()
        pipeline.queue(0).append(numberedLine(0, 1, padding: 3))
        #expect(pipeline.stop(within: .seconds(20)))
        #expect(fcntl(pipe.writer, F_GETFL) == before)
        #expect(readSome(pipe.reader)?.count == 8)
    }

    @Test func `a stop does not wait for a reader that has stopped`() throws {
        let pipe = try TestPipe()
        let pipeline = try LogPipeline(output: .descriptor(pipe.writer), queueCount: 1)
        try pipeline.start()
        for number in 0..<5000 {
            pipeline.queue(0).append(numberedLine(0, number, padding: 100))
        }
        let clock = ContinuousClock()
        let began = clock.now
        #expect(!pipeline.stop(within: .milliseconds(50)))
        #expect(began.duration(to: clock.now) < .seconds(10))
    }

    @Test func `a reader that has gone costs lines and nothing else`() throws {
        let pipe = try TestPipe()
        let pipeline = try LogPipeline(output: .descriptor(pipe.writer), queueCount: 1)
        try pipeline.start()
        pipe.closeReader()
        for number in 0..<20_000 {
            pipeline.queue(0).append(numberedLine(0, number, padding: 100))
        }
        #expect(pipeline.lineCount + pipeline.droppedCount == 20_000)
        #expect(pipeline.droppedCount > 0)
        #expect(!pipeline.stop(within: .milliseconds(20)))
    }

    @Test func `a full disk costs lines and nothing else`() throws {
        let pipeline = try LogPipeline(output: .file(path: "/dev/full"), queueCount: 1)
        try pipeline.start()
        for number in 0..<20_000 {
            pipeline.queue(0).append(numberedLine(0, number, padding: 100))
        }
        #expect(pipeline.lineCount + pipeline.droppedCount == 20_000)
        #expect(pipeline.droppedCount > 0)
        #expect(!pipeline.stop(within: .milliseconds(20)))
    }

    @Test func `a socket gets whole lines though its buffer is small`() throws {
        var ends: [Int32] = [-1, -1]
        try #require(unsafe socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &ends) == 0)
        defer { for end in ends { _ = close(end) } }
        let pipeline = try LogPipeline(output: .descriptor(ends[0]), queueCount: 1)
        try pipeline.start()
        for number in 0..<8000 {
            pipeline.queue(0).append(numberedLine(0, number, padding: 100))
        }
        var read: [UInt8] = []
        while read.split(separator: 0x0A).count < 8000 { read += try #require(readSome(ends[1])) }
        #expect(pipeline.stop(within: .seconds(20)))
        #expect(NumberedLines(read, padding: 100).numbers[0] == Array(0..<8000))
    }

    @Test func `an output that cannot be opened once more is never waited on`() throws {
        // A named pipe without a reader cannot be opened through /proc; its reader comes back
        // later.
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/fifo"
        try #require(unsafe mkfifo(path, 0o600) == 0)
        let firstReader = unsafe open(path, O_RDONLY | O_NONBLOCK)
        let writer = unsafe open(path, O_WRONLY)
        _ = close(firstReader)
        let pipeline = try LogPipeline(output: .descriptor(writer), queueCount: 1)
        let reader = unsafe open(path, O_RDONLY | O_NONBLOCK)
        defer { for end in [writer, reader] { _ = close(end) } }
        try pipeline.start()
        for number in 0..<20_000 {
            pipeline.queue(0).append(numberedLine(0, number, padding: 100))
        }
        #expect(pipeline.lineCount + pipeline.droppedCount == 20_000)
        #expect(!pipeline.stop(within: .milliseconds(50)))
        let read = readAll(reader)
        let whole = Array(read[...(read.lastIndex(of: 0x0A) ?? 0)])
        let lines = NumberedLines(whole, padding: 100)
        #expect(lines.broken.isEmpty)
        #expect(lines.numbers[0] == Array(0..<lines.count) && lines.count > 100)
    }

    @Test func `lines longer than what a pipe holds come through piece by piece`() throws {
        let pipe = try TestPipe()
        // One page, the least there is (F_SETPIPE_SZ).
        #expect(fcntl(pipe.writer, 1031, 4096) == 4096)
        let pipeline = try LogPipeline(output: .descriptor(pipe.writer), queueCount: 2)
        try pipeline.start()
        for number in 0..<20 {
            for producer in 0..<2 {
                pipeline.queue(producer).append(numberedLine(producer, number, padding: 9000))
            }
        }
        let lines = NumberedLines(try finish(pipeline, readingFrom: pipe), padding: 9000)
        #expect(lines.broken.isEmpty)
        for producer in 0..<2 { #expect(lines.numbers[producer] == Array(0..<20)) }
    }

    @Test func `a line that was cut when its output is changed is whole in the new one`() throws {
        let folder = try TemporaryFolder()
        let path = "\(folder.path)/log"
        try #require(unsafe mkfifo(path, 0o600) == 0)
        let reader = unsafe open(path, O_RDONLY | O_NONBLOCK)
        defer { _ = close(reader) }
        let pipeline = try LogPipeline(output: .file(path: path), queueCount: 1)
        try pipeline.start()
        for number in 0..<200 {
            pipeline.queue(0).append(numberedLine(0, number, padding: 1000))
        }
        // Bytes are there, and soon more than the pipe holds; nobody reads them before the change.
        var polled = pollfd(fd: reader, events: Int16(POLLIN), revents: 0)
        #expect(unsafe poll(&polled, 1, -1) == 1)
        _ = unsafe unlink(path)
        pipeline.reopen()
        #expect(pipeline.stop(within: .seconds(20)))
        let old = readAll(reader)
        let whole = Array(old[..<((old.lastIndex(of: 0x0A) ?? -1) + 1)])
        let lines = NumberedLines(whole + folder.contents(of: "log"), padding: 1000)
        #expect(lines.broken.isEmpty)
        #expect(lines.numbers[0] == Array(0..<200))
        #expect(!folder.contents(of: "log").isEmpty)
    }

    /// Reads all that comes while the pipeline stops.
    private func finish(_ pipeline: LogPipeline, readingFrom pipe: TestPipe) throws -> [UInt8] {
        let reader = pipe.reader
        var thread = pthread_t()
        let result = ReadResult(descriptor: reader)
        let argument = unsafe Unmanaged.passRetained(result).toOpaque()
        try #require(
            unsafe pthread_create(
                &thread, nil,
                { argument in
                    guard let argument = unsafe argument else { return nil }
                    let result = unsafe Unmanaged<ReadResult>.fromOpaque(argument)
                        .takeRetainedValue()
                    result.bytes = readAll(result.descriptor)
                    return nil
                }, argument) == 0)
        #expect(pipeline.stop(within: .seconds(20)))
        pipe.closeWriter()
        pthread_join(thread, nil)
        return result.bytes
    }
}

/// What a thread has read; its maker looks after joining it.
private final class ReadResult: @unchecked Sendable {
    let descriptor: Int32
    var bytes: [UInt8] = []

    init(descriptor: Int32) { self.descriptor = descriptor }
}
