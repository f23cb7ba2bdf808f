import Policy
import Simulation

@testable import Redis

extension BucketAsk {
    /// The arguments, as a gateway writes them.
    var arguments: [String] {
        let price = shape.price(of: cost)
        let leasePrice = shape.price(of: lease)
        let numbers: [UInt64] = [
            UInt64(shape.denominator), price.whole, UInt64(price.part), shape.span.whole,
            UInt64(shape.span.part),
        ]
        return numbers.map(String.init) + [operation.rawValue]
            + [String(leasePrice.whole), String(leasePrice.part)]
    }
}

/// The script on a server.
struct BucketServer {
    private static let timeLine = "local T=redis.call('TIME') local now=T[1]*1000000+T[2]"
    private static let expiry = "'PX',math.ceil("

    let connection: RedisConnection
    private let hash: String
    private let hasClock: Bool

    static var source: String { "\(BucketScript.source)" }

    /// - Parameter clock: Whether each call says what time it is, instead of the server. Keys do
    ///   not expire by the server's clock then.
    init(_ connection: RedisConnection, saysTime: Bool) throws {
        self.connection = connection
        hasClock = saysTime
        var source = Self.source
        if saysTime {
            source = try Self.replacing(Self.timeLine, "local now=ARGV[#ARGV]+0", in: source)
            source = try Self.replacing(
                Self.expiry, "'PX',864000000+math.ceil(", in: source)
        }
        guard case .text(let hash) = try connection.ask("SCRIPT", "LOAD", source) else {
            throw Unmet("the server takes no scripts")
        }
        self.hash = hash
    }

    private static func replacing(
        _ old: String, _ new: String, in text: String
    ) throws -> String {
        guard text.ranges(of: old).count == 1 else { throw Unmet("not exactly one \(old)") }
        return text.replacing(old, with: new)
    }

    /// - Returns: The time by which the script decided, and a result for each ask.
    func call(
        _ asks: [BucketAsk], at now: UInt64? = nil
    ) throws -> (now: UInt64, results: [BucketResult]) {
        var words = ["EVALSHA", hash, "\(asks.count)"] + asks.map(\.key)
        words += asks.flatMap(\.arguments)
        if let now { words.append("\(now)") }
        let answer = try connection.ask(words)
        guard let numbers = answer.integers, numbers.count == 1 + 3 * asks.count else {
            throw Unmet("the script answered \(answer)")
        }
        let results = asks.indices.map { index in
            let full = BucketTime(
                whole: UInt64(numbers[index * 3 + 2]), part: UInt32(numbers[index * 3 + 3]))
            return BucketResult(code: numbers[index * 3 + 1], full: full)
        }
        return (UInt64(numbers[0]), results)
    }
}
