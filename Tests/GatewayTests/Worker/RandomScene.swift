import Bytes
import Config
import Simulation
import Testing

@testable import Gateway

/// What requests of a random play pass before they go upstream.
enum RandomScene: CaseIterable {
    case plain
    /// Limits and places of this process.
    case limited
    /// The same with a Redis that may say anything.
    case shared

    var text: String {
        let servers = "\"10.0.0.1:3000\", { address: \"10.0.0.2:3000\", weight: 2 }"
        guard self != .plain else { return Settings.text(servers: servers) }
        return Settings.text(
            servers: servers,
            extra: """
                rate_limits:
                  ip: { rate: 20/s, key: client_ip }
                  leased: { rate: 100/s, key: [path, client_ip], lease: 7 }
                  failures: { rate: 5/s, key: client_ip, count: [4xx, 5xx] }
                  watched: { rate: 1/s, key: client_ip, mode: shadow }
                  bodies: { rate: 30/s, key: "form:user", on_store_failure: allow }
                  names: { rate: 30/s, key: "json:name", headers: both, count: [404] }
                """
        )
        .replacing("respond: {", with: "rate_limits: [ip, leased, watched], respond: {")
        .replacing(
            "match: { path: /* }, upstream",
            with:
                "match: { path: /* }, rate_limits: [ip, leased, failures, watched, bodies, names],"
                + " concurrency: { max: 2, queue: 3, queue_timeout: 2s }, upstream")
    }

    var redis: RedisSettings? { self == .shared ? .simulated(links: 2, failures: 5) : nil }

    /// What a server says to a command, which may be anything.
    ///
    /// - Returns: `nil` if it says nothing any more.
    static func reply(to request: RedisRequest, _ random: inout SeededRandom) -> String? {
        guard request.name.hasPrefix("EVAL"), !request.isProof, let count = Int(request.words[2])
        else { return random.happens(percent: 95) ? RedisPlay.usual(request) : "-ERR no\r\n" }
        switch random.below(60) {
        case 0: return nil
        case 1: return "-NOSCRIPT\r\n"
        case 2: return "-READONLY\r\n"
        case 3: return "-MOVED 1 10.0.9.9:1\r\n"
        case 4: return "what\r\n"
        case 5: return "$5000000000\r\n"
        case 6: return "*3\r\n*1\r\n:1\r\n:2\r\n$2\r\nab\r\n"
        case 7: return String(repeating: "*1\r\n", count: 40)
        case 8: return ":1\r\n:2\r\n"
        case 9: return "*\(count * 3 + 2)\r\n" + String(repeating: ":1\r\n", count: count * 3 + 2)
        default: break
        }
        let odd = [Int64.max, .min, -1, 0, 1 << 53, 1_000_000_000]
        let now: Int64 = 1_700_000_000_000_000
        var text = "*\(1 + 3 * count)\r\n:\(now)\r\n"
        for _ in 0..<count {
            let isOdd = random.happens(percent: 3)
            let full = isOdd ? odd[random.below(odd.count)] : now + Int64(random.below(1 << 21))
            let part = isOdd ? odd[random.below(odd.count)] : 0
            let code = random.happens(percent: 90) ? 1 : random.below(4)
            text += ":\(code)\r\n:\(full)\r\n:\(part)\r\n"
        }
        return text
    }
}

extension World {
    /// Checks that nothing is kept of requests that are over, and ends the worker.
    func expectNoLimitsLeft(_ note: String, sourceLocation: SourceLocation = #_sourceLocation) {
        let ledgerCount = worker.desk.limits.ledgers.openCount
        let heldCount = worker.desk.held.count
        #expect(ledgerCount == 0 && heldCount == 0, "\(note)", sourceLocation: sourceLocation)
        #expect(commons.heldBodies.take(64 << 20), "\(note)", sourceLocation: sourceLocation)
        commons.heldBodies.give(64 << 20)
        for gate in commons.gates.compactMap({ $0 }) {
            let waiter = PlaceGate.Waiter(
                mailbox: worker.turn.mailbox, exchange: .init(slot: 9, generation: 9))
            let entries = (0..<6).map { _ in gate.enter(waiter) }
            let placedCount = entries.count { $0 == .placed }
            let isRest = entries.last == .full && entries.count { $0 == .full } == 1
            #expect(placedCount == 2 && isRest, "\(note)", sourceLocation: sourceLocation)
        }
    }
}
