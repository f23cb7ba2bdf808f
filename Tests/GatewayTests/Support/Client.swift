import Simulation

/// A client that a test plays.
final class Client {
    let stream: SimulatedStream
    /// All that came so far.
    private(set) var received: [UInt8] = []
    /// Bytes it takes at once; 0 for a client that reads nothing.
    var appetite = Int.max

    init(_ stream: SimulatedStream) { self.stream = stream }

    var text: String { String(decoding: received, as: UTF8.self) }

    /// Status codes of the answers so far, found by their first lines.
    var statuses: [Int] {
        text.components(separatedBy: "HTTP/1.1 ").dropFirst().compactMap { Int($0.prefix(3)) }
    }

    func send(_ text: String) { stream.send(text) }

    func get(_ path: String, _ fields: String = "") {
        send("GET \(path) HTTP/1.1\r\nHost: a.example\r\n\(fields)\r\n")
    }

    /// - Returns: Whether anything came.
    func read() -> Bool {
        guard appetite > 0 else { return false }
        let bytes = stream.take(appetite)
        received += bytes
        return !bytes.isEmpty
    }

    func leave() { stream.close() }
}

extension String {
    /// The parts between a separator's occurrences.
    func components(separatedBy separator: String) -> [Substring] {
        var parts: [Substring] = []
        var rest = self[...]
        while let range = rest.firstRange(of: separator) {
            parts.append(rest[..<range.lowerBound])
            rest = rest[range.upperBound...]
        }
        return parts + [rest]
    }
}
