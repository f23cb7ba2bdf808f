import Bytes
import Testing

@testable import Linux

/// Real sockets over loopback; whoever must wait waits for the kernel's report.
struct SocketTests {
    private func buffer(_ text: StaticString, capacity: Int = 64) -> Buffer {
        var buffer = Buffer(capacity: capacity)
        buffer.append(text)
        return buffer
    }

    private func receive(_ socket: Socket, capacity: Int = 64) throws -> (IOResult, String) {
        var buffer = Buffer(capacity: capacity)
        let result = socket.receive(into: &buffer)
        return (result, String(decoding: buffer.copy(), as: UTF8.self))
    }

    @Test(arguments: [
        SocketAddress.ipv4(0x7F00_0001, port: 0), .ipv6(0, 1, port: 0, scope: 0),
        .unix(path: "socket-tests.sock"),
    ])
    func `bytes go both ways over every family`(_ address: SocketAddress) throws {
        if case .unix(let path) = address { SocketFile.remove(path) }
        let pair = try Pair(over: address)
        defer { pair.close() }
        if case .unix(let path) = address { SocketFile.remove(path) }
        let hello = buffer("hello")
        let sent = pair.client.send(4, of: hello)
        #expect(sent == .bytes(4))
        try Wait.until(.readable, on: pair.server.number)
        let (result, text) = try receive(pair.server)
        #expect(result == .bytes(4))
        #expect(text == "hell")
        let back = pair.server.send(hello, then: 2, of: buffer("world"))
        #expect(back == .bytes(7))
        try Wait.until(.readable, on: pair.client.number)
        let answer = try receive(pair.client)
        #expect(answer == (.bytes(7), "hellowo"))
    }

    @Test func `an empty socket would block, and keeps the buffer as it is`() throws {
        let pair = try Pair()
        defer { pair.close() }
        let (result, text) = try receive(pair.server)
        #expect(result == .wouldBlock)
        #expect(text == "")
    }

    @Test func `a read takes no more than there is room for`() throws {
        let pair = try Pair()
        defer { pair.close() }
        _ = pair.client.send(5, of: buffer("hello"))
        try Wait.until(.readable, on: pair.server.number)
        let first = try receive(pair.server, capacity: 3)
        let second = try receive(pair.server, capacity: 3)
        #expect(first == (.bytes(3), "hel"))
        #expect(second == (.bytes(2), "lo"))
    }

    @Test func `a full socket takes a part, then would block until it is read`() throws {
        let pair = try Pair()
        defer { pair.close() }
        var bulk = Buffer(capacity: 1 << 20)
        bulk.append([UInt8](repeating: 7, count: 1 << 20))
        var total = 0
        while case .bytes(let count) = pair.client.send(bulk.count, of: bulk) { total += count }
        let full = pair.client.send(1, of: bulk)
        #expect(full == .wouldBlock)
        var taken = 0
        var room = Buffer(capacity: 1 << 20)
        while taken < total {
            try Wait.until(.readable, on: pair.server.number)
            room.removeAll()
            if case .bytes(let count) = pair.server.receive(into: &room) { taken += count }
        }
        try Wait.until(.writable, on: pair.client.number)
        let again = pair.client.send(1, of: bulk)
        #expect(taken == total)
        #expect(again == .bytes(1))
    }

    @Test func `an end is seen after the last byte, and the way back stays open`() throws {
        let pair = try Pair()
        defer { pair.close() }
        _ = pair.client.send(2, of: buffer("hi"))
        pair.client.shutdownWrites()
        try Wait.until(.ended, on: pair.server.number)
        let first = try receive(pair.server)
        let second = try receive(pair.server)
        #expect(first == (.bytes(2), "hi"))
        #expect(second.0 == .ended)
        let back = pair.server.send(2, of: buffer("yo"))
        #expect(back == .bytes(2))
        try Wait.until(.readable, on: pair.client.number)
        #expect(try receive(pair.client) == (.bytes(2), "yo"))
    }

    @Test func `last bytes leave with the end`() throws {
        let pair = try Pair()
        defer { pair.close() }
        let sent = pair.client.send(2, of: buffer("hi"), isLast: true)
        pair.client.shutdownWrites()
        try Wait.until(.ended, on: pair.server.number)
        #expect(sent == .bytes(2))
        #expect(try receive(pair.server) == (.bytes(2), "hi"))
        #expect(try receive(pair.server).0 == .ended)
    }

    @Test func `last bytes arrive even if what nobody read makes a reset of the close`() throws {
        let pair = try Pair()
        defer { pair.server.close() }
        _ = pair.server.send(1, of: buffer("?"))
        try Wait.until(.readable, on: pair.client.number)
        _ = pair.client.send(buffer("h"), then: 1, of: buffer("i"), isLast: true)
        pair.client.shutdownWrites()
        pair.client.close()
        try Wait.until(.broken, on: pair.server.number)
        #expect(try receive(pair.server) == (.bytes(2), "hi"))
    }

    @Test func `a reset is told as one, and writing afterwards raises no signal`() throws {
        let pair = try Pair()
        pair.client.setResetOnClose()
        pair.client.close()
        try Wait.until(.broken, on: pair.server.number)
        #expect(try receive(pair.server).0 == .failed(.connectionReset))
        #expect(pair.server.send(1, of: buffer("x")) == .failed(.brokenPipe))
        pair.server.close()
    }

    @Test func `a connection in progress tells how it ended`() throws {
        let listener = try ListeningSocket(
            on: .ipv4(0x7F00_0001, port: 0), sharing: .alone, backlog: 1)
        let port = try #require(listener.boundPort())
        let good = try Socket.connect(to: .ipv4(0x7F00_0001, port: port))
        try Wait.until(.writable, on: good.socket.number)
        #expect(good.socket.connectError() == nil)
        good.socket.close()
        listener.close()
        #expect(Self.refusal(of: .ipv4(0x7F00_0001, port: port)) == .connectionRefused)
    }

    /// Why nobody can be connected to at an address, at once or later.
    private static func refusal(of address: SocketAddress) -> Errno? {
        do throws(Errno) {
            let (socket, _) = try Socket.connect(to: address)
            defer { socket.close() }
            try? Wait.until([.writable, .broken], on: socket.number)
            return socket.connectError()
        } catch {
            return error
        }
    }

    @Test func `a unix path that is not there, or that nobody listens on, is told apart`() throws {
        let path = "socket-tests-gone.sock"
        SocketFile.remove(path)
        #expect(Self.refusal(of: .unix(path: path)) == .notFound)
        let listener = try ListeningSocket(on: .unix(path: path), sharing: .alone, backlog: 1)
        listener.close()
        #expect(Self.refusal(of: .unix(path: path)) == .connectionRefused)
        SocketFile.remove(path)
    }

    @Test func `a shut socket ends for whoever waits on it`() throws {
        let pair = try Pair()
        defer { pair.close() }
        pair.server.shutdownBoth()
        try Wait.until(.ended, on: pair.client.number)
        #expect(try receive(pair.client).0 == .ended)
        #expect(try receive(pair.server).0 == .ended)
    }
}
