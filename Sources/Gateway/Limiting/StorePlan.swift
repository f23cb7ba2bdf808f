import Bytes
import Config
import Crypto
import Linux
import Policy
import Redis

/// `redis` of a snapshot made ready for asking: what the clients of all loops share.
final class StorePlan: Sendable {
    let settings: RedisSettings
    let breaker: Breaker
    let timeout: UInt64
    /// From how long an answer counts as a failure; `nil` for never.
    let slow: UInt64?
    private let buckets: ScriptCommand
    private let replays: ScriptCommand
    /// Writes a key that is gone a second later.
    private let proof: ScriptCommand

    init(_ settings: RedisSettings) {
        self.settings = settings
        breaker = Breaker(settings.breaker)
        timeout = max(1, settings.timeout.wholeNanoseconds)
        slow = settings.breaker.slow?.wholeNanoseconds
        buckets = ScriptCommand(text: Array("\(BucketScript.source)".utf8))
        replays = ScriptCommand(text: Array("\(ReplayScript.source)".utf8))
        proof = ScriptCommand(
            text: Array("return redis.call('SET',KEYS[1],'1','PX',1000)".utf8))
    }

    /// Bytes that a call needs in a link's output.
    func byteCount(of call: StoreCall) -> Int {
        let overhead =
            switch call.form {
            case .digest: script(of: call).overhead
            case .text: script(of: call).overheadWithText
            case .ping: 0
            case .proof: proof.overheadWithText
            }
        return overhead &+ Int(call.byteCount) &+ Self.shortCommandBytesMax
    }

    private func script(of call: StoreCall) -> ScriptCommand {
        switch call.asker.script {
        case .buckets: buckets
        case .replays: replays
        }
    }

    /// Of `ASKING` and `PING`.
    private static let shortCommandBytesMax = 48

    /// Writes a call.
    ///
    /// - Parameter tail: What its asker gave.
    func write(_ call: StoreCall, tail: borrowing Span<UInt8>, to output: inout Buffer) {
        if call.marks.contains(.asking) { output.appendAsking() }
        let count = Int(call.argumentCount)
        switch call.form {
        case .digest:
            script(of: call).appendCall(to: &output, argumentCount: count, tail: tail)
        case .text: script(of: call).appendText(to: &output, argumentCount: count, tail: tail)
        case .ping: output.appendPing()
        case .proof: proof.appendText(to: &output, argumentCount: count, tail: tail)
        }
    }

    /// What a connection begins with.
    func greeting(for errand: StoreLink.Errand) -> StoreLinkMachine.Greeting {
        var greeting: StoreLinkMachine.Greeting = []
        switch (errand, settings.topology) {
        // Sentinels have passwords of their own.
        case (.scouting, .single), (.scouting, .sentinel): return greeting
        case (.scouting, .cluster): break
        case (.listening, _):
            return settings.credentials == nil ? .name : [.auth, .name]
        case (.calls, .single): greeting = .name
        case (.calls, .sentinel): greeting = [.name, .role]
        case (.calls, .cluster): greeting = .name
        }
        if settings.credentials != nil { greeting.insert(.auth) }
        if settings.database != 0, !settings.topology.isCluster { greeting.insert(.select) }
        return greeting
    }

    /// Writes a greeting.
    func write(
        _ greeting: StoreLinkMachine.Greeting, to wire: inout Wire, from pool: inout BufferPool
    ) {
        wire.openOutput(BufferPool.smallBytes, from: &pool)
        if let credentials = settings.credentials, greeting.contains(.auth) {
            wire.output.appendAuth(user: credentials.user, password: credentials.password)
        }
        if greeting.contains(.select) { wire.output.appendSelect(database: settings.database) }
        if greeting.contains(.name) { wire.output.appendClientName() }
        if greeting.contains(.role) { wire.output.appendRole() }
    }

    /// Writes what a scout asks.
    func writeQuery(to wire: inout Wire, from pool: inout BufferPool) {
        wire.openOutput(BufferPool.smallBytes / 2, from: &pool)
        if case .sentinel(_, let master) = settings.topology {
            wire.output.appendMasterQuery(master)
        } else {
            wire.output.appendClusterSlots()
        }
    }

    /// Bytes of unanswered tails that a link keeps.
    var tailBytesMax: Int { min(1 << 20, max(1 << 14, settings.queueMax * 512)) }
}

extension ScriptCommand {
    /// A script with the digest that servers will know it by.
    init(text: [UInt8]) {
        var digester = Digester()
        let digest = digester.digest(of: text.span, .sha1)
        var name = Buffer(capacity: 40)
        for index in 0..<digest.count {
            let byte = digest.bytes[index]
            if byte < 16 { name.append(UInt8(ascii: "0")) }
            name.append(hexadecimal: UInt64(byte))
        }
        self.init(text: text, digest: name.copy())
    }
}

extension RedisTopology {
    /// Those that `redis.url` names.
    var servers: [ServerAddress] {
        switch self {
        case .single(let server): [server]
        case .sentinel(let servers, _), .cluster(let servers): servers
        }
    }

    var isCluster: Bool {
        if case .cluster = self { return true }
        return false
    }
}
