import Bytes
import Config
import Crypto
import Policy

extension ExplanationPage {
    /// Adds the limits of the route that takes a request: whose bucket it would take from, and what
    /// a request that nobody came before would meet.
    mutating func add(_ limits: LimitRehearsal, by redis: RedisSettings?) {
        guard !limits.entries.isEmpty else { return }
        section("rate limits")
        rows(
            limits.entries.flatMap { entry in
                Self.lines(of: entry, redis).enumerated().map { index, line in
                    [index == 0 ? entry.plan.settings.name : ""] + line
                }
            })
    }

    private static func lines(of entry: LimitRehearsal.Entry, _ redis: RedisSettings?) -> [[String]]
    {
        let settings = entry.plan.settings
        var lines = [["key", key(of: entry)]]
        if let redis, case .material(let material) = entry.key {
            lines.append(["in redis", text(material, settings.name, redis)])
        }
        lines.append(["stage", stage(of: settings)])
        if case .shadow = settings.mode {
            lines.append(["mode", "shadow: refuses nobody, and only tells whom it would have"])
        }
        if entry.takes { lines.append(["takes", taken(by: entry)]) }
        return lines
    }

    private static func key(of entry: LimitRehearsal.Entry) -> String {
        let settings = entry.plan.settings
        let parts = settings.key.map(\.description).joined(separator: ", ")
        switch entry.key {
        case .material(let material):
            let isFallback = material.first == UInt8(ascii: "~")
            return "\(parts): \(printable(material))"
                + (isFallback ? ", the client's address, as the request has no such key" : "")
        case .inBody: return "\(parts): known with the body"
        case .exempt: return "none: the request is exempt"
        case .skipped: return "none: the request has no \(parts), and is not limited"
        case .rejected: return "none: the request has no \(parts), and is answered 400"
        case .unread: return "\(parts): not read, as the request is answered before"
        }
    }

    private static func stage(of settings: LimitSettings) -> String {
        switch settings.stage {
        case .head: "head, before auth"
        case .identity: "identity, behind auth"
        case .webhook, .body: "body, which is held until it is whole"
        }
    }

    /// `1, and 59 of 60 tokens are left; 60 flow in in 1min`.
    private static func taken(by entry: LimitRehearsal.Entry) -> String {
        let settings = entry.plan.settings
        let left = settings.burst - min(entry.use.cost, settings.burst)
        let period = DurationText.format(.microseconds(settings.rate.period))
        let counted =
            settings.countedStatuses.isEmpty
            ? "" : ", kept for answers of \(list(settings.countedStatuses))"
        return "\(entry.use.cost)\(counted); \(left) of \(settings.burst) tokens left after it, "
            + "refills \(settings.rate.count) in \(period)"
    }

    /// `400-499, 503`.
    private static func list(_ statuses: [UInt16]) -> String {
        var runs: [ClosedRange<UInt16>] = []
        for status in statuses {
            if let last = runs.last, status == last.upperBound + 1 {
                runs[runs.count - 1] = last.lowerBound...status
            } else {
                runs.append(status...status)
            }
        }
        return runs.map { $0.count == 1 ? "\($0.lowerBound)" : "\($0.lowerBound)-\($0.upperBound)" }
            .joined(separator: ", ")
    }

    private static func text(
        _ material: [UInt8], _ limit: String, _ redis: RedisSettings
    ) -> String {
        let text = LimitKeyText(prefix: redis.keyPrefix, limit: limit)
        var digester = Digester()
        var key = Buffer(capacity: text.bytesMax)
        text.append(material.span, &digester, to: &key)
        return printable(key.copy())
    }

    /// What a terminal shows as it is, and `\xNN` for all else.
    private static func printable(_ bytes: [UInt8]) -> String {
        bytes.map { byte in
            if byte >= 0x20, byte < 0x7f { return String(UnicodeScalar(byte)) }
            return "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
    }

    /// Adds how many requests of the route are with the app at a time.
    mutating func add(_ concurrency: ConcurrencySettings?) {
        guard let concurrency else { return }
        section("concurrency")
        rows([
            ["max", "\(concurrency.max)"], ["queue", "\(concurrency.queue)"],
            ["queue_timeout", DurationText.format(concurrency.queueTimeout)],
        ])
    }
}
