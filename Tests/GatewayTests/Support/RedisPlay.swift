import Config
import Linux
import Policy
import Simulation

@testable import Gateway

/// Servers of the store that a test plays: one, or the sentinels and nodes of many.
final class RedisPlay {
    /// Addresses that are ours; a test may add some.
    var addresses: Set<SocketAddress> = []
    /// Answers a command, in RESP.
    ///
    /// With `nil` nothing is answered any more on that connection. Without it see ``usual(_:)``.
    var answer: ((RedisRequest) -> String?)?
    /// Whether commands are neither read nor answered.
    var isHung = false
    /// Whether answers are made, but kept back.
    var isLate = false
    /// Commands in the order of their coming.
    private(set) var requests: [RedisRequest] = []
    private var bytes: [Int32: [UInt8]] = [:]
    private var stuck: Set<Int32> = []
    private var kept: [(stream: SimulatedStream, text: String)] = []

    init(_ settings: RedisSettings?) {
        addresses = Set((settings?.topology.servers ?? []).compactMap { SocketAddress($0) })
    }

    /// Commands of that name.
    func requests(_ name: String) -> [RedisRequest] { requests.filter { $0.name == name } }

    /// Sends the answers that were kept back.
    func release() {
        isLate = false
        for (stream, text) in kept { stream.send(text) }
        kept = []
    }

    /// Reads and answers on all connections.
    ///
    /// - Returns: Whether anything moved.
    func play(_ streams: [(stream: SimulatedStream, address: SocketAddress)]) -> Bool {
        var hasMoved = false
        for (stream, address) in streams
        where addresses.contains(address) && !isHung && !stuck.contains(stream.number) {
            var text = bytes[stream.number] ?? []
            let taken = stream.take()
            text += taken
            if !taken.isEmpty { hasMoved = true }
            while let words = Self.command(in: &text) {
                let request = RedisRequest(words: words, address: address, stream: stream)
                requests.append(request)
                let reply = answer.map { $0(request) } ?? Self.usual(request)
                guard let reply else {
                    stuck.insert(stream.number)
                    break
                }
                if isLate { kept.append((stream, reply)) } else { stream.send(reply) }
                hasMoved = true
            }
            bytes[stream.number] = text
            if stream.sawEnd { stream.close() }
        }
        return hasMoved
    }

    /// What a healthy server says: a script's answer is its last argument, a number.
    static func usual(_ request: RedisRequest) -> String? {
        switch request.name {
        case "PING": return "+PONG\r\n"
        case "ROLE": return "*3\r\n$6\r\nmaster\r\n:0\r\n*0\r\n"
        case "PSUBSCRIBE":
            return "*3\r\n$10\r\npsubscribe\r\n" + bulk(request.words[1]) + ":1\r\n"
        case "EVALSHA", "EVAL":
            guard let number = request.words.last.flatMap({ Int($0) }), !request.isProof else {
                return "+OK\r\n"
            }
            return "*1\r\n:\(number)\r\n"
        default: return "+OK\r\n"
        }
    }

    /// What a subscriber is told.
    static func message(_ channel: String, _ payload: String) -> String {
        "*4\r\n$8\r\npmessage\r\n" + bulk("*") + bulk(channel) + bulk(payload)
    }

    static func bulk(_ text: String) -> String { "$\(text.utf8.count)\r\n\(text)\r\n" }

    /// Takes a whole command off the front of `bytes`.
    static func command(in bytes: inout [UInt8]) -> [String]? {
        var rest = bytes[...]
        guard let count = number(after: "*", in: &rest) else { return nil }
        var words: [String] = []
        for _ in 0..<count {
            guard let length = number(after: "$", in: &rest), rest.count >= length + 2 else {
                return nil
            }
            words.append(String(decoding: rest.prefix(length), as: UTF8.self))
            rest = rest.dropFirst(length + 2)
        }
        bytes = Array(rest)
        return words
    }

    private static func number(after mark: Character, in bytes: inout ArraySlice<UInt8>) -> Int? {
        guard let end = bytes.firstRange(of: [13, 10]) else { return nil }
        let line = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
        guard line.first == mark else { return nil }
        bytes = bytes[end.upperBound...]
        return Int(line.dropFirst())
    }
}

/// A command as a server got it.
struct RedisRequest {
    let words: [String]
    let address: SocketAddress
    let stream: SimulatedStream

    var name: String { words[0].uppercased() }
    /// Whether it is the client's own write.
    var isProof: Bool { words.contains { $0.contains("redis.call('SET',KEYS[1]") } }
}

extension RedisSettings {
    /// A single server; see ``Asking``.
    static func simulated(
        _ topology: RedisTopology = .single(.ip(.redis, port: 6379)),
        credentials: RedisCredentials? = nil, database: Int = 0, links: Int = 1, queue: Int = 64,
        failures: Int = 100, slow: Duration? = nil
    ) -> RedisSettings {
        RedisSettings(
            topology: topology, credentials: credentials, database: database,
            timeout: .milliseconds(10), connectionCount: links, keyPrefix: "apus:",
            queueMax: queue,
            breaker: BreakerSettings(
                failures: failures, window: .seconds(10), cooldown: .seconds(1),
                cooldownMax: .seconds(30), slow: slow))
    }
}

extension IPAddress {
    /// Where the single server of these tests is.
    static let redis = node(1)

    /// 10.0.9.1 and on.
    static func node(_ number: UInt32) -> IPAddress {
        guard let address = IPAddress("10.0.9.\(number)") else { preconditionFailure("an address") }
        return address
    }
}
