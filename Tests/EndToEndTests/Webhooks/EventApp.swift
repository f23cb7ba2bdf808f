import Foundation
import Synchronization

/// An app that books events, fails as it is told to, and notes what should not have come.
final class EventApp: Sendable {
    /// What it was told of one event.
    struct Event: Sendable {
        /// Requests that it has not answered.
        var current = 0
        /// Most of these at a time.
        var currentMax = 0
        var requests = 0
        var failures = 0
        /// Requests that it answered 2xx.
        var accepted = 0
        /// Requests that came when it had done so before.
        var late = 0
    }

    /// What becomes of a request.
    enum Conduct: Sendable {
        case accept, fail
        /// Ends the connection without an answer.
        case hangUp
        /// Says nothing until the client has gone.
        case silence
    }

    private struct Books: Sendable {
        var events: [String: Event] = [:]
        var requests = 0
    }

    private let books = Mutex(Books())
    private let conduct: @Sendable (Int) throws -> Conduct

    /// - Parameter conduct: Given the number of a request, from 0, once it has come; may wait.
    init(_ conduct: @escaping @Sendable (Int) throws -> Conduct) { self.conduct = conduct }

    /// Serves it.
    func origin() throws -> Origin {
        try Origin(backlog: 4096) { [self] wire, _ in
            while let request = try wire.request(within: 120) {
                guard try serve(request, on: wire) else { return }
            }
        }
    }

    private func serve(_ request: Message, on wire: Wire) throws -> Bool {
        let event = request["Apus-Webhook"] ?? "none"
        let number = books.withLock { books in
            books.events[event, default: Event()].begin()
            books.requests += 1
            return books.requests - 1
        }
        let conduct = try conduct(number)
        books.withLock { $0.events[event]?.end(conduct) }
        switch conduct {
        case .accept: try wire.send(ok("accepted"))
        case .fail:
            try wire.send("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\n\r\n")
        case .hangUp: return false
        case .silence:
            _ = try? wire.readToEnd(within: 60)
            return false
        }
        return true
    }

    var events: [String: Event] { books.withLock { $0.events } }
    /// Requests that have come.
    var requests: Int { books.withLock { $0.requests } }

    func event(_ id: String, of provider: String = "stripe") -> Event {
        events["provider=\(provider); id=\"\(id)\""] ?? Event()
    }
}

extension EventApp.Event {
    fileprivate mutating func begin() {
        requests += 1
        current += 1
        currentMax = max(currentMax, current)
        if accepted > 0 { late += 1 }
    }

    fileprivate mutating func end(_ conduct: EventApp.Conduct) {
        current -= 1
        if case .accept = conduct { accepted += 1 } else { failures += 1 }
    }
}
