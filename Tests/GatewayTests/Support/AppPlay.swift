import Simulation

/// An app that a test plays, over however many connections the gateway makes to it.
final class AppPlay {
    /// What the app does with a request.
    struct Reply {
        enum Ending { case kept, ends, closes, resets }

        var bytes: String
        var ending = Ending.kept

        init(_ bytes: String, _ ending: Ending = .kept) {
            self.bytes = bytes
            self.ending = ending
        }

        /// A whole answer with a length.
        static func ok(_ body: String = "ok", fields: String = "") -> Reply {
            Reply("HTTP/1.1 200 OK\r\nContent-Length: \(body.utf8.count)\r\n\(fields)\r\n\(body)")
        }

        /// Not a word.
        static let silence = Reply("")
    }

    /// Decides on each request once it is whole; gets every byte of it.
    var answer: (AppRequest) -> Reply = { _ in .ok() }
    /// Whether a request is answered when its head is there, its body unread.
    var answersEarly = false
    /// Whether it closes a connection that the gateway has ended.
    var closesAtEnd = true
    /// Bytes it takes off a connection at once; 0 for an app that reads nothing.
    var appetite = Int.max
    /// Requests that were whole, in the order in which they were.
    private(set) var requests: [AppRequest] = []
    private var conversations: [Int32: Conversation] = [:]

    /// Says how many of so many bytes go out at once; all of them without it.
    var pace: ((Int) -> Int)?

    private struct Conversation {
        var bytes: [UInt8] = []
        /// What is still to be sent, and what comes after.
        var outbox: [UInt8] = []
        var ending = Reply.Ending.kept
        var isOver = false
    }

    /// Reads and answers on all connections.
    ///
    /// - Returns: Whether anything moved.
    func play(_ streams: [SimulatedStream]) -> Bool {
        var hasMoved = false
        for stream in streams where appetite > 0 {
            let bytes = stream.take(appetite)
            var talk = conversations[stream.number] ?? Conversation()
            talk.bytes += bytes
            if !bytes.isEmpty { hasMoved = true }
            while talk.outbox.isEmpty, !talk.isOver,
                let request = AppRequest(&talk.bytes, isEarly: answersEarly)
            {
                requests.append(request)
                let reply = answer(request)
                talk.outbox = Array(reply.bytes.utf8)
                talk.ending = reply.ending
                speak(on: stream, &talk)
                hasMoved = true
            }
            if !talk.outbox.isEmpty {
                speak(on: stream, &talk)
                hasMoved = true
            }
            if closesAtEnd && stream.sawEnd && !talk.isOver {
                talk.isOver = true
                stream.close()
                hasMoved = true
            }
            conversations[stream.number] = talk
        }
        return hasMoved
    }

    /// The bytes of a tunnel, or of what is no request.
    func loose(on stream: SimulatedStream) -> String {
        String(decoding: conversations[stream.number]?.bytes ?? [], as: UTF8.self)
    }

    private func speak(on stream: SimulatedStream, _ talk: inout Conversation) {
        let count = pace?(talk.outbox.count) ?? talk.outbox.count
        stream.send(Array(talk.outbox.prefix(count)))
        talk.outbox.removeFirst(count)
        guard talk.outbox.isEmpty, talk.ending != .kept else { return }
        switch talk.ending {
        case .kept: break
        case .ends: stream.end()
        case .closes: stream.close()
        case .resets: stream.reset()
        }
        talk.isOver = true
    }
}

/// A request as the app got it, read as laxly as apps do.
struct AppRequest {
    let head: String
    let body: String

    var line: Substring { head.prefix { $0 != "\r\n" } }
    var method: Substring { line.prefix { $0 != " " } }
    var path: Substring { line.dropFirst(method.count + 1).prefix { $0 != " " } }

    /// Takes a whole request off the front of `bytes`, if one is there.
    ///
    /// - Parameter isEarly: Whether the head alone is enough.
    init?(_ bytes: inout [UInt8], isEarly: Bool) {
        guard let headEnd = Self.end(of: "\r\n\r\n", in: bytes[...]) else { return nil }
        let head = String(decoding: bytes[..<headEnd], as: UTF8.self)
        var end = headEnd
        if !isEarly {
            if let length = Self.value("content-length", in: head).flatMap({ Int($0) }) {
                end += length
            } else if Self.value("transfer-encoding", in: head) == "chunked" {
                guard let last = Self.end(of: "0\r\n\r\n", in: bytes[headEnd...]) else {
                    return nil
                }
                end = last
            }
        }
        guard end <= bytes.count else { return nil }
        self.head = head
        body = String(decoding: bytes[headEnd..<end], as: UTF8.self)
        bytes.removeFirst(end)
    }

    func value(_ name: String) -> String? { Self.value(name, in: head) }

    private static func value(_ name: String, in head: String) -> String? {
        for line in head.components(separatedBy: "\r\n") {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2, parts[0].lowercased() == name {
                return String(parts[1].drop { $0 == " " })
            }
        }
        return nil
    }

    private static func end(of mark: String, in bytes: ArraySlice<UInt8>) -> Int? {
        bytes.firstRange(of: Array(mark.utf8))?.upperBound
    }
}
