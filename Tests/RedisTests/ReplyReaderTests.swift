import Bytes
import Dice
import Testing

@testable import Redis

/// What a reader makes of bytes that come whole, in pieces, or wrong.
struct ReplyReaderTests {
    private static let replies: [(String, [ReplyItem])] = [
        ("+PONG\r\n", [.status(ByteRange(0, 4))]),
        ("-NOAUTH no\r\n", [.error(ByteRange(0, 9))]),
        (":-42\r\n", [.integer(-42)]),
        ("$3\r\nabc\r\n", [.string(ByteRange(0, 3))]),
        ("$0\r\n\r\n", [.string(ByteRange(0, 0))]),
        ("$-1\r\n", [.null]),
        ("*-1\r\n", [.null]),
        ("*0\r\n", [.array(count: 0)]),
        (
            "*3\r\n:1\r\n:2\r\n:9223372036854775807\r\n",
            [.array(count: 3), .integer(1), .integer(2), .integer(.max)]
        ),
        (
            "*2\r\n*1\r\n$2\r\nhi\r\n$-1\r\n",
            [.array(count: 2), .array(count: 1), .string(ByteRange(0, 2)), .null]
        ),
    ]

    @Test(arguments: replies)
    func `a reply is the same wherever it is cut`(_ text: String, _ items: [ReplyItem]) throws {
        let bytes = Array(text.utf8)
        for cut in 0...bytes.count {
            var reader = ReplyReader(.call)
            try reader.feed(bytes[..<cut])
            let isWhole = try reader.next()
            #expect(isWhole == (cut == bytes.count))
            let isWithin = reader.isWithinReply
            #expect(isWithin == (cut > 0 && !isWhole))
            guard !isWhole else { continue }
            try reader.feed(bytes[cut...])
            #expect(try reader.next())
            #expect(reader.tape.items == items)
            #expect(try !reader.next())
        }
    }

    @Test func `replies that come together are read one by one`() throws {
        let bytes = Array(Self.replies.map(\.0).joined().utf8)
        for share in [1, 2, 7, bytes.count] {
            var reader = ReplyReader(.call)
            var found: [[ReplyItem]] = []
            var start = 0
            while start < bytes.count {
                let end = min(bytes.count, start + share)
                try reader.feed(bytes[start..<end])
                while try reader.next() { found.append(reader.tape.items) }
                start = end
            }
            #expect(found == Self.replies.map(\.1))
        }
    }

    @Test func `integers of an array are read, and of nothing else`() throws {
        var integers = ReplyIntegers()
        #expect(try read("*4\r\n:7\r\n:1\r\n:2\r\n:3\r\n", &integers) == 4)
        #expect((0..<4).map { integers[$0] } == [7, 1, 2, 3])
        #expect(try read("*0\r\n", &integers) == 0)
        for text in [
            ":7\r\n", "+OK\r\n", "*1\r\n$1\r\n7\r\n", "*1\r\n*1\r\n:1\r\n", "*2\r\n:1\r\n$-1\r\n",
        ] {
            #expect(try read(text, &integers) == nil)
        }
        let most = "*25\r\n" + String(repeating: ":5\r\n", count: 25)
        #expect(try read(most, &integers) == 25)
        let more = "*26\r\n" + String(repeating: ":5\r\n", count: 26)
        #expect(try read(more, &integers) == nil)
    }

