import Policy
import Testing

@testable import Config

struct RedisURLTests {
    private func url(_ text: String) -> RedisURL? { decode(.redisURL, text).value }

    private let local = ServerAddress.ip(.loopback, port: 6379)

    @Test(arguments: [
        ("redis://127.0.0.1", 0), ("redis://127.0.0.1:6379/", 0), ("REDIS://127.0.0.1:6379/15", 15),
    ])
    func `one server has a port and a database by default`(text: String, database: Int) {
        let url = url(text)
        #expect(url?.topology == .single(local))
        #expect(url?.database == database)
        #expect(url?.credentials == nil)
    }

    @Test func `servers are addresses and names`() throws {
        let address = try #require(IPAddress("::1"))
        #expect(
            url("redis://Cache.Internal:7000")?.topology
                == .single(.name("cache.internal", port: 7000)))
        #expect(
            url("redis://[::1]")?.topology
                == .single(.ip(address, port: 6379)))
    }

    @Test(
        arguments: [
            (":p", nil, "p"), ("u:p", "u", "p"), ("u:p:q", "u", "p:q"),
            ("u%40h:p%2Fq%25", "u@h", "p/q%"),
            (":p/q@r", nil, "p/q@r"), (":a+b", nil, "a+b"), (":%C3%A4", nil, "ä"),
        ] as [(String, String?, String)])
    func `credentials are decoded`(text: String, user: String?, password: String) {
        for place in ["redis://\(text)@127.0.0.1/1", "unix://\(text)@/run/redis.sock"] {
            #expect(url(place)?.credentials == RedisCredentials(user: user, password: password))
        }
    }

    @Test func `a socket may have a database`() {
        let topology = RedisTopology.single(.unix(path: "/run/redis.sock"))
        for text in ["unix:/run/redis.sock", "unix:///run/redis.sock"] {
            #expect(url(text)?.topology == topology)
            #expect(url(text)?.database == 0)
            #expect(url("\(text)?db=3")?.database == 3)
            #expect(url("\(text)?db=3")?.topology == topology)
        }
        #expect(url("unix:/run/a@b.sock")?.topology == .single(.unix(path: "/run/a@b.sock")))
    }

    @Test func `sentinels have a master, a cluster has nodes`() {
        let sentinel = url("redis+sentinel://:p@10.0.0.1,s2:7000/my.master/2")
        let addresses: [ServerAddress] = [
            .ip(IPAddress(v4: 0x0a00_0001), port: 26_379), .name("s2", port: 7000),
        ]
        #expect(sentinel?.topology == .sentinel(addresses, master: "my.master"))
        #expect(sentinel?.database == 2)
        #expect(sentinel?.credentials == RedisCredentials(user: nil, password: "p"))
        let cluster = url("redis+cluster://127.0.0.1,s2:7000/")
        #expect(cluster?.topology == .cluster([local, .name("s2", port: 7000)]))
    }

    @Test(arguments: [
        "", "redis:", "redis://", "redis://:6379", "127.0.0.1:6379", "http://127.0.0.1",
        "redis://127.0.0.1:0", "redis://127.0.0.1:65536", "redis://a b", "redis://a,b",
        "redis://127.0.0.1/a", "redis://127.0.0.1/-1", "redis://127.0.0.1/65536",
        "redis://127.0.0.1/0/1", "redis://127.0.0.1?db=1", "redis://u@127.0.0.1",
        "redis://:@127.0.0.1", "redis://u:%@127.0.0.1", "redis://u:%f@127.0.0.1",
        "redis://u:%zz@127.0.0.1", "redis://u:%ff@127.0.0.1",
        "unix:", "unix:run", "unix:///", "unix:/a?x=1", "unix:/a?db=x",
        "redis+sentinel://a,b", "redis+sentinel://a/", "redis+sentinel://a/m/x",
        "redis+sentinel://a/m/1/2", "redis+sentinel:///m", "redis+sentinel://a,,b/m",
        "redis+sentinel://a,a/m", "redis+cluster://a/1", "redis+cluster://a/m",
        "rediss+cluster://a/1", "rediss+x://a",
    ])
    func `what is no URL of Redis is refused`(text: String) {
        let decoded = decode(.redisURL, text)
        #expect(decoded.value == nil)
        #expect(decoded.problem != nil)
    }

    @Test func `no message repeats what may be a password`() {
        for text in [
            "redis://:hunter2%@h", "hunter2@h", "redis://hunter2@h", "rediss://:hunter2@h:0",
        ] {
            #expect(decode(.redisURL, text).problem?.contains("hunter2") == false)
        }
    }
}
