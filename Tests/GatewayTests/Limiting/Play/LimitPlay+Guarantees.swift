import Policy
import Simulation
import Telemetry

@testable import Gateway

/// What users hold on to, checked once a play is over: exactness, bounds without Redis, recovery.
///
/// Time is that of the play, or Redis's own; `rate * window` is what flows in between the first and
/// the last event of a window, whichever window it is.
extension LimitPlay {
    func checkPlay() {
        checkVisits()
        checkMetrics()
        checkLocalBounds()
        checkFreshKeys()
        guard scene.weather != .memory else { return checkMemoryRefusals() }
        checkStore()
        checkClaims()
        checkRecovery()
        guard scene.weather == .calm else { return }
        checkCalmRefusals()
        checkForwarded()
        checkLeases()
    }

    // MARK: Exactness

    /// Of each bucket in Redis, between two losses of its keys, for each window.
    ///
    ///     taken - given back <= burst + rate * window
    private func checkStore() {
        let lives = Dictionary(grouping: store.deeds) { "\($0.key) \($0.life)" }
        for deeds in lives.values {
            let events = deeds.filter { $0.isTaken && $0.operation != .charge || $0.isBack }.map {
                Flow(at: $0.time, tokens: $0.isBack ? -Int($0.cost) : Int($0.tokens))
            }
            check(events, deeds[0].rule.rate, deeds[0].rule.burst, "Redis holds \(deeds[0].key)")
        }
    }

    /// What is let pass in the name of Redis was taken there, by the same loop.
    ///
    ///     requests let pass by Redis <= calls that it admitted, at each moment
    ///
    /// But for refunds of requests that other answers than the counted had, nothing is given back.
    ///
    ///     given back <= requests with such answers
    private func checkClaims() {
        let deeds = Dictionary(grouping: store.deeds) { "\($0.loop) \($0.key)" }
        let claims = book.admissions.filter { $0.store == .redis && !$0.isLeased && !$0.isWaved }
        for (place, claims) in Dictionary(
            grouping: claims, by: { "\($0.visit.loop.number) \($0.key)" })
        {
            let taken = (deeds[place] ?? []).filter { $0.isTaken && $0.operation != .charge }
            for (index, claim) in claims.sorted(by: { $0.at < $1.at }).enumerated() {
                let count = taken.count { store.playTime(of: $0) <= claim.at }
                if index >= count {
                    fail("request \(claim.visit.number) was let pass by Redis' word for \(place)")
                }
            }
        }
        for (place, deeds) in deeds {
            let back = deeds.filter(\.isBack)
            let uncounted = visits.count { visit in
                guard let rule = back.first?.rule, visit.cost(of: rule) != nil else { return false }
                return "\(visit.loop.number) \(rule.storeKey(of: visit))" == place
                    && !(visit.status.map { rule.counted.contains($0) } ?? false)
            }
            if back.count > uncounted { fail("\(back.count) refunds of \(place)") }
        }
    }

    /// While Redis answers in time it alone decides, and a refusal is its own.
    ///
    ///     refusals of a limit <= calls in which Redis lacked the price, for each loop and key
    private func checkCalmRefusals() {
        for admission in book.admissions where admission.store == .local {
            fail("request \(admission.visit.number) was let pass without Redis")
        }
        let refusals = visits.filter { $0.status == 429 }.flatMap { visit in
            (visit.answer?.violated ?? []).compactMap { name in
                scene.rulesByName[name].map { "\(visit.loop.number) \($0.storeKey(of: visit))" }
            }
        }
        for (place, refusals) in Dictionary(grouping: refusals, by: \.self) {
            let count = store.deeds.count { "\($0.loop) \($0.key)" == place && $0.code == 0 }
            if refusals.count > count {
                fail("\(refusals.count) refusals of \(place), not \(count)")
            }
        }
    }

    /// The same from outside, of all gateways together, for limits without `lease`.
    ///
    ///     with the app <= burst + rate * (window + timeout)
    ///
    /// With `count`, of those whose answers count, and with what was in flight.
    ///
    ///     kept <= burst + rate * (window + timeout) + reservations in flight
    private func checkForwarded() {
        for rule in scene.rules where rule.lease == 1 && !rule.isShadow {
            let passed = visits.filter { visit in
                visit.forwardedAt != nil && visit.cost(of: rule) != nil
                    && visit.route.waitsForRedisAlone && !visit.mayWait
                    && (rule.counted.isEmpty || rule.counted.contains(visit.wanted))
            }
            for (key, visits) in Dictionary(grouping: passed, by: { rule.storeKey(of: $0) }) {
                let events = visits.map {
                    Flow(
                        at: ($0.forwardedAt ?? 0) / 1000, tokens: Int($0.cost(of: rule) ?? 1))
                }
                let inFlight = rule.counted.isEmpty ? 0 : overlap(of: rule, key, on: nil)
                check(
                    events, rule.rate, rule.burst + inFlight, "the app got of \(key)",
                    slack: (LimitScene.timeout + 1_000_000) / 1000)
            }
        }
    }

