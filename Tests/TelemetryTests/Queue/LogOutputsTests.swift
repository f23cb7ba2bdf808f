import Bytes
import Glibc
import Telemetry
import Testing

/// Lines that go another way than straight from a ring to the output.
@Suite struct LogOutputsTests {
    @Test func `another format loses nothing under load and reopening`() async throws {
        let folder = try TemporaryFolder()
        let pipeline = try LogPipeline(
            plan(.file(path: "\(folder.path)/log"), .logfmt), queueCount: 2)
        try pipeline.start()
        let path = "\(folder.path)/log"
        await withTaskGroup { group in
            for producer in 0..<2 {
                group.addTask {
                    for number in 0..<20_000 {
                        let queue = pipeline.queue(producer)
                        while !queue.append(self.jsonLine(producer, number)) { sched_yield() }
                    }
                }
            }
            group.addTask {
                for number in 0..<12 {
                    _ = unsafe rename(path, "\(path).\(number)")
                    pipeline.reopen()
                    // Until the file is there again, which is when it was reopened.
                    while unsafe access(path, F_OK) != 0 { sched_yield() }
                }
            }
        }
        #expect(pipeline.stop(within: .seconds(20)))
        var numbers: [[Int]] = [[], []]
        let names = ["log"] + (0..<12).map { "log.\($0)" }
        for name in names {
            for line in String(decoding: folder.contents(of: name), as: UTF8.self).split(
                separator: "\n")
            {
                let pairs = line.split(separator: " ").map { $0.split(separator: "=") }
                guard pairs.count == 4, pairs[3] == ["end", "x"] else { continue }
                numbers[Int(pairs[1][1]) ?? 0].append(Int(pairs[2][1]) ?? -1)
            }
        }
        for producer in 0..<2 { #expect(numbers[producer].sorted() == Array(0..<20_000)) }
    }

    @Test func `a stopped reader of another format costs lines, which are counted`() throws {
        let pipe = try TestPipe()
        let pipeline = try LogPipeline(plan(.descriptor(pipe.writer), .text), queueCount: 1)
        try pipeline.start()
        for number in 0..<80_000 { pipeline.queue(0).append(jsonLine(0, number)) }
        // The queue alone: the writer may have told of drops in between.
        #expect(pipeline.queue(0).lineCount + pipeline.queue(0).droppedCount == 80_000)
        #expect(pipeline.droppedCount > 0)
        #expect(!pipeline.stop(within: .milliseconds(50)))
    }

    @Test func `audit lines have an output of their own`() throws {
        let folder = try TemporaryFolder()
        let pipeline = try LogPipeline(
            plan(.file(path: "\(folder.path)/log"), .json, audit: "\(folder.path)/audit"),
            queueCount: 1)
        try pipeline.start()
        pipeline.queue(0).append(numberedLine(0, 0, padding: 4))
        pipeline.audit(who: "127.0.0.1:1", what: "reload", result: "done", reason: "")
        #expect(pipeline.stop(within: .seconds(20)))
        #expect(NumberedLines(folder.contents(of: "log"), padding: 4).count == 1)
        #expect(NumberedLines(folder.contents(of: "log"), padding: 4).others.isEmpty)
        let audit = String(decoding: folder.contents(of: "audit"), as: UTF8.self)
        #expect(audit.contains("\"what\":\"reload\"") && audit.contains("\"seq\":1"))
    }

    @Test func `an audit output that takes nothing does not hold up the log`() throws {
        let pipe = try TestPipe()
        let pipeline = try LogPipeline(
            plan(.descriptor(pipe.writer), .json, audit: "/dev/full"), queueCount: 1)
        try pipeline.start()
        pipeline.audit(who: "a", what: "b", result: "c", reason: "")
        for number in 0..<50 {
            pipeline.queue(0).append(numberedLine(0, number, padding: 3))
            let lines = NumberedLines(try #require(readSome(pipe.reader)), padding: 3)
            #expect(lines.numbers[0] == [number])
        }
        #expect(!pipeline.stop(within: .milliseconds(50)))
    }

    @Test func `a log that takes nothing does not hold up audit lines`() throws {
        let pipe = try TestPipe()
        let folder = try TemporaryFolder()
        let pipeline = try LogPipeline(
            plan(.descriptor(pipe.writer), .json, audit: "\(folder.path)/audit"), queueCount: 1)
        try pipeline.start()
        for number in 0..<40_000 { pipeline.queue(0).append(numberedLine(0, number, padding: 90)) }
        pipeline.audit(who: "a", what: "b", result: "c", reason: "")
        let clock = ContinuousClock()
        let end = clock.now + .seconds(20)
        while folder.contents(of: "audit").isEmpty, clock.now < end { sched_yield() }
        #expect(!folder.contents(of: "audit").isEmpty)
        _ = pipeline.stop(within: .milliseconds(20))
    }

    @Test func `audit lines that could not be kept are told of by the next`() throws {
        let folder = try TemporaryFolder()
        let pipeline = try LogPipeline(
            plan(.file(path: "\(folder.path)/log"), .json), queueCount: 1)
        // Nobody writes before the start, so the queue fills.
        var kept = 0
        let text = String(repeating: "x", count: 2000)
        while pipeline.audit(who: text, what: text, result: "done", reason: "") { kept += 1 }
        for _ in 0..<6 { pipeline.audit(who: text, what: text, result: "done", reason: "") }
        try pipeline.start()
        let clock = ContinuousClock()
        let end = clock.now + .seconds(20)
        while !pipeline.audit(who: "last", what: "b", result: "c", reason: ""), clock.now < end {
            sched_yield()
        }
        #expect(pipeline.stop(within: .seconds(20)))
        var verifier = AuditVerifier()
        var lost = 0
        for line in folder.contents(of: "log").split(separator: 0x0A) {
            let bytes = Array(line) + [0x0A]
            verifier.read(bytes.span)
            let members = try StrictJSON.members(ofLine: bytes)
            lost += members.first { $0.key == "lost" }.flatMap { Int($0.value) } ?? 0
        }
        let findings = verifier.findings
        #expect(findings.fault == nil && findings.auditCount == kept + 1)
        #expect(lost == Int(pipeline.droppedCount) && lost >= 7)
    }

    @Test func `a terminal gets colours unless they are not wanted`() throws {
        for isAllowed in [true, false] {
            var leader: Int32 = -1
            var terminal: Int32 = -1
            try #require(unsafe openpty(&leader, &terminal, nil, nil, nil) == 0)
            defer { for end in [leader, terminal] { close(end) } }
            let plan = LogPlan(
                output: .descriptor(terminal), format: .text, auditOutput: nil, isChained: false,
                isColourAllowed: isAllowed)
            let pipeline = try LogPipeline(plan, queueCount: 1)
            try pipeline.start()
            pipeline.audit(who: "a", what: "b", result: "c", reason: "")
            let read = try #require(readSome(leader))
            #expect(read.contains(0x1B) == isAllowed)
            _ = pipeline.stop(within: .seconds(5))
        }
    }

    private func plan(
        _ output: LogTarget, _ format: LogFormatChoice, audit: String? = nil
    ) -> LogPlan {
        LogPlan(
            output: output, format: format, auditOutput: audit.map { .file(path: $0) },
            isChained: true, isColourAllowed: true)
    }

    private func jsonLine(_ producer: Int, _ number: Int) -> Buffer {
        var buffer = Buffer(capacity: 128)
        buffer.append(
            Array(
                "{\"time\":\"x\",\"producer\":\(producer),\"number\":\(number),\"end\":\"x\"}\n"
                    .utf8))
        return buffer
    }
}
