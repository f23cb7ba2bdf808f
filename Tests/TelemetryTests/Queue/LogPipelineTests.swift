import Bytes
import Glibc
import Telemetry
import Testing

@Suite struct LogPipelineTests {
    @Test func `lines of all loops and of others reach the file in order`() async throws {
        let folder = try TemporaryFolder()
        let pipeline = try LogPipeline(output: .file(path: "\(folder.path)/log"), queueCount: 3)
        try pipeline.start()
        await withTaskGroup { group in
            for producer in 0..<3 {
                group.addTask {
                    for number in 0..<4000 {
                        pipeline.queue(producer).append(numberedLine(producer, number, padding: 80))
                    }
                }
            }
            for _ in 0..<2 {
                group.addTask {
                    for _ in 0..<200 {
                        var line = LineBuilder(
                            level: .info, event: .reload, message: "shared", time: .now())
                        pipeline.submit(&line)
                    }
                }
            }
        }
        #expect(pipeline.stop(within: .seconds(20)))
        let lines = NumberedLines(folder.contents(of: "log"), padding: 80)
        #expect(lines.broken.isEmpty)
        #expect(lines.others.count == 400)
        for producer in 0..<3 { #expect(lines.numbers[producer] == Array(0..<4000)) }
        #expect(pipeline.droppedCount == 0 && pipeline.lineCount == 12_400)
    }

    @Test func `lines queued before the start are written`() throws {
        let folder = try TemporaryFolder()
        let pipeline = try LogPipeline(output: .file(path: "\(folder.path)/log"), queueCount: 1)
        pipeline.queue(0).append(numberedLine(0, 1, padding: 3))
        try pipeline.start()
        #expect(pipeline.stop(within: .seconds(20)))
        #expect(NumberedLines(folder.contents(of: "log"), padding: 3).numbers[0] == [1])
    }

    @Test func `a line reaches its reader without anything else happening`() throws {
        let pipe = try TestPipe()
        let pipeline = try LogPipeline(output: .descriptor(pipe.writer), queueCount: 1)
        try pipeline.start()
        for number in 0..<3 {
            pipeline.queue(0).append(numberedLine(0, number, padding: 3))
            let lines = NumberedLines(try #require(readSome(pipe.reader)), padding: 3)
            #expect(lines.numbers[0] == [number])
        }
        #expect(pipeline.stop(within: .seconds(20)))
    }

    @Test func `reopening under load neither loses nor cuts nor repeats a line`() async throws {
        let folder = try TemporaryFolder()
        let pipeline = try LogPipeline(output: .file(path: "\(folder.path)/log"), queueCount: 2)
        try pipeline.start()
        await withTaskGroup { group in
            for producer in 0..<2 {
                group.addTask {
                    for number in 0..<8000 {
                        pipeline.queue(producer).append(numberedLine(producer, number, padding: 80))
                        if number % 50 == 0 { await Task.yield() }
                    }
                }
            }
            let path = folder.path
            group.addTask {
                for number in 0..<100 {
                    _ = unsafe rename("\(path)/log", "\(path)/log.\(1000 + number)")
                    pipeline.reopen()
                    await Task.yield()
                }
            }
        }
        #expect(pipeline.stop(within: .seconds(20)))
        var written: [UInt8] = []
        let rotated = folder.names.filter { $0 != "log" }
        for name in rotated + ["log"] {
            let bytes = folder.contents(of: name)
            #expect(bytes.isEmpty || bytes.last == 0x0A)
            written += bytes
        }
        let lines = NumberedLines(written, padding: 80)
        #expect(lines.broken.isEmpty && lines.others.isEmpty)
        for producer in 0..<2 { #expect(lines.numbers[producer] == Array(0..<8000)) }
    }

    @Test func `a file that cannot be reopened stays in use and the log says so`() throws {
        let folder = try TemporaryFolder()
        _ = unsafe mkdir("\(folder.path)/in", 0o700)
        let pipeline = try LogPipeline(output: .file(path: "\(folder.path)/in/log"), queueCount: 1)
        _ = unsafe rename("\(folder.path)/in/log", "\(folder.path)/kept")
        _ = unsafe rmdir("\(folder.path)/in")
        pipeline.reopen()
        try pipeline.start()
        pipeline.queue(0).append(numberedLine(0, 1, padding: 3))
        #expect(pipeline.stop(within: .seconds(20)))
        let lines = NumberedLines(folder.contents(of: "kept"), padding: 3)
        #expect(lines.numbers[0] == [1])
        #expect(lines.others.count == 1)
        #expect(lines.others.first?.contains("\"errno\":\(ENOENT)") == true)
    }

    @Test func `a file is appended to, and made for its owner and group alone`() throws {
        let folder = try TemporaryFolder()
        for number in 0..<2 {
            let pipeline = try LogPipeline(
                output: .file(path: "\(folder.path)/log"), queueCount: 1)
            try pipeline.start()
            pipeline.queue(0).append(numberedLine(0, number, padding: 3))
            #expect(pipeline.stop(within: .seconds(20)))
        }
        #expect(NumberedLines(folder.contents(of: "log"), padding: 3).numbers[0] == [0, 1])
        var status = stat()
        #expect(unsafe stat("\(folder.path)/log", &status) == 0)
        #expect(status.st_mode & 0o137 == 0)
    }

    @Test func `a path that cannot be opened is a problem that names it`() {
        let path = "/nowhere/at/all/log"
        #expect(throws: LogProblem.self) {
            try LogPipeline(output: .file(path: path), queueCount: 1)
        }
        do {
            _ = try LogPipeline(output: .file(path: path), queueCount: 1)
        } catch {
            #expect(error.step == .open(path: path) && error.errno == ENOENT)
        }
    }

    @Test func `a pipeline that was not started has nothing to wait for`() throws {
        let folder = try TemporaryFolder()
        let pipeline = try LogPipeline(output: .file(path: "\(folder.path)/log"), queueCount: 1)
        #expect(pipeline.stop(within: .seconds(20)))
        pipeline.queue(0).append(numberedLine(0, 1, padding: 3))
        #expect(!pipeline.stop(within: .seconds(20)))
    }

    @Test func `a loop cannot take the queue that others share`() async {
        await #expect(processExitsWith: .failure) {
            let pipeline = try LogPipeline(output: .stderr, queueCount: 2)
            _ = pipeline.queue(2)
        }
    }
}
