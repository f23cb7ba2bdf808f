import Foundation

/// An app whose behaviour a test writes: each connection is served on a thread of its own.
final class Origin: Sendable {
    let port: UInt16
    let path: String?
    /// Connections taken so far.
    let connections = Counter()
    /// Requests that the app has read, if it is one that answers.
    let requests: Notes<Message>
    private let listener: Descriptor

    /// - Parameter serve: Is given each connection and its number, from 0; an error ends it.
    init(
        on address: Address = .ip4(0), backlog: Int32 = 256, requests: Notes<Message> = Notes(),
        _ serve: @escaping @Sendable (Wire, Int) throws -> Void
    ) throws {
        let listener = try Descriptor.listening(on: address, backlog: backlog)
        self.listener = listener
        self.requests = requests
        if case .unix(let path) = address {
            self.path = path
            port = 0
        } else {
            path = nil
            port = listener.port
        }
        let connections = connections
        Thread {
            while let socket = listener.accepted() {
                let number = connections.increment()
                let wire = Wire(socket)
                Thread { try? serve(wire, number) }.start()
            }
        }.start()
    }

    /// Reads requests as long as they come, and answers each with the bytes that `answer` says.
    static func answering(
        on address: Address = .ip4(0), _ answer: @escaping @Sendable (Message) -> String
    ) throws -> Origin {
        let requests = Notes<Message>()
        return try Origin(on: address, requests: requests) { wire, _ in
            while let request = try wire.request(within: 60) {
                requests.add(request)
                try wire.send(answer(request))
            }
        }
    }

    /// Answers every request with 200 and the same text.
    static func saying(_ text: String = "hello", on address: Address = .ip4(0)) throws -> Origin {
        try answering(on: address) { request in
            request.method == "HEAD"
                ? "HTTP/1.1 200 OK\r\nContent-Length: \(text.utf8.count)\r\n\r\n" : ok(text)
        }
    }

    deinit { shutdown(listener.number, Int32(SHUT_RDWR)) }

    /// How a configuration names it.
    var address: String { path.map { "unix:\($0)" } ?? "127.0.0.1:\(port)" }
}

/// An address of nobody: connections to it are refused.
func refusingAddress() throws -> String { "127.0.0.1:\(try Ports.free())" }
