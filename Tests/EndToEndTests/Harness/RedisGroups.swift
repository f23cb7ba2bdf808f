import Foundation
import Glibc

/// A master, a replica, and three sentinels that watch them.
final class RedisSentinels: Sendable {
    let servers: [RedisServer]
    private let sentinels: [ChildProcess]
    let ports: [UInt16]

    init() throws {
        let master = try RedisServer()
        let replica = try RedisServer(["--replicaof", "127.0.0.1", "\(master.port)"])
        servers = [master, replica]
        try eventually("the replica follows") {
            guard case .text(let text) = try replica.ask("INFO", "replication") else {
                return false
            }
            return text.contains("master_link_status:up")
        }
        let ports = try (0..<3).map { _ in try Ports.free() }
        self.ports = ports
        sentinels = try ports.map { port in
            let folder = try ChildProcess.newFolder()
            let text = """
                port \(port)
                bind 127.0.0.1
                dir \(folder)
                sentinel monitor buckets 127.0.0.1 \(master.port) 2
                sentinel down-after-milliseconds buckets 500
                sentinel failover-timeout buckets 2000

                """
            return try ChildProcess(
                ["redis-server", "\(folder)/sentinel.conf", "--sentinel"],
                files: ["sentinel.conf": text], in: folder)
        }
        for port in ports {
            try eventually("a sentinel knows the others and the replica") {
                let reply = try? Wire(to: .ip4(port)).redis(["SENTINEL", "MASTER", "buckets"])
                guard case .list(let fields)? = reply else { return false }
                func value(_ name: String) -> RedisReply? {
                    fields.firstIndex(of: .text(name)).map { fields[$0 + 1] }
                }
                return value("num-other-sentinels") == .text("2")
                    && value("num-slaves") == .text("1")
            }
        }
    }

    var url: String {
        let seeds = ports.map { "127.0.0.1:\($0)" }.joined(separator: ",")
        return "redis+sentinel://\(seeds)/buckets/0"
    }

    /// The server that takes writes.
    func master() throws -> RedisServer {
        try eventually("there is a master") { servers.first { Self.isMaster($0) } }
    }

    static func isMaster(_ server: RedisServer) -> Bool {
        guard case .list(let role)? = try? server.ask("ROLE") else { return false }
        return role.first == .text("master")
    }
}

/// Three masters of a cluster, a replica for each.
final class RedisCluster: Sendable {
    let servers: [RedisServer]

    init() throws {
        let servers = try (0..<6).map { _ in
            try RedisServer([
                "--cluster-enabled", "yes", "--cluster-node-timeout", "500",
                "--cluster-port", "\(Ports.free())",
                "--cluster-replica-validity-factor", "0",
            ])
        }
        self.servers = servers
        let (code, output) = try ChildProcess.run(
            ["redis-cli", "--cluster", "create"] + servers.map(\.address)
                + ["--cluster-replicas", "1", "--cluster-yes"])
        guard code == 0 else { throw Unmet(output) }
        try eventually("all know the cluster, and the replicas follow", within: 60) {
            try servers.allSatisfy { server in
                guard case .text(let info) = try server.ask("CLUSTER", "INFO"),
                    case .text(let nodes) = try server.ask("CLUSTER", "NODES")
                else { return false }
                return info.contains("cluster_state:ok")
                    && nodes.components(separatedBy: "slave").count == 4
            }
        }
        try eventually("the replicas are up to date", within: 60) {
            try servers.filter { !RedisSentinels.isMaster($0) }.allSatisfy { replica in
                guard case .text(let text) = try replica.ask("INFO", "replication") else {
                    return false
                }
                return text.contains("master_link_status:up")
            }
        }
    }

    var url: String {
        "redis+cluster://\(servers.prefix(3).map(\.address).joined(separator: ","))"
    }

    func masters() -> [RedisServer] { servers.filter { RedisSentinels.isMaster($0) } }
}
