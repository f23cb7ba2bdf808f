/// What went wrong with Redis: the `reason` of log lines about it.
package enum StoreTrouble: UInt8, CaseIterable, Sendable {
    case refused, unreachable, connectTimeout, unresolved
    case timeout, slow, lost, garbled
    case notMaster, masterUnknown, moved
    case readOnly, loading, masterDown, clusterDown, tryAgain
    case outOfMemory, notSaving, authRequired, wrongPassword, noPermission
    case busy, tooManyClients, noScript, errorReply
    case tls

    /// As logs spell it.
    package var name: StaticString {
        switch self {
        case .refused: "refused"
        case .unreachable: "unreachable"
        case .connectTimeout: "connect_timeout"
        case .unresolved: "unresolved"
        case .timeout: "timeout"
        case .slow: "slow"
        case .lost: "lost"
        case .garbled: "garbled"
        case .notMaster: "not_master"
        case .masterUnknown: "master_unknown"
        case .moved: "moved"
        case .readOnly: "read_only"
        case .loading: "loading"
        case .masterDown: "master_down"
        case .clusterDown: "cluster_down"
        case .tryAgain: "try_again"
        case .outOfMemory: "out_of_memory"
        case .notSaving: "not_saving"
        case .authRequired: "auth_required"
        case .wrongPassword: "wrong_password"
        case .noPermission: "no_permission"
        case .busy: "busy"
        case .tooManyClients: "too_many_clients"
        case .noScript: "no_script"
        case .errorReply: "error_reply"
        case .tls: "tls"
        }
    }

    /// One sentence for operators; docs/logs.md is made of these.
    package var meaning: StaticString {
        switch self {
        case .refused: "The server refused the connection."
        case .unreachable: "The network or the socket file could not be reached."
        case .connectTimeout: "The connection was not ready within `redis.timeout`."
        case .unresolved: "The server's name has no address."
        case .timeout: "An answer did not come within `redis.timeout`."
        case .slow: "An answer took longer than `redis.breaker.slow`."
        case .lost: "The connection ended while answers were due."
        case .garbled: "The server sent what is no reply, or one that nobody asked for."
        case .notMaster: "The server that was named as the master is none."
        case .masterUnknown: "No sentinel, or no node of the cluster, told who the masters are."
        case .moved:
            "The server sent a command on (`MOVED`, `ASK`): only in a cluster it is followed, once."
        case .readOnly: "The server is a replica, or became one (`READONLY`)."
        case .loading: "The server is loading its data (`LOADING`)."
        case .masterDown: "The server has lost its master (`MASTERDOWN`)."
        case .clusterDown: "The cluster does not serve the slot (`CLUSTERDOWN`)."
        case .tryAgain: "The slot is on its way between two nodes (`TRYAGAIN`)."
        case .outOfMemory: "The server is at its `maxmemory` (`OOM`)."
        case .notSaving:
            "The server takes no writes as it cannot keep them (`MISCONF`, `NOREPLICAS`)."
        case .authRequired: "The server wants a password (`NOAUTH`)."
        case .wrongPassword: "The server knows no such user and password (`WRONGPASS`)."
        case .noPermission: "The user may not do this (`NOPERM`)."
        case .busy: "A script of somebody runs for too long (`BUSY`)."
        case .tooManyClients: "The server has all the clients that it may have."
        case .noScript: "The server forgot the script as soon as it got it (`NOSCRIPT`)."
        case .errorReply: "Any other error reply."
        case .tls: "TLS with the server failed, or its certificate is not what it must be."
        }
    }
}
