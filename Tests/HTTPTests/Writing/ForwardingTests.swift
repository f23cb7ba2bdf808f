import Bytes
import Dice
import Testing

@testable import HTTP

@Suite struct ForwardingTests {
    private func fields(of lines: String) throws -> (fields: [Field], bytes: [UInt8]) {
        let bytes = Array("GET / HTTP/1.1\r\nHost: a\r\n\(lines)\r\n".utf8)
        var reader = RequestReader()
        var head = RequestHead()
        let limits = HeadLimits(startLineBytesMax: 100, fieldBytesMax: 9000, fieldCountMax: 100)
        let progress = try reader.read(bytes.span, limits: limits, into: &head)
        #expect(progress == .complete)
        return (head.fields, bytes)
    }

    private func forwarded(
        _ lines: String, except dropped: FieldNameSet = [.host, .connection],
        and names: [String]? = nil
    ) throws -> String {
        let (fields, bytes) = try fields(of: lines)
        var buffer = Buffer(capacity: 4096)
        if let names {
            let table = FieldNameTable(names)
            buffer.appendForwarded(fields, of: bytes.span, except: dropped, and: table)
        } else {
            buffer.appendForwarded(fields, of: bytes.span, except: dropped)
        }
        return String(decoding: WireRewriting.copy(buffer), as: UTF8.self)
    }

    @Test func `canonical lines pass as they are`() throws {
        #expect(try forwarded("A: 1\r\nB: 2\r\n") == "A: 1\r\nB: 2\r\n")
        #expect(try forwarded("A: 1\r\n", except: []) == "Host: a\r\nA: 1\r\n")
    }

    @Test func `others are written anew, in their place`() throws {
        let lines = "A: 1\r\nB:2\r\nC:  3 \r\nD: 4\r\nE:\r\n"
        #expect(try forwarded(lines) == "A: 1\r\nB: 2\r\nC: 3\r\nD: 4\r\nE: \r\n")
    }

    @Test func `dropped names leave no gap`() throws {
        let lines = "Via: x\r\nA: 1\r\nVia: y\r\nB: 2\r\nVia:z\r\n"
        #expect(try forwarded(lines, except: [.host, .via]) == "A: 1\r\nB: 2\r\n")
        #expect(try forwarded(lines, except: [.host, .other]) == "Via: x\r\nVia: y\r\nVia: z\r\n")
    }

    @Test func `nominated and disguised fields stay behind`() throws {
        let lines =
            "X-Hop: 1\r\nA: 1\r\nConnection: x-hop\r\nX_Real_IP: 1\r\nContent.Length: 5\r\nB: 2\r\n"
        #expect(try forwarded(lines) == "A: 1\r\nB: 2\r\n")
    }

    @Test func `names of the table stay behind, and their disguises`() throws {
        let lines = "X-A: 1\r\nX_A: 2\r\nx-a: 3\r\nX-B: 4\r\nX-AA: 5\r\n"
        #expect(try forwarded(lines, and: ["x-a"]) == "X-B: 4\r\nX-AA: 5\r\n")
        #expect(try forwarded(lines, and: []) == lines)
    }

    @Test func `whatever is left out, the rest is what a plain loop writes`() throws {
        var dice = Dice(seed: 5)
        let choices = [
            "A: 1", "B:2", "Via: v", "X_Real_IP: 1", "X-Hop: h", "Cookie: c=d", "C: \t3", "D: ",
            "E:", "X-Table: 1", "Keep-Alive: 5",
        ]
        for _ in 0..<300 {
            let lines = (0..<Int.random(in: 0...12, using: &dice)).compactMap { _ in
                choices.randomElement(using: &dice)
            }
            let text = (lines + ["Connection: X-Hop"]).map { $0 + "\r\n" }.joined()
            let expected = lines.filter { line in
                !["Via", "X_Rea", "X-Hop", "X-Tab", "Keep-"].contains { line.hasPrefix($0) }
            }.map { line in
                let parts = line.split(
                    separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
                return "\(parts[0]): \(parts[1].filter { $0 != " " && $0 != "\t" })\r\n"
            }.joined()
            let dropped = FieldNameSet.hopByHop.union([.host, .via])
            #expect(try forwarded(text, except: dropped, and: ["X-Table"]) == expected)
        }
    }
}
