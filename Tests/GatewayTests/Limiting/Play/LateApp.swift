import Simulation

@testable import Gateway

/// An app behind all loops of a play, which answers each request after a while.
final class LateApp {
    /// Requests in the order of their coming, by number.
    private(set) var arrivals: [Int: Int] = [:]
    private var bytes: [ObjectIdentifier: [UInt8]] = [:]

    /// Reads what came on a connection.
    ///
    /// - Parameter come: Gets each request's number.
    /// - Returns: Whether anything came.
    func read(_ stream: SimulatedStream, _ come: (Int, SimulatedStream) -> Void) -> Bool {
        let taken = stream.take()
        if stream.sawEnd { stream.close() }
        guard !taken.isEmpty else { return false }
        var text = bytes[ObjectIdentifier(stream)] ?? []
        text += taken
        while let request = AppRequest(&text, isEarly: false) {
            let parts = request.path.split(separator: "/")
            guard parts.count == 3, let number = Int(parts[1]) else { continue }
            arrivals[number, default: 0] += 1
            come(number, stream)
        }
        bytes[ObjectIdentifier(stream)] = text
        return true
    }

    static func reply(_ status: Int) -> String {
        "HTTP/1.1 \(status) X\r\nContent-Length: 2\r\n\r\nok"
    }
}
