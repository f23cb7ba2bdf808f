import Bytes
import Linux
import Reactor
import Synchronization
import Testing

@testable import Gateway

/// A peer on the loopback that does what a script says, whoever connects; on the same loop as who
/// talks to it.
final class ScriptedPeer: Sendable {
    enum Step: Sendable {
        /// Reads until it has seen this text.
        case reads(String)
        case sends(String)
        /// Sends one byte after the other, a moment apart.
        case trickles(String)
        /// Sends without end.
        case floods(String)
        /// Does nothing any more, and keeps the connection.
        case hangs
        case closes
        case resets
    }

    let port: UInt16
    private let listener: ListeningSocket
    private let loop: ControlLoop
    private let script: [Step]
    private let seen = Mutex("")
    /// Connections so far.
    let count = Mutex(0)

    init(on loop: ControlLoop, _ script: [Step]) throws {
        listener = try ListeningSocket(
            on: .ipv4(0x7F00_0001, port: 0), sharing: .alone, backlog: 16)
        port = try #require(listener.boundPort())
        self.loop = loop
        self.script = script
        loop.begin { [self] in await serve() }
    }

    /// What it has read.
    var received: String { seen.withLock { $0 } }

    private func serve() async {
        while true {
            await loop.readable(listener.number)
            guard let (socket, _) = try? listener.accept() else { continue }
            count.withLock { $0 += 1 }
            loop.begin { [self] in await play(on: socket) }
        }
    }

    private func play(on socket: Socket) async {
        for step in script {
            switch step {
            case .reads(let text): await read(until: text, on: socket)
            case .sends(let text): await send(text, on: socket)
            case .trickles(let text):
                for character in text {
                    guard await send(String(character), on: socket) else { break }
                    await loop.sleep(for: .milliseconds(2))
                }
            case .floods(let text): while await send(text, on: socket) {}
            case .hangs: return
            case .closes: return socket.close()
            case .resets:
                socket.setResetOnClose()
                return socket.close()
            }
        }
    }

    private func read(until text: String, on socket: Socket) async {
        var buffer = Buffer(capacity: 65_536)
        while !received.contains(text) {
            switch socket.receive(into: &buffer) {
            case .bytes:
                seen.withLock { $0 += String(decoding: buffer.copy(), as: UTF8.self) }
                buffer.removeAll()
            case .wouldBlock: await loop.readable(socket.number)
            case .ended, .failed: return
            }
        }
    }

    @discardableResult
    private func send(_ text: String, on socket: Socket) async -> Bool {
        var output = Buffer(capacity: max(1, text.utf8.count))
        output.append(text.utf8.span)
        while !output.isEmpty {
            switch socket.send(output.count, of: output) {
            case .bytes(let count): output.consume(count)
            case .wouldBlock: await loop.writable(socket.number)
            case .ended, .failed: return false
            }
        }
        return true
    }
}