    /// With `lease: N`, of all gateways together.
    ///
    ///     let pass <= burst + rate * window + N * loops * gateways
    private func checkLeases() {
        let leased = book.admissions.filter { $0.rule.lease > 1 }
        for (key, admissions) in Dictionary(grouping: leased, by: \.key) {
            let rule = admissions[0].rule
            let more = rule.lease * UInt64(cluster.loops.count)
            check(
                admissions.map { Flow(at: $0.at / 1000, tokens: Int($0.cost)) },
                rule.rate, rule.burst + more, "leases of \(key)", slack: LimitScene.timeout / 1000)
        }
    }

    // MARK: Without Redis

    /// What a gateway lets pass by itself, for each key and window.
    ///
    ///     let pass <= local burst + rate / replicas * window
    ///
    /// where the local burst is `burst / replicas`, rounded up, and a request's cost at least. With
    /// `count` as above.
    private func checkLocalBounds() {
        let own = book.admissions.filter { $0.store == .local && !$0.isWaved }
        let groups = Dictionary(grouping: own) { "\($0.visit.loop.gateway) \($0.key)" }
        for (place, admissions) in groups {
            let rule = admissions[0].rule
            let kept = admissions.filter {
                rule.counted.isEmpty || rule.counted.contains($0.visit.wanted)
            }
            let gateway = admissions[0].visit.loop.gateway
            let inFlight =
                rule.counted.isEmpty ? 0 : overlap(of: rule, admissions[0].key, on: gateway)
            let isMemory = scene.weather == .memory
            check(
                kept.map { Flow(at: $0.at / 1000, tokens: Int($0.cost)) },
                isMemory ? rule.rate : rule.localRate,
                (isMemory ? rule.burst : rule.localBurst) + inFlight, "gateway \(place)",
                // Without Redis the decision is not seen, but the arrival at the app.
                slack: isMemory ? (LimitScene.queueTimeout + 20_000_000) / 1000 : 1000)
        }
    }

    /// A key that a gateway never saw before, and Redis told it nothing of, has its local burst.
    ///
    ///     asked for so far <= local burst  =>  not refused but by Redis
    private func checkFreshKeys() {
        for visit in visits where visit.status == 429 {
            let names = visit.answer?.violated ?? []
            for name in names {
                guard let rule = scene.rulesByName[name] else { continue }
                let key = rule.storeKey(of: visit)
                let end = visit.answeredAt ?? 0
                let gateway = visit.loop.gateway
                let isKnown = store.deeds.contains {
                    $0.key == key && cluster.loops[$0.loop].gateway == gateway
                        && store.playTime(of: $0) <= end
                }
                let asked = visits.reduce(0 as UInt64) { sum, other in
                    guard other.loop.gateway == gateway, other.sentAt <= end,
                        let cost = other.cost(of: rule), rule.storeKey(of: other) == key
                    else { return sum }
                    return sum + cost
                }
                let burst = scene.weather == .memory ? rule.burst : rule.localBurst
                if !isKnown, asked <= burst {
                    fail("request \(visit.number) was refused by \(name), fresh")
                }
            }
        }
    }

    /// Without Redis a refusal is right to the microsecond, but for a turn.
    ///
    ///     refused  =>  a bucket from which all that passed was taken lacks the price
    private func checkMemoryRefusals() {
        for visit in visits where visit.status == 429 && visit.route.name != "who" {
            for name in visit.answer?.violated ?? [] where name == "tight" || name == "ip" {
                guard let rule = scene.rulesByName[name], let cost = visit.cost(of: rule),
                    let end = visit.answeredAt
                else { continue }
                let bucket = bucket(of: rule, rule.storeKey(of: visit), beside: visit, until: end)
                let before = end / 1000 - min(end / 1000, 1000)
                if rule.shape.wait(for: rule.shape.price(of: cost), of: bucket, at: before) == 0 {
                    fail("request \(visit.number) was refused by \(name) for nothing")
                }
            }
        }
    }

