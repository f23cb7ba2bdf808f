import Testing

@testable import Redis

/// What error replies say.
struct StoreErrorTests {
    @Test(arguments: [
        ("NOSCRIPT No matching script. Please use EVAL.", StoreError.noScript),
        ("READONLY You can't write against a read only replica.", .readOnly),
        ("LOADING Redis is loading the dataset in memory", .loading),
        ("MASTERDOWN Link with MASTER is down", .masterDown),
        ("CLUSTERDOWN Hash slot not served", .clusterDown),
        ("TRYAGAIN Multiple keys request during rehashing of slot", .tryAgain),
        ("OOM command not allowed when used memory > 'maxmemory'.", .outOfMemory),
        ("MISCONF Redis is configured to save RDB snapshots", .notSaving),
        ("NOREPLICAS Not enough good replicas to write.", .notSaving),
        ("NOAUTH Authentication required.", .authRequired),
        ("WRONGPASS invalid username-password pair", .wrongPassword),
        ("NOPERM this user has no permissions", .noPermission),
        ("BUSY Redis is busy running a script.", .busy),
        ("ERR max number of clients reached", .tooManyClients),
        ("ERR unknown command 'EVALSHA'", .other),
        ("WRONGTYPE Operation against a key", .other),
        ("", .other), ("OOMX", .other), ("MOVED", .other), ("ASK 1", .other),
    ])
    func `an error is known by its first word`(_ text: String, _ error: StoreError) {
        #expect(StoreError(Array(text.utf8).span) == error)
    }

    @Test func `older servers wrap the error of a script's call`() {
        let text = """
            ERR Error running script (call to f_2ab1): @user_script:3: @user_script: 3: \
            -READONLY You can't write against a read only replica.
            """
        #expect(StoreError(Array(text.utf8).span) == .readOnly)
        let bare = "ERR Error running script (call to f_2ab1): @user_script:3: oops"
        #expect(StoreError(Array(bare.utf8).span) == .other)
    }

    @Test(arguments: [
        ("MOVED 3999 127.0.0.1:6381", 3999, "127.0.0.1", 6381),
        ("MOVED 0 fe80::1:7000", 0, "fe80::1", 7000),
        ("MOVED 16383 db.example.com:1", 16_383, "db.example.com", 1),
        ("MOVED 5 :6379", 5, "", 6379),
        ("MOVED 5 ?:6379", 5, "", 6379),
    ])
    func `a redirection names slot and server`(
        _ text: String, _ slot: UInt16, _ host: String, _ port: UInt16
    ) {
        guard case .moved(let to) = StoreError(Array(text.utf8).span) else {
            Issue.record("no redirection")
            return
        }
        #expect(to.slot == slot && to.server == ServerName(host: host, port: port))
        let ask = "ASK" + text.dropFirst(5)
        #expect(StoreError(Array(ask.utf8).span) == .ask(to))
    }

    @Test(arguments: [
        "MOVED 16384 a:1", "MOVED -1 a:1", "MOVED 99999999999999999999 a:1", "MOVED 1 a",
        "MOVED 1 a:0", "MOVED 1 a:65536", "MOVED 1 a:1x", "MOVED 1 a b:1", "MOVED  a:1",
        "MOVED 1 \u{1}:1", "MOVED 1 a:", "MOVED 1 ", "MOVED 1",
    ])
    func `a redirection to nowhere is an error like others`(_ text: String) {
        #expect(StoreError(Array(text.utf8).span) == .other)
    }
}