    @Test(arguments: [
        "HTTP/1.1 400 Bad Request\r\n", "\r\n", ":12a\r\n", ":\r\n", "$abc\r\n", "$-2\r\n",
        "*-2\r\n", "*x\r\n", "%1\r\n+a\r\n:1\r\n", "\0\0\0\0\r\n",
    ])
    func `what is no RESP ends the stream for good`(_ text: String) throws {
        var reader = ReplyReader(.call)
        #expect(throws: ReplyProblem.garbled) {
            try reader.feed(Array(text.utf8)[...])
            _ = try reader.next()
        }
        #expect(throws: ReplyProblem.garbled) { try reader.feed(Array("+OK\r\n".utf8)[...]) }
    }

    @Test(arguments: [
        "*33\r\n", "*2147483647\r\n", "*31\r\n:1\r\n*31\r\n",
        "*16\r\n" + String(repeating: "*1\r\n:1\r\n", count: 16),
        "$1025\r\n" + String(repeating: "x", count: 1025) + "\r\n",
        "*2\r\n$600\r\n" + String(repeating: "x", count: 600) + "\r\n$600\r\n"
            + String(repeating: "y", count: 600) + "\r\n",
    ])
    func `a reply beyond the bounds is refused`(_ text: String) throws {
        var reader = ReplyReader(.call)
        #expect(throws: ReplyProblem.tooLarge) {
            try reader.feed(Array(text.utf8)[...])
            _ = try reader.next()
        }
    }

    @Test(arguments: ["$1000000000\r\n", "+", "-", ":", "$", "*"])
    func `an endless reply is refused before it has taken much memory`(_ start: String) throws {
        var reader = ReplyReader(.call)
        try reader.feed(Array(start.utf8)[...])
        let more = [UInt8](repeating: 0x78, count: 1000)
        var fedCount = 0
        #expect(throws: ReplyProblem.tooLarge) {
            while fedCount < 1_000_000 {
                try reader.feed(more[...])
                fedCount += more.count
                if try reader.next() { break }
            }
        }
        #expect(fedCount <= 6000)
    }

    @Test func `a nest too deep is refused`() {
        var reader = ReplyReader(.topology)
        #expect(throws: ReplyProblem.self) {
            try reader.feed(Array(String(repeating: "*1\r\n", count: 20).utf8)[...])
            _ = try reader.next()
        }
    }

    @Test func `of a long error the beginning is kept`() throws {
        var reader = ReplyReader(.call)
        try reader.feed(Array(("-ERR " + String(repeating: "e", count: 2000) + "\r\n").utf8)[...])
        #expect(try reader.next())
        #expect(reader.tape.items == [.error(ByteRange(0, 256))])
        #expect(reader.tape.text.count == 256)
    }

    @Test(arguments: 0..<200)
    func `random bytes are read or refused`(_ seed: UInt64) {
        var dice = Dice(seed: seed)
        let alphabet = Array("*$:+-0123456789\r\n\r\n\r\nabc\0".utf8)
        var reader = ReplyReader(seed % 2 == 0 ? .call : .topology)
        do throws(ReplyProblem) {
            for _ in 0..<200 {
                let piece = (0..<Int(dice.below(30))).map { _ in
                    alphabet[Int(dice.below(UInt64(alphabet.count)))]
                }
                try reader.feed(piece[...])
                while try reader.next() {
                    #expect(reader.root != nil)
                }
            }
        } catch {
            #expect(error == .garbled || error == .tooLarge)
        }
    }

    @Test(arguments: 0..<100)
    func `a reply with a byte changed is read or refused`(_ seed: UInt64) {
        var dice = Dice(seed: seed)
        var bytes = Array(Self.replies.map(\.0).joined().utf8)
        for _ in 0...dice.below(3) {
            bytes[Int(dice.below(UInt64(bytes.count)))] = UInt8(truncatingIfNeeded: dice.next())
        }
        var reader = ReplyReader(.call)
        var start = 0
        do throws(ReplyProblem) {
            while start < bytes.count {
                let end = min(bytes.count, start + 1 + Int(dice.below(20)))
                try reader.feed(bytes[start..<end])
                while try reader.next() { #expect(reader.tape.items.count <= 32) }
                start = end
            }
        } catch {
            #expect(error == .garbled || error == .tooLarge)
        }
    }

    private func read(_ text: String, _ integers: inout ReplyIntegers) throws -> Int? {
        var reader = ReplyReader(.call)
        try reader.feed(Array(text.utf8)[...])
        #expect(try reader.next())
        return reader.readIntegers(into: &integers)
    }
}

extension ReplyReader {
    mutating func feed(_ bytes: ArraySlice<UInt8>) throws(ReplyProblem) {
        let copy = Array(bytes)
        try feed(copy.span)
    }
}
