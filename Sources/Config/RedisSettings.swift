package import Policy

/// `redis`: where the buckets of all gateways are kept.
package struct RedisSettings: Sendable, Equatable {
    /// What stands in `url`.
    package var topology: RedisTopology
    /// `nil` without a password.
    package var credentials: RedisCredentials?
    /// Selected after connecting; 0 for a cluster.
    package var database: Int
    /// `rediss://`; `nil` for a connection in the clear.
    package var tls: OutboundTLS?
    /// Of a connect and of each command: 1 ms to 10 s.
    package var timeout: Duration
    /// Connections of each loop to each server: 1 to 16.
    package var connectionCount: Int
    /// Begins every key: at most 64 bytes.
    package var keyPrefix: String
    /// Commands of a loop that wait for their answers: 1 to 65 536.
    package var queueMax: Int
    /// When Redis is not asked any more.
    package var breaker: BreakerSettings

    package init(
        topology: RedisTopology, credentials: RedisCredentials?, database: Int,
        timeout: Duration, connectionCount: Int, keyPrefix: String, queueMax: Int,
        breaker: BreakerSettings
    ) {
        self.topology = topology
        self.credentials = credentials
        self.database = database
        self.timeout = timeout
        self.connectionCount = connectionCount
        self.keyPrefix = keyPrefix
        self.queueMax = queueMax
        self.breaker = breaker
    }
}

/// Which servers there are, and how they share the keys.
package enum RedisTopology: Sendable, Equatable {
    case single(ServerAddress)
    /// `redis+sentinel://`: the sentinels are asked who is the master of this name.
    case sentinel([ServerAddress], master: String)
    /// `redis+cluster://`: any of these tells of all.
    case cluster([ServerAddress])
}

/// What `AUTH` says.
package struct RedisCredentials: Sendable, Equatable {
    /// `nil` for the default user.
    package var user: String?
    package var password: String

    package init(user: String?, password: String) {
        self.user = user
        self.password = password
    }
}
