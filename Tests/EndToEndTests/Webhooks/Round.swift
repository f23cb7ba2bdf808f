import Glibc

/// Deliveries that are all on their way at the same time, each on a connection of its own.
struct Round {
    /// One of them.
    struct Sent {
        let event: String
        let gateway: Int
        /// 0 for no answer.
        var status = 0
        var isReplay = false
        var retryAfter: String?
        var ended = 0.0
    }

    private(set) var sent: [Sent] = []
    private var wires: [Wire] = []

    /// Sends all, and reads no answer.
    ///
    /// - Parameters:
    ///   - choose: The index of the gateway that a delivery goes to.
    init(
        _ events: [String], _ deliveries: [String: Delivery], to gateways: [Apus],
        choose: () -> Int
    ) throws {
        for event in events {
            let gateway = choose()
            guard let delivery = deliveries[event] else { throw Unmet("\(event) is not signed") }
            let wire = try gateways[gateway].connect()
            try wire.send(delivery.request())
            wires.append(wire)
            sent.append(Sent(event: event, gateway: gateway))
        }
    }

    /// Reads every answer.
    mutating func finish(within seconds: Double = 60) throws {
        let deadline = uptime() + seconds
        var open = Array(wires.indices)
        while !open.isEmpty {
            guard uptime() < deadline else { throw Unmet("\(open.count) deliveries unanswered") }
            var entries = open.map {
                pollfd(fd: wires[$0].socket.number, events: Int16(POLLIN), revents: 0)
            }
            _ = unsafe poll(&entries, nfds_t(entries.count), 500)
            var left: [Int] = []
            for (index, entry) in zip(open, entries) {
                guard entry.revents != 0 else {
                    left.append(index)
                    continue
                }
                take(try? wires[index].response(within: 20), at: index)
            }
            open = left
        }
        wires = []
    }

    private mutating func take(_ answer: Message?, at index: Int) {
        sent[index].ended = uptime()
        guard let answer else { return }
        sent[index].status = answer.status
        sent[index].isReplay = answer.isReplay
        sent[index].retryAfter = answer["Retry-After"]
    }
}