    /// The least that a gateway's bucket can hold: whoever left before the app was asked may have
    /// taken as well.
    private func bucket(
        of rule: LimitRule, _ key: String, beside visit: Visit, until end: UInt64
    ) -> Bucket {
        let lost = visits.filter { other in
            other.hasLeft && other.forwardedAt == nil && other.cost(of: rule) != nil
                && rule.storeKey(of: other) == key && other.loop.gateway == visit.loop.gateway
        }
        let passed = book.admissions.filter {
            $0.key == key && $0.visit.loop.gateway == visit.loop.gateway
        }
        let taken =
            passed.map { (at: $0.at, cost: $0.cost) }
            + lost.map { (at: $0.sentAt, cost: $0.cost(of: rule) ?? 1) }
        var bucket = Bucket.untouched
        for (at, cost) in taken.sorted(by: { $0.at < $1.at }) where at <= end {
            bucket.charge(rule.shape.price(of: cost), of: rule.shape, at: at / 1000)
        }
        return bucket
    }

    // MARK: Recovery

    /// Once Redis is back, each bucket there lacks what any loop took of it by itself, less what
    /// has flowed in since.
    ///
    ///     lacking in Redis >= taken by a loop since Redis last lost its keys - rate * time
    private func checkRecovery() {
        for loop in cluster.loops {
            let debtCount = loop.world.worker.desk.limits.store.debts.count
            let isPaying = loop.world.worker.desk.limits.store.payment != nil
            if debtCount > 0 || isPaying { fail("loop \(loop.number) still owes \(debtCount)") }
        }
        let own = book.admissions.filter { admission in
            admission.store == .local && !admission.isWaved && admission.at > store.lostAt
                && (admission.rule.counted.isEmpty
                    || admission.rule.counted.contains(admission.visit.wanted))
        }
        let groups = Dictionary(grouping: own) { "\($0.visit.loop.number) \($0.key)" }
        for (place, admissions) in groups {
            let shape = admissions[0].rule.shape
            var bucket = Bucket.untouched
            for admission in admissions.sorted(by: { $0.at < $1.at }) {
                bucket.charge(shape.price(of: admission.cost), of: shape, at: admission.at / 1000)
            }
            let now = cluster.now / 1000
            let owed = bucket.full.whole - min(now, bucket.full.whole)
            let lacking = store.lacking(admissions[0].key)
            if lacking + 2000 < owed {
                fail("loop and key \(place) owe \(owed) µs, not \(lacking)")
            }
        }
    }

    // MARK: Arithmetic

    /// Tokens that are taken at a moment, or given back.
    struct Flow {
        /// Microseconds.
        let at: UInt64
        let tokens: Int
    }

    /// Checks that no window has more than `burst + rate * (window + slack)`.
    ///
    /// With `sum(i...j) * period - count * (t(j) - t(i))` as a running sum less the least that it
    /// was at the begin of a window, one pass is enough.
    private func check(
        _ events: [Flow], _ rate: Rate, _ burst: UInt64, _ note: String, slack: UInt64 = 0
    ) {
        var sum = 0
        var least = Int.max
        let bound = Int(burst * rate.period + rate.count * slack)
        // Refunds first, of those at one moment.
        let events = events.sorted { ($0.at, $0.tokens) < ($1.at, $1.tokens) }
        for event in events {
            let flowed = Int(rate.count * (event.at - events[0].at))
            least = min(least, sum * Int(rate.period) - flowed)
            sum += event.tokens
            let excess = sum * Int(rate.period) - flowed - least
            guard excess > bound else { continue }
            return fail("\(note): \(excess) of \(bound) µs, burst \(burst)")
        }
    }

    /// The most tokens of a key that were asked for by requests at the same time.
    private func overlap(of rule: LimitRule, _ key: String, on gateway: Int?) -> UInt64 {
        let asked = visits.filter { visit in
            visit.cost(of: rule) != nil && rule.storeKey(of: visit) == key
                && (gateway == nil || visit.loop.gateway == gateway)
        }
        return asked.map { one in
            asked.reduce(0 as UInt64) { sum, other in
                let hasBegun = other.sentAt <= one.sentAt
                let hasEnded = (other.answeredAt ?? .max) < one.sentAt
                return hasBegun && !hasEnded ? sum + (other.cost(of: rule) ?? 1) : sum
            }
        }.max() ?? 0
    }
}

extension StorePlay.Deed {
    var isBack: Bool { operation == .back }
}
