import Bytes
import Dice
import Testing

@testable import Redis

/// What a server of today makes of our commands, and we of its replies.
struct RealServerTests {
    /// A connection that is written to and read from by the code under test.
    private struct Talk: ~Copyable {
        let connection: RedisConnection
        var reader = ReplyReader(.topology)

        init(_ server: RedisServer) throws { connection = try server.connect() }

        mutating func ask(_ write: (inout Buffer) -> Void) throws -> ReplyTape {
            var command = Buffer(capacity: 16_384)
            write(&command)
            try connection.send(command.copy())
            while true {
                if try reader.next() { return reader.tape }
                try reader.feed(try connection.receive()[...])
            }
        }

        mutating func error(_ write: (inout Buffer) -> Void) throws -> StoreError? {
            let tape = try ask(write)
            guard case .error(let range)? = tape.items.first else { return nil }
            return StoreError(tape.text.span.extracting(range.indices))
        }
    }

    /// Writes a key, and answers with two integers.
    private static let script = ScriptCommand(
        text: Array("redis.call('SET',KEYS[1],'1') return {1,22}".utf8),
        digest: Array("5f0d3a8a4a0d8f5f7c1cbb3d1a9c2e4b6d8f0a1c".utf8))

    private static func tail() -> [UInt8] {
        var tail = Buffer(capacity: 100)
        tail.appendBulk(decimal: 1)
        tail.appendBulk("key")
        return tail.copy()
    }

    @Test func `commands are understood`() throws {
        let server = try RedisServer()
        var talk = try Talk(server)
        #expect(try talk.ask { $0.appendPing() }.text == Array("PONG".utf8))
        #expect(try talk.ask { $0.appendClientName() }.text == Array("OK".utf8))
        #expect(try talk.ask { $0.appendSelect(database: 3) }.text == Array("OK".utf8))
        #expect(ServerRole(try talk.ask { $0.appendRole() }) == .master)
        #expect(try talk.connection.ask("CLIENT", "GETNAME") == .text("apus"))
    }

    @Test func `an unknown script is told, and its text answered`() throws {
        let server = try RedisServer()
        var talk = try Talk(server)
        let tail = Self.tail()
        let error = try talk.error {
            Self.script.appendCall(to: &$0, argumentCount: 2, tail: tail.span)
        }
        #expect(error == .noScript)
        let tape = try talk.ask {
            Self.script.appendText(to: &$0, argumentCount: 2, tail: tail.span)
        }
        #expect(tape.items == [.array(count: 2), .integer(1), .integer(22)])
    }

    @Test func `refusals are known by their names`() throws {
        let server = try RedisServer()
        let other = try server.connect()
        let tail = Self.tail()
        var talk = try Talk(server)
        let write: (inout Buffer) -> Void = {
            Self.script.appendText(to: &$0, argumentCount: 2, tail: tail.span)
        }
        try other.ask("CONFIG", "SET", "maxmemory", "1")
        #expect(try talk.error(write) == .outOfMemory)
        try other.ask("CONFIG", "SET", "maxmemory", "0")
        try other.ask("REPLICAOF", "127.0.0.1", "1")
        #expect(try talk.error(write) == .readOnly)
        #expect(ServerRole(try talk.ask { $0.appendRole() }) == .other)
        try other.ask("CONFIG", "SET", "replica-serve-stale-data", "no")
        #expect(try talk.error(write) == .masterDown)
        try other.ask("REPLICAOF", "NO", "ONE")
        #expect(try talk.error(write) == nil)
        try other.ask("CONFIG", "SET", "requirepass", "secret")
        var stranger = try Talk(server)
        #expect(try stranger.error { $0.appendPing() } == .authRequired)
        let wrong = try stranger.error { $0.appendAuth(user: nil, password: "guess") }
        #expect(wrong == .wrongPassword)
        let right = try stranger.error { $0.appendAuth(user: "default", password: "secret") }
        #expect(right == nil)
        #expect(try stranger.error { $0.appendPing() } == nil)
    }

    @Test func `a cluster has the slots that we count`() throws {
        let server = try RedisServer([
            "--cluster-enabled", "yes", "--cluster-announce-ip", "10.0.0.1",
            "--cluster-announce-port", "7000",
        ])
        let connection = try server.connect()
        var dice = Dice(seed: 7)
        for _ in 0..<300 {
            let alphabet = Array("{}{}abc019:".utf8)
            let key = dice.bytes(of: alphabet, countMax: 24)
            let text = String(decoding: key, as: UTF8.self)
            let slot = Int64(HashSlot.slot(of: key.span))
            #expect(try connection.ask("CLUSTER", "KEYSLOT", text) == .integer(slot), "\(text)")
        }
        var talk = try Talk(server)
        #expect(SlotMap(try talk.ask { $0.appendClusterSlots() }, from: "h") == nil)
        let tail = Self.tail()
        let write: (inout Buffer) -> Void = {
            Self.script.appendText(to: &$0, argumentCount: 2, tail: tail.span)
        }
        #expect(try talk.error(write) == .clusterDown)
        try connection.ask("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
        let map = try #require(SlotMap(try talk.ask { $0.appendClusterSlots() }, from: "h"))
        #expect(map.owner(of: 0) == 0 && map.owner(of: 16_383) == 0)
        #expect(map.masters == [ServerName(host: "10.0.0.1", port: 7000)])
    }
}
