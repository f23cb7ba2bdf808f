import Policy
import Testing

@testable import Config

struct RateLimitsSectionTests {
    private func snapshot(_ limit: String, redis: String = "") -> Snapshot? {
        load(
            """
            listeners: { public: { bind: "127.0.0.1:8080" } }
            upstreams: { app: { servers: ["127.0.0.1:3000"] } }
            \(redis)
            rate_limits:
              other: { rate: 1/s, key: path }
              some: { \(limit) }
            routes:
              - { name: some, upstream: app, concurrency: { max: 3 },
                  rate_limits: [some, { limit: other }] }
            """
        ).snapshot
    }

    @Test func `a limit has the documented defaults`() throws {
        let snapshot = try #require(self.snapshot("rate: 60/min, key: client_ip"))
        let limit = try #require(snapshot.rateLimits.last)
        #expect(
            limit
                == LimitSettings(
                    name: "some", rate: Rate(count: 60, period: 60_000_000), burst: 60,
                    key: [.clientIP]))
        #expect(limit.missingKey == .clientIP && limit.onStoreFailure == .local)
        #expect(snapshot.redis == nil)
    }

    @Test func `a limit has what the file says`() throws {
        let text = """
            rate: 5/15min, burst: 7, key: [host, "header:X-A"], count: [401, 4xx, 503],
            mode: shadow, missing_key: skip, on_store_failure: deny, replicas: 3, headers: both,
            max_keys: 5, exempt: { cidrs: [10.0.0.0/8, "::1"], headers: { X-Probe: yes } }
            """
        let snapshot = try #require(self.snapshot(text, redis: "redis: { url: redis://a }"))
        let limit = try #require(snapshot.rateLimits.last)
        #expect(limit.burst == 7 && limit.key == [.host, .header("x-a")])
        #expect(limit.countedStatuses == Array(400...499) + [503])
        #expect(limit.mode == .shadow && limit.missingKey == .skip)
        #expect(limit.onStoreFailure == .deny && limit.replicas == 3)
        #expect(limit.fields == .both && limit.keyCountMax == 5 && limit.lease == 1)
        #expect(limit.exemptions.clients.map(\.description) == ["10.0.0.0/8", "::1/128"])
        #expect(limit.exemptions.headers == [HeaderCriterion(name: "X-Probe", value: "yes")])
    }

    @Test func `routes have their limits by index, and places`() throws {
        let route = try #require(snapshot("rate: 5/s, key: host")?.routes.first)
        #expect(route.limits == [LimitUse(limit: 1, cost: 1), LimitUse(limit: 0, cost: 1)])
        #expect(
            route.concurrency
                == ConcurrencySettings(max: 3, queue: 0, queueTimeout: .seconds(1)))
    }

    @Test func `a bucket may take ten years to refill and no longer`() {
        #expect(snapshot("rate: 1/365d, burst: 10, key: host") != nil)
        #expect(snapshot("rate: 1/365d, burst: 11, key: host") == nil)
        #expect(snapshot("rate: 1/366d, burst: 10, key: host") == nil)
        #expect(snapshot("rate: 1000000000/366d, burst: 1000000000, key: host") != nil)
        #expect(snapshot("rate: 1/s, burst: 1000000000, key: host") == nil)
    }

    @Test func `redis has the documented defaults`() throws {
        let redis = snapshot(
            "rate: 5/s, key: host, lease: 5", redis: "redis: { url: redis://127.0.0.1 }")?.redis
        #expect(
            redis
                == RedisSettings(
                    topology: .single(.ip(.loopback, port: 6379)), credentials: nil, database: 0,
                    timeout: .milliseconds(25), connectionCount: 1,
                    keyPrefix: "apus:", queueMax: 1024,
                    breaker: BreakerSettings(
                        failures: 5, window: .seconds(10), cooldown: .seconds(1),
                        cooldownMax: .seconds(30), slow: nil)))
    }
}
