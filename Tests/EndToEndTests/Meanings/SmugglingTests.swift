import Testing

/// Whatever a client sends, the app gets requests of one meaning only: see `Smuggling/README.md`.
@Suite(.staged) struct SmugglingTests {
    /// The request behind each case.
    static let next = "GET /next HTTP/1.1\r\nHost: next.test\r\nConnection: close\r\n\r\n"

    /// An app that notes all bytes, and answers whatever it takes for a request.
    static func recorder(_ pieces: Notes<Piece>) throws -> Origin {
        try Origin { wire, number in
            var bytes: [UInt8] = []
            let reader = LaxReader(takesLast: true, prefersLength: false, breaksAtReturn: false)
            while !wire.isEnded {
                guard try wire.receive(within: 60) else { return }
                let news = wire.take(.max)
                pieces.add(Piece(connection: number, bytes: news))
                bytes += news
                let (meanings, count) = reader.requests(in: bytes)
                bytes.removeFirst(count)
                for _ in meanings { try wire.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") }
            }
        }
    }

    struct Piece {
        let connection: Int
        let bytes: [UInt8]
    }

    @Test(arguments: ["lengths", "codings", "chunks", "lines", "targets"])
    func `the app gets requests of one meaning`(file: String) throws {
        let pieces = Notes<Piece>()
        let apus = try Apus(
            to: Self.recorder(pieces),
            with: "timeouts: { response: 3s, header: 5s, stream: 1s }")
        for sample in try SmugglingCase.all(in: file) {
            let seenBefore = pieces.all.count
            let linesBefore = try apus.lines("request").count
            let statuses = try Self.statuses(of: sample, from: apus)
            let expected = sample.statuses + (sample.isKept ? [200] : [])
            #expect(statuses == expected, "\(file): \(sample.name)")
            let lines = try eventually("\(sample.name): \(statuses.count) lines") {
                let lines = try apus.lines("request").dropFirst(linesBefore)
                return lines.count >= statuses.count ? Array(lines) : nil
            }
            Self.compare(
                Array(pieces.all.dropFirst(seenBefore)), with: lines, of: "\(file): \(sample.name)")
        }
        #expect(apus.process.exitCode == nil)
        #expect(try apus.terminate() == 0)
    }

    /// Sends a case with the request behind it.
    ///
    /// - Returns: The statuses of all that comes back.
    private static func statuses(of sample: SmugglingCase, from apus: Apus) throws -> [Int] {
        let wire = try apus.connect()
        try wire.send(sample.bytes + Array(next.utf8))
        var statuses: [Int] = []
        while let head = try wire.head() {
            statuses.append(head.status)
            _ = try wire.read(count: Int(head["Content-Length"] ?? "0") ?? 0)
        }
        return statuses
    }

    /// Compares what lax readers see in the app's bytes with what the gateway says it has passed
    /// on.
    private static func compare(_ pieces: [Piece], with lines: [LogLine], of name: String) {
        let forwarded = lines.filter { $0.upstreamStatus == 200 }
        var connections: [Int: [UInt8]] = [:]
        for piece in pieces { connections[piece.connection, default: []] += piece.bytes }
        let streams = connections.sorted { $0.key < $1.key }.map(\.value)
        var bodies: [[UInt8]]?
        for reader in LaxReader.all {
            let meanings = streams.flatMap { reader.requests(in: $0).meanings }
            #expect(meanings.count == forwarded.count, "\(name): \(reader)")
            for (meaning, line) in zip(meanings, forwarded) {
                let target = (line.path ?? "/") + (line.query.map { "?\($0)" } ?? "")
                #expect(meaning.method == line.method, "\(name): \(reader)")
                #expect(meaning.target == target, "\(name): \(reader)")
                #expect(meaning.host == line.host ?? "", "\(name): \(reader)")
                #expect(meaning.body.count == line.bytesIn, "\(name): \(reader)")
            }
            if let bodies { #expect(meanings.map(\.body) == bodies, "\(name): \(reader)") }
            bodies = meanings.map(\.body)
        }
    }

    @Test func `what looks like an attack is a security event`() throws {
        let apus = try Apus(to: Origin.saying())
        let answer = try apus.ask(post("/", "hello", "Transfer-Encoding: chunked\r\n"))
        #expect(answer.status == 400)
        let line = try eventually("the event") { try apus.lines("security").first }
        #expect(line.kind == "request_smuggling")
        #expect(line.requestId == answer["X-Request-ID"])
    }

    @Test func `https where http is spoken does not`() throws {
        let apus = try Apus(to: Origin.saying())
        let wire = try apus.connect()
        try wire.send([0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3])
        #expect(try wire.response().status == 400)
        let line = try apus.accessLine(of: nil)
        #expect(line.reason == "tls_handshake")
        #expect(try apus.lines("security").isEmpty)
    }

    @Test func `there are at least 150 cases, each of its own name`() throws {
        let files = ["lengths", "codings", "chunks", "lines", "targets"]
        for file in files {
            let names = try SmugglingCase.all(in: file).map(\.name)
            #expect(Set(names).count == names.count)
        }
        #expect(try files.reduce(0) { try $0 + SmugglingCase.all(in: $1).count } >= 150)
    }

    // MARK: The readers themselves

    @Test(arguments: [
        ("POST / HTTP/1.1\nContent-Length: 3\nContent-Length: 1\n\nabc", [1, 3]),
        ("POST / HTTP/1.1\r\nContent_Length : 2x\r\n\r\nab", [2]),
        (
            "POST / HTTP/1.1\r\nX: y\r\n Z: 1\r\nContent-Length: 3\r\n"
                + "Transfer-Encoding: x-chunked\r\n\r\n0\n\n", [0, 3]
        ),
        ("GET / HTTP/1.1\r\nX: y\rContent-Length: 1\r\n\r\na", [0, 1]),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n2;x\nab\n0\n\n", [2]),
    ])
    func `lax readers differ where they should`(text: String, sizes: [Int]) {
        let seen = LaxReader.all.compactMap {
            $0.requests(in: Array(text.utf8)).meanings.first?.body.count
        }
        #expect(Set(seen).sorted() == sizes)
    }
}
