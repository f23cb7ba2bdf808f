import Foundation
import Glibc
import Synchronization

/// Clients that ask one thing after the other, each on a connection that it keeps.
final class Load: Sendable {
    /// What a client asked, and what came of it.
    struct Sample: Sendable {
        let kind: Int
        /// 0 for no answer.
        let status: Int
        let began: Double
        let seconds: Double

        var ended: Double { began + seconds }
    }

    private let stop = Door()
    private let open = Counter()
    private let samples = Notes<Sample>()
    private let pause: Double

    /// - Parameters:
    ///   - pause: Seconds that a client waits between an answer and its next request.
    ///   - request: Of a client and a number; its port, its kind for whoever counts, its text.
    init(
        clients: Int, pause: Double,
        _ request: @escaping @Sendable (Int, Int) -> (port: UInt16, kind: Int, text: String)
    ) {
        self.pause = pause
        open.increment(by: clients)
        for client in 0..<clients {
            Thread { [self] in
                run { request(client, $0) }
                open.increment(by: -1)
            }.start()
        }
    }

    private func run(_ request: (Int) -> (port: UInt16, kind: Int, text: String)) {
        var wires: [UInt16: Wire] = [:]
        var number = 0
        while !stop.isPassable {
            let (port, kind, text) = request(number)
            number += 1
            let began = uptime()
            let wire = wires[port] ?? (try? Wire(to: .ip4(port)))
            wires[port] = wire
            let answer = try? wire?.ask(text)
            if answer == nil { wires[port] = nil }
            samples.add(
                Sample(
                    kind: kind, status: answer?.status ?? 0, began: began,
                    seconds: uptime() - began))
            if pause > 0 { _ = poll(nil, 0, Int32(pause * 1000)) }
        }
    }

    /// What has been asked so far.
    var all: [Sample] { samples.all }

    /// Ends it.
    ///
    /// - Returns: All that was asked.
    @discardableResult
    func end() throws -> [Sample] {
        stop.open()
        try eventually("the load ends") { open.value == 0 }
        return samples.all
    }
}

/// Has some time go by that a test is about: a bucket refills, or a load goes on.
func pass(seconds: Double) {
    let end = uptime() + seconds
    while uptime() < end { _ = poll(nil, 0, Int32(max(1, (end - uptime()) * 1000))) }
}

extension [Double] {
    /// The value that such a share is no greater than.
    func quantile(_ share: Double) -> Double {
        isEmpty ? 0 : sorted()[Swift.min(count - 1, Int(Double(count) * share))]
    }
}
