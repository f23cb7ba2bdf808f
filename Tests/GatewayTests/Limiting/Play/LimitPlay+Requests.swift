import Policy
import Telemetry

@testable import Gateway

/// What holds of each request, whatever becomes of Redis, and of the figures about them.
extension LimitPlay {
    /// Each request has one answer, one line in the log, and is with the app once at most.
    ///
    ///     status = the app's, or 429 with what it violates, or 503 where the route says so
    ///     time until it is decided upon <= redis.timeout
    func checkVisits() {
        for visit in visits where !visit.hasLeft {
            guard let answer = visit.answer else {
                fail("request \(visit.number) \(visit.route.name) has no answer")
                continue
            }
            check(answer, to: visit)
        }
        for visit in visits {
            let count = app.arrivals[visit.number] ?? 0
            if count > 1 { fail("request \(visit.number) came to the app \(count) times") }
            checkWait(of: visit)
        }
        checkRecords()
    }

    private func check(_ answer: PlainAnswer, to visit: Visit) {
        let note = "request \(visit.number) \(visit.route.name)"
        if app.arrivals[visit.number] != nil {
            if answer.status != visit.wanted { fail("\(note) got \(answer.status)") }
            return
        }
        switch answer.status {
        case 429:
            if answer.violated.isEmpty { fail("\(note) violates nothing: \(answer.body)") }
            if answer.retryAfter ?? 0 < 1 { fail("\(note) may come again at once") }
            for name in answer.violated
            where !visit.route.uses.contains(where: { $0.rule.name == name && !$0.rule.isShadow }) {
                fail("\(note) violates \(name)")
            }
        case 503 where visit.route.hasGate: break
        case 503 where visit.route.mayBeUndecided && scene.weather == .stormy: break
        default: fail("\(note) got \(answer.status)")
        }
    }

    private func checkWait(of visit: Visit) {
        guard !visit.mayWait, let end = visit.forwardedAt ?? visit.answeredAt else { return }
        let wait = end - visit.sentAt
        if wait > LimitScene.timeout + 500_000 {
            fail("request \(visit.number) \(visit.route.name) waited for \(wait / 1000) µs")
        }
    }

    private func checkRecords() {
        var statuses: [Int: [String]] = [:]
        for loop in cluster.loops {
            for line in loop.world.lines where line.contains("\"event\":\"request\"") {
                guard let path = Self.member("path", of: line),
                    let number = Int(path.split(separator: "/")[1])
                else {
                    fail("a line about nothing: \(line)")
                    continue
                }
                statuses[number, default: []].append(
                    Self.member("status", of: line).map(String.init) ?? "-")
            }
        }
        for visit in visits {
            let found = statuses[visit.number] ?? []
            if let status = visit.status {
                if found != ["\(status)"] {
                    fail("request \(visit.number) \(status): lines \(found)")
                }
            } else if visit.forwardedAt != nil ? found.count != 1 : found.count > 1 {
                fail("request \(visit.number), whose client left, has lines \(found)")
            }
        }
    }

    private static func member(_ name: String, of line: String) -> Substring? {
        guard let start = line.firstRange(of: "\"\(name)\":")?.upperBound else { return nil }
        return line[start...].prefix { $0 != "," && $0 != "}" }.drop { $0 == "\"" }
            .prefix { $0 != "\"" }
    }

    // MARK: Figures

    /// Of each limit, over all loops.
    ///
    ///     requests that it let pass or refused <= decisions <= requests
    ///
    /// A request whose client leaves, or that another limit of the stage refuses, may count.
    func checkMetrics() {
        var decisions: [Substring: Int] = [:]
        let prefix = "apus_rate_limit_decisions_total{limit=\""
        for loop in cluster.loops {
            let page = MetricsPage.text(loop.world.names, loop.world.metrics)
            for line in page.split(separator: "\n") where line.hasPrefix(prefix) {
                let name = line.dropFirst(prefix.utf8.count).prefix { $0 != "\"" }
                decisions[name, default: 0] +=
                    line.split(separator: " ").last.flatMap { Int($0) } ?? 0
            }
        }
        for rule in scene.rules {
            let asked = visits.filter { $0.cost(of: rule) != nil }
            let least = asked.count { visit in
                visit.status.map {
                    visit.forwardedAt != nil || $0 == 429 && visit.answer?.violated == [rule.name]
                } ?? false
            }
            let count = decisions[rule.name[...]] ?? 0
            if count < least || count > asked.count {
                fail("\(count) decisions of \(rule.name), not \(least) to \(asked.count)")
            }
        }
    }
}
