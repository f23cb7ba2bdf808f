import Foundation
import Testing

/// `apus audit verify` as an operator calls it.
struct AuditCommandTests {
    private let first = """
        {"time":"2026-03-01T12:34:56.789Z","level":"info","event":"audit","message":"change",\
        "who":"process","what":"start","result":"done","seq":1,\
        "prev":"0000000000000000000000000000000000000000000000000000000000000000",\
        "hash":"HASH1"}
        """
    private let second = """
        {"time":"2026-03-01T12:34:57.789Z","level":"info","event":"audit","message":"change",\
        "who":"process","what":"stop","result":"done","seq":2,"prev":"HASH1","hash":"HASH2"}
        """

    /// Hashes of the two lines above, computed with sha256sum(1).
    private let hashes = [
        "HASH1": "5bfd6f070667c57e392e88586c0c9d5c1eea93ae3c961aefc7835fb36f8c5471",
        "HASH2": "548480adaa5a4c3dd764c11abecbfd3201e84647d803325ede25a7c743a3c9f2",
    ]

    private func chain() -> [String] {
        [first, second].map { line in
            hashes.reduce(line) { $0.replacingOccurrences(of: $1.key, with: $1.value) }
        }
    }

    @Test func `an unbroken chain is told with its last hash`() throws {
        try withFolder { folder in
            let path = try folder.file("audit.log", chain().joined(separator: "\n") + "\n")
            let ended = try apus("audit", "verify", path)
            #expect(ended.status == 0 && ended.errors == "")
            #expect(
                ended.output == """
                    2 audit lines in order, of 2 lines read
                    numbers 1 to 2
                    last hash \(hashes["HASH2"] ?? "")\n
                    """)
        }
    }

    @Test func `files continue one another`() throws {
        try withFolder { folder in
            let old = try folder.file("audit.1", chain()[0] + "\n")
            let new = try folder.file("audit", chain()[1] + "\n")
            #expect(try apus("audit", "verify", old, new).status == 0)
            #expect(try apus("audit", "verify", new).output.contains("numbers 2 to 2, continuing"))
            let ended = try apus("audit", "verify", new, old)
            #expect(ended.status == 1)
            #expect(ended.output.contains("\(old):1: broken: number 1 where 3 should be"))
        }
    }

    @Test func `the first broken line is told`() throws {
        try withFolder { folder in
            let forged = chain()[1].replacingOccurrences(of: "stop", with: "stay")
            let path = try folder.file("audit.log", "\(chain()[0])\n\(forged)\n")
            let ended = try apus("audit", "verify", path)
            #expect(ended.status == 1)
            #expect(ended.output.hasSuffix("\(path):2: broken: the line is not what was written\n"))
        }
    }

    @Test func `what is no audit file is told so`() throws {
        try withFolder { folder in
            let empty = try folder.file("empty", "")
            let text = try folder.file("text", "hello\n")
            let endless = try folder.file("endless", String(repeating: "x", count: 3 << 20))
            for (path, message) in [
                ("\(empty)", "no chained audit line in \(empty)"),
                ("\(text)", "no chained audit line in \(text)"),
                ("\(endless)", "has a line of more than 1048576 bytes: it is no log"),
                ("/nowhere/audit", "cannot be opened: No such file or directory"),
                ("/tmp", "cannot be read: Is a directory"),
            ] {
                let ended = try apus("audit", "verify", path)
                #expect(ended.status == 1, "\(path)")
                #expect(ended.errors.contains(message), "\(ended.errors)")
            }
            #expect(try apus("audit", "verify").status == 64)
        }
    }
}
