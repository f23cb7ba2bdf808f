import Dice
import Testing

@testable import Redis

/// What clusters and sentinels tell of themselves.
struct SlotMapTests {
    private func tape(_ text: String) throws -> ReplyTape {
        var reader = ReplyReader(.topology)
        try reader.feed(Array(text.utf8)[...])
        #expect(try reader.next())
        return reader.tape
    }

    private func bulk(_ text: String) -> String { "$\(text.utf8.count)\r\n\(text)\r\n" }

    private func server(_ host: String?, _ port: Int, extra: String = "") -> String {
        let count = extra.isEmpty ? 3 : 4
        return "*\(count)\r\n" + (host.map(bulk) ?? "$-1\r\n") + ":\(port)\r\n"
            + bulk("09dbe9720cda62f7865eabc5fd8857c5d2678366") + extra
    }

    private func range(_ first: Int, _ last: Int, _ servers: [String]) -> String {
        "*\(2 + servers.count)\r\n:\(first)\r\n:\(last)\r\n" + servers.joined()
    }

    private func map(_ ranges: [String]) throws -> SlotMap? {
        SlotMap(try tape("*\(ranges.count)\r\n" + ranges.joined()), from: "10.0.0.9")
    }

    @Test func `each slot belongs to the first server of its range`() throws {
        let metadata = "*2\r\n" + bulk("hostname") + bulk("a.example")
        let map = try map([
            range(0, 5460, [server("10.0.0.1", 7000), server("10.0.0.4", 7003)]),
            range(5461, 10_922, [server("10.0.0.2", 7001, extra: metadata)]),
            range(10_923, 16_000, [server("10.0.0.3", 7002), server("10.0.0.5", 7004)]),
            range(16_002, 16_383, [server("10.0.0.1", 7000)]),
        ])
        let map2 = try #require(map)
        #expect(map2.masters.map(\.host) == ["10.0.0.1", "10.0.0.2", "10.0.0.3"])
        #expect(map2.owner(of: 0) == 0 && map2.owner(of: 5460) == 0)
        #expect(map2.owner(of: 5461) == 1 && map2.owner(of: 10_923) == 2)
        #expect(map2.owner(of: 16_001) == nil && map2.owner(of: 16_383) == 0)
    }

    @Test func `a server that does not know its host is the one that was asked`() throws {
        for host in [nil, "", "?"] as [String?] {
            let map = try map([range(0, 1, [server(host, 7000)])])
            #expect(map?.masters == [ServerName(host: "10.0.0.9", port: 7000)])
        }
    }

    @Test func `masters beyond the bound get no slots`() throws {
        let map = try map((0..<70).map { range($0, $0, [server("10.0.1.\($0)", 7000)]) })
        #expect(map?.masters.count == SlotMap.masterCountMax)
        #expect(map?.owner(of: 63) == 63 && map?.owner(of: 64) == nil)
    }

    @Test(arguments: [
        "*0\r\n", "+OK\r\n", ":1\r\n", "*1\r\n:1\r\n", "*1\r\n*3\r\n:0\r\n:16384\r\n*0\r\n",
        "*1\r\n*3\r\n:5\r\n:4\r\n*2\r\n$1\r\na\r\n:1\r\n",
        "*1\r\n*3\r\n:-1\r\n:4\r\n*2\r\n$1\r\na\r\n:1\r\n",
        "*1\r\n*3\r\n:0\r\n:4\r\n*2\r\n$1\r\na\r\n:0\r\n",
        "*1\r\n*3\r\n:0\r\n:4\r\n*2\r\n$1\r\na\r\n:65536\r\n",
        "*1\r\n*3\r\n:0\r\n:4\r\n*2\r\n$1\r\n \r\n:1\r\n",
        "*1\r\n*2\r\n:0\r\n:4\r\n", "*1\r\n*3\r\n:0\r\n:4\r\n*1\r\n$1\r\na\r\n",
    ])
    func `what is no map is none`(_ text: String) throws {
        #expect(SlotMap(try tape(text), from: "h") == nil)
    }

    @Test(arguments: 0..<100)
    func `a map with values changed is read or refused`(_ seed: UInt64) throws {
        var dice = Dice(seed: seed)
        var bytes = Array(
            ("*2\r\n" + range(0, 5460, [server("10.0.0.1", 7000), server("10.0.0.4", 7003)])
                + range(5461, 16_383, [server("10.0.0.2", 7001)])).utf8)
        for _ in 0...dice.below(4) {
            bytes[Int(dice.below(UInt64(bytes.count)))] =
                Array("*:$+-0123456789ab".utf8)[Int(dice.below(17))]
        }
        var reader = ReplyReader(.topology)
        do throws(ReplyProblem) {
            try reader.feed(bytes[...])
            while try reader.next() { _ = SlotMap(reader.tape, from: "h") }
        } catch {}
    }

    @Test func `a sentinel names the master`() throws {
        let tape = try tape("*2\r\n" + bulk("10.0.0.7") + bulk("6379"))
        #expect(ServerName(masterIn: tape) == ServerName(host: "10.0.0.7", port: 6379))
        for text in [
            "*-1\r\n", "*0\r\n", "*2\r\n" + bulk("") + bulk("6379"),
            "*2\r\n" + bulk("a") + bulk("0"), "*2\r\n" + bulk("a") + ":6379\r\n", "+OK\r\n",
        ] {
            #expect(ServerName(masterIn: try self.tape(text)) == nil)
        }
    }

    @Test func `a role is read`() throws {
        let master = "*3\r\n" + bulk("master") + ":3129659\r\n*0\r\n"
        #expect(ServerRole(try tape(master)) == .master)
        let slave = "*5\r\n" + bulk("slave") + bulk("127.0.0.1") + ":9000\r\n" + bulk("sync")
        #expect(ServerRole(try tape(slave + ":-1\r\n")) == .other)
        #expect(ServerRole(try tape("*0\r\n")) == .other)
        #expect(ServerRole(try tape("+OK\r\n")) == .other)
    }
}
