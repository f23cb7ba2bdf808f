import Bytes
import Crypto
import Glibc
import Telemetry
import Testing

@Suite struct AuditChainTests {
    @Test(arguments: [LogFormatChoice.json, .logfmt, .text, .ecs])
    func `runs of a process make one chain, in every format`(_ format: LogFormatChoice) throws {
        let folder = try TemporaryFolder()
        for run in 1...3 { try write(4, run: run, format, to: folder) }
        let lines = lines(of: folder)
        let findings = verify(lines)
        #expect(findings.fault == nil)
        #expect(findings.auditCount == 12 && findings.lineCount == 12)
        #expect(findings.first == 1 && findings.last?.sequence == 12)
    }

    @Test func `a line's hash can be computed with any tool`() throws {
        let folder = try TemporaryFolder()
        try write(2, run: 1, .json, to: folder)
        let line = String(decoding: lines(of: folder)[1], as: UTF8.self)
        let parts = line.split(separator: ",\"hash\":\"")
        let previous = try #require(parts[0].split(separator: "\"prev\":\"").last).dropLast()
        var digester = Digester()
        let digest = digester.digest(of: Array((previous + parts[0]).utf8).span, .sha256)
        let hash = (0..<32).map { index in
            let digits = String(digest.bytes[index], radix: 16)
            return digits.count == 1 ? "0\(digits)" : digits
        }.joined()
        #expect(parts[1] == "\(hash)\"}\n")
    }

    @Test(arguments: [LogFormatChoice.json, .logfmt, .text, .ecs])
    func `whatever is done to a line is found at its place`(_ format: LogFormatChoice) throws {
        let folder = try TemporaryFolder()
        try write(8, run: 1, format, to: folder)
        let good = lines(of: folder)
        for place in 1..<7 {
            var changed = good
            // Every byte but the line's end.
            for offset in 0..<(good[place].count - 1) {
                changed[place] = good[place]
                changed[place][offset] ^= 1
                let fault = verify(changed).fault
                #expect(fault != nil && (fault?.line ?? 0) <= place + 2, "byte \(offset)")
            }
            var without = good
            without.remove(at: place)
            expect(
                verify(without), .gap(expected: UInt64(place) + 1, found: UInt64(place) + 2), place)
            var twice = good
            twice.insert(good[place], at: place)
            expect(
                verify(twice), .gap(expected: UInt64(place) + 2, found: UInt64(place) + 1),
                place + 1)
            var swapped = good
            swapped.swapAt(place, place + 1)
            expect(
                verify(swapped), .gap(expected: UInt64(place) + 1, found: UInt64(place) + 2), place)
            var cut = good
            cut[place] = good[place].dropLast(20) + [0x0A]
            expect(verify(cut), .unchained, place)
        }
    }

    @Test func `a file may begin with a later line, and what is cut off its end is not missed`()
        throws
    {
        let folder = try TemporaryFolder()
        try write(6, run: 1, .json, to: folder)
        let lines = lines(of: folder)
        let findings = verify(Array(lines[2..<5]))
        #expect(findings.fault == nil && findings.first == 3 && findings.last?.sequence == 5)
    }

    @Test func `lines of a log between audit lines are nothing to the chain`() throws {
        let folder = try TemporaryFolder()
        try write(3, run: 1, .json, to: folder)
        var mixed: [[UInt8]] = []
        for line in lines(of: folder) {
            mixed.append(Array("{\"time\":\"x\",\"level\":\"info\",\"event\":\"log\"}\n".utf8))
            mixed.append(line)
            mixed.append(Array("anything\n".utf8))
        }
        let findings = verify(mixed)
        #expect(findings.fault == nil && findings.auditCount == 3 && findings.lineCount == 9)
    }

    @Test(arguments: [
        "{\"time\":\"x\",\"level\":\"info\",\"event\":\"audit\",\"message\":\"change\"}\n",
        "{\"@timestamp\":\"x\",\"event.action\":\"audit\"}\n",
        "time=x level=info event=audit message=change\n",
        "12:34:56.789 INFO  audit: change who=x\n",
        "{\"time\":\"x\",\"level\":\"info\",\"event\":\"audit\",\"mess",
    ])
    func `an audit line without a hash breaks the chain`(_ line: String) {
        expect(verify([Array(line.utf8)]), .unchained, 0)
    }

    @Test(arguments: [
        "time=x level=info event=request path=\" audit: event=audit \"\n",
        "12:34:56.789 INFO  GET a/ 200 user_agent=\"x audit: hash=00\"\n", "", "\n", "{\n", "{\"\n",
    ])
    func `no client can have its line taken for one`(_ line: String) {
        #expect(verify([Array(line.utf8)]).fault == nil)
    }

    @Test func `a file that ends within a line goes on with a new one`() throws {
        let folder = try TemporaryFolder()
        try write(3, run: 1, .json, to: folder)
        let size = folder.contents(of: "log").count
        #expect(unsafe truncate("\(folder.path)/log", size - 30) == 0)
        try write(2, run: 2, .json, to: folder)
        let findings = verify(lines(of: folder))
        #expect(findings.fault?.kind == .unchained && findings.fault?.line == 3)
        #expect(lines(of: folder).count == 5)
        // The third line was lost; those after it go on from the second.
        #expect(verify(Array(lines(of: folder)[0..<2] + lines(of: folder)[3...])).fault == nil)
    }

    @Test func `the chain goes on behind megabytes of other lines`() throws {
        let folder = try TemporaryFolder()
        try write(2, run: 1, .json, to: folder)
        let pipeline = try LogPipeline(output: .file(path: "\(folder.path)/log"), queueCount: 1)
        try pipeline.start()
        for number in 0..<3000 {
            while !pipeline.queue(0).append(numberedLine(0, number, padding: 1000)) {
                sched_yield()
            }
        }
        #expect(pipeline.stop(within: .seconds(20)))
        try write(1, run: 2, .json, to: folder)
        let findings = verify(lines(of: folder))
        #expect(findings.fault == nil && findings.last?.sequence == 3)
    }

    // MARK: Support

    private func write(
        _ count: Int, run: Int, _ format: LogFormatChoice, to folder: TemporaryFolder
    ) throws {
        let plan = LogPlan(
            output: .file(path: "\(folder.path)/log"), format: format, auditOutput: nil,
            isChained: true, isColourAllowed: true)
        let pipeline = try LogPipeline(plan, queueCount: 1)
        try pipeline.start()
        for number in 1...count {
            #expect(
                pipeline.audit(
                    who: "127.0.0.1:5\(number)", what: "PUT /api/v1/maintenance \"\(run)\"",
                    result: "done", reason: number == 2 ? "a = b" : ""))
        }
        #expect(pipeline.stop(within: .seconds(20)))
    }

    private func lines(of folder: TemporaryFolder) -> [[UInt8]] {
        folder.contents(of: "log").split(separator: 0x0A).map { Array($0) + [0x0A] }
    }

    private func verify(_ lines: [[UInt8]]) -> AuditVerifier.Findings {
        var verifier = AuditVerifier()
        for line in lines { verifier.read(line.span) }
        return verifier.findings
    }

    private func expect(
        _ findings: AuditVerifier.Findings, _ fault: AuditFault, _ place: Int,
        sourceLocation: SourceLocation = #_sourceLocation
    ) {
        #expect(findings.fault?.kind == fault, sourceLocation: sourceLocation)
        #expect(findings.fault?.line == place + 1, sourceLocation: sourceLocation)
    }
}
