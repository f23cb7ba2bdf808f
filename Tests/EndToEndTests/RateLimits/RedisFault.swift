import Glibc
import Testing

/// What can go wrong with Redis under load.
enum RedisFault: String, CaseIterable, Sendable, CustomTestStringConvertible {
    // Of the connection, made by `faults.py`.
    case hang, refuse, reset, close, drip, slow, garbage, huge, flood, cut, twice
    // Of an answer.
    case wrongType = "wrong-type"
    case tooFew = "too-few"
    case tooMany = "too-many"
    case negative, nested, null, loading, masterdown, moved, unexpected
    case maxClients = "max-clients"
    // Of a real server.
    case readOnly = "READONLY"
    case outOfMemory = "OOM"
    case noAuth = "NOAUTH"
    case busy = "BUSY"
    case flushed = "SCRIPT FLUSH"
    case wrongKeys = "keys of another type"
    case stopped = "SIGSTOP"
    case killed = "kill -9"

    var testDescription: String { rawValue }

    /// Whether buckets can be asked nonetheless, so that no breaker needs to refuse.
    var isHarmless: Bool {
        switch self {
        case .flushed, .wrongKeys: true
        default: false
        }
    }

    func begin(with server: RedisServer, by proxy: FaultyRedis) throws {
        switch self {
        case .readOnly: try server.ask("REPLICAOF", "127.0.0.1", "1")
        case .outOfMemory: try server.ask("CONFIG", "SET", "maxmemory", "1")
        case .noAuth:
            // On one connection: the next one would have to say the password.
            _ = try Wire(to: .ip4(server.port)).redisAll([
                ["CONFIG", "SET", "requirepass", "a password"],
                ["CLIENT", "KILL", "TYPE", "normal"],
            ])
        case .busy:
            let wire = try Wire(to: .ip4(server.port))
            try wire.send("*3\r\n$4\r\nEVAL\r\n$17\r\nwhile true do end\r\n$1\r\n0\r\n")
            try eventually("the server is busy") {
                guard case .error(let text) = try server.ask("GET", "a") else { return false }
                return text.hasPrefix("BUSY")
            }
        case .flushed: try server.ask("SCRIPT", "FLUSH")
        case .wrongKeys:
            for key in try server.keys() {
                try server.ask("DEL", key)
                try server.ask("LPUSH", key, "1")
            }
        case .stopped: server.signal(SIGSTOP)
        case .killed: try server.kill()
        default: try proxy.begin(rawValue)
        }
    }

    func end(with server: RedisServer, by proxy: FaultyRedis) throws {
        switch self {
        case .readOnly: try server.ask("REPLICAOF", "NO", "ONE")
        case .outOfMemory: try server.ask("CONFIG", "SET", "maxmemory", "0")
        case .noAuth:
            _ = try Wire(to: .ip4(server.port)).redisAll([
                ["AUTH", "a password"], ["CONFIG", "SET", "requirepass", ""],
            ])
        case .busy: try server.ask("SCRIPT", "KILL")
        case .flushed, .wrongKeys: break
        case .stopped: server.signal(SIGCONT)
        case .killed: try server.restart()
        default: try proxy.begin("none")
        }
    }
}

extension Wire {
    /// Sends one command after the other.
    func redisAll(_ commands: [[String]]) throws -> [RedisReply] {
        try commands.map { try redis($0) }
    }
}
