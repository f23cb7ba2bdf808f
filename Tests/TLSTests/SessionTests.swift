import Bytes
import Dice
import Linux
import TLS
import Testing

@Suite struct SessionTests {
    private func server(_ names: [String] = ["app"]) throws -> ServerTLS {
        try ServerTLS(ServerTLS.Settings(pairs: names.map { try Made.pair($0) }))
    }

    private func client() throws -> ClientTLS {
        try ClientTLS(ClientTLS.Settings(trust: Made.trust()))
    }

    @Test func `a handshake ends on both sides, and bytes pass both ways`() throws {
        let line = try Line()
        var server = try open(server(), on: line)
        var client = try open(client(), on: line)
        #expect(shake(&server, &client) == Meeting(server: .done, client: .done))
        let version = server.version
        #expect(version == .tls13)
        let name = server.serverName
        #expect(name == "app.example")
        #expect(send("hello", on: &client) == .bytes(5))
        #expect(readAll(&server).bytes == Array("hello".utf8))
        #expect(send("and you", on: &server) == .bytes(7))
        #expect(readAll(&client).bytes == Array("and you".utf8))
    }

    @Test func `what was read before the session began comes first`() throws {
        let line = try Line()
        var client = try open(client(), on: line)
        #expect(client.shake() == .waits)
        var hello = Buffer(capacity: 4096)
        #expect(line.server.receive(into: &hello) != .wouldBlock)
        var server = try open(server(), on: line, having: hello)
        #expect(shake(&server, &client) == Meeting(server: .done, client: .done))
    }

    @Test func `the closure alert is an end, and its lack is one for requests alone`() throws {
        for isOrderly in [true, false] {
            for isServerReading in [true, false] {
                let line = try Line()
                var server = try open(server(), on: line)
                var client = try open(client(), on: line)
                #expect(shake(&server, &client) == Meeting(server: .done, client: .done))
                if isServerReading {
                    _ = send("last", on: &client)
                    if isOrderly { client.endWrites() }
                    line.client.shutdownWrites()
                    let (bytes, stop) = readAll(&server)
                    #expect(bytes == Array("last".utf8))
                    #expect(stop == (isOrderly ? .ended : .wouldBlock))
                    #expect(readAll(&server).stop == .ended)
                } else {
                    _ = send("last", on: &server)
                    if isOrderly { server.endWrites() }
                    line.server.shutdownWrites()
                    #expect(readAll(&client).bytes == Array("last".utf8))
                    #expect(
                        readAll(&client).stop
                            == (isOrderly ? .ended : .failed(.connectionReset)))
                }
            }
        }
    }

    @Test func `bytes count as sent only once their ciphertext has left`() throws {
        let line = try Line(bufferBytes: 4096)
        var server = try open(server(), on: line)
        var client = try open(client(), on: line)
        #expect(shake(&server, &client) == Meeting(server: .done, client: .done))
        _ = readAll(&client)
        var body = Buffer(capacity: 100_000)
        for index in 0..<100_000 { body.append(UInt8(truncatingIfNeeded: index &* 7)) }
        var told = 0
        while case .bytes(let count) = server.send(body.count, of: body, isLast: false) {
            told += count
            body.consume(count)
        }
        #expect(told > 0 && told < 100_000)
        let reading = readAll(&client).bytes.count
        // Records come whole: what is missing of the last one is still waiting at the other side.
        #expect(reading <= told)
    }

    /// Both sides send at once in pieces of any size through a narrow line.
    @Test(arguments: UInt64(0)..<12) func `whatever the sizes, the bytes arrive as they were`(
        seed: UInt64
    ) throws {
        var dice = Dice(seed: seed)
        let line = try Line(bufferBytes: dice.below(2) == 0 ? 2048 : nil)
        var server = try open(server(), on: line)
        var client = try open(client(), on: line)
        #expect(shake(&server, &client) == Meeting(server: .done, client: .done))
        var desk = Buffer(capacity: 16 << 10)
        var there = Half(total: Int(dice.below(200_000)), salt: 3)
        var back = Half(total: Int(dice.below(200_000)), salt: 5)
        for _ in 0..<20_000 where !(there.isDone && back.isDone) {
            switch dice.below(4) {
            case 0: there.send(on: &client, &dice, &desk)
            case 1: there.receive(on: &server, &dice)
            case 2: back.send(on: &server, &dice, &desk)
            default: back.receive(on: &client, &dice)
            }
        }
        #expect(there.isDone && back.isDone)
        #expect(there.isRight && back.isRight)
    }
}

/// One direction of an exchange.
private struct Half: ~Copyable {
    private let total: Int
    private let salt: Int
    private var head = Buffer(capacity: 20_000)
    private var tail = Buffer(capacity: 40_000)
    private var made = 0
    private var got = 0
    private(set) var isRight = true

    init(total: Int, salt: Int) {
        self.total = total
        self.salt = salt
    }

    var isDone: Bool { got == total }

    private func byte(_ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: index &* salt &+ 1) }

    private mutating func refill(_ dice: inout Dice) {
        if head.isEmpty, tail.isEmpty {
            head.removeAll()
            tail.removeAll()
            let isLong = dice.below(8) == 0
            let headCount = min(total - made, Int(dice.below(isLong ? 20_000 : 600)))
            for _ in 0..<headCount {
                head.append(byte(made))
                made += 1
            }
            let tailCount = min(total - made, Int(dice.below(40_000)))
            for _ in 0..<tailCount {
                tail.append(byte(made))
                made += 1
            }
        }
    }

    mutating func send(on session: inout Session, _ dice: inout Dice, _ desk: inout Buffer) {
        refill(&dice)
        let result: IOResult
        if head.isEmpty {
            guard !tail.isEmpty else { return }
            result = session.send(tail.count, of: tail, isLast: false)
        } else if tail.isEmpty {
            result = session.send(head.count, of: head, isLast: false)
        } else {
            result = session.send(
                head, then: tail.count, of: tail, isLast: false, desk: &desk)
        }
        guard case .bytes(let count) = result else {
            isRight = isRight && result == .wouldBlock
            return
        }
        let ofHead = min(count, head.count)
        head.consume(ofHead)
        tail.consume(count - ofHead)
    }

    mutating func receive(on session: inout Session, _ dice: inout Dice) {
        var buffer = Buffer(capacity: 1 + Int(dice.below(30_000)))
        guard case .bytes(let count) = session.receive(into: &buffer) else { return }
        isRight = isRight && count == buffer.count
        for index in 0..<count where buffer[index] != byte(got + index) { isRight = false }
        got += count
    }
}
