import Policy

/// What `redis.url` says.
struct RedisURL: Sendable, Equatable {
    let topology: RedisTopology
    let credentials: RedisCredentials?
    let database: Int
    /// Whether the scheme is `rediss`.
    private(set) var isSecure = false

    /// Of sentinels, or nodes of a cluster.
    private static let serverCountMax = 32
    /// More databases than anybody has Redis make.
    private static let databaseMax = 65_535
    private static let schemes =
        "redis://, rediss://, redis+sentinel://, redis+cluster:// and unix:/path"

    /// Reads a URL; what is wrong with it is told without a word of it, as it may hold a password.
    static func parse(_ text: String) throws(Objection) -> RedisURL {
        if text.hasPrefix("unix:") { return try socket(text.dropFirst(5)) }
        let scheme = text.prefix { $0 != ":" }
        var rest = text.dropFirst(scheme.count)
        guard rest.hasPrefix("://") else {
            throw Objection("is not a URL: it begins with none of \(schemes)")
        }
        rest = rest.dropFirst(3)
        let name = scheme.lowercased()
        let isSecure = name.hasPrefix("rediss")
        var url: RedisURL
        switch name {
        case "redis", "rediss": url = try single(rest)
        case "redis+sentinel", "rediss+sentinel": url = try sentinel(rest)
        case "redis+cluster", "rediss+cluster": url = try cluster(rest)
        default: throw Objection("has a scheme other than \(schemes)")
        }
        url.isSecure = isSecure
        return url
    }

    // MARK: Topologies

    private static func single(_ text: Substring) throws(Objection) -> RedisURL {
        let parts = try Parts(text)
        guard !parts.servers.contains(",") else {
            throw Objection(
                "names several servers", advice: "redis+sentinel:// and redis+cluster:// take them")
        }
        let server = try address(String(parts.servers), port: 6379)
        return RedisURL(
            topology: .single(server), credentials: parts.credentials,
            database: try database(parts.path))
    }

    /// `redis+sentinel://host:port,host:port/MASTER/db`.
    private static func sentinel(_ text: Substring) throws(Objection) -> RedisURL {
        let parts = try Parts(text)
        let sentinels = try addresses(parts.servers, port: 26_379)
        let steps = parts.path.split(separator: "/", omittingEmptySubsequences: false)
        guard let master = steps.first, !master.isEmpty, master.utf8.count <= 128,
            master.utf8.allSatisfy(isNameByte)
        else {
            throw Objection(
                "does not name the master that the sentinels watch",
                advice: "as in redis+sentinel://host:26379/mymaster")
        }
        guard steps.count <= 2 else { throw Objection("has a path after its database") }
        return RedisURL(
            topology: .sentinel(sentinels, master: String(master)), credentials: parts.credentials,
            database: try database(steps.count == 2 ? steps[1] : ""))
    }

    private static func cluster(_ text: Substring) throws(Objection) -> RedisURL {
        let parts = try Parts(text)
        guard try database(parts.path) == 0 else {
            throw Objection("names a database: a cluster has no other than 0")
        }
        return RedisURL(
            topology: .cluster(try addresses(parts.servers, port: 6379)),
            credentials: parts.credentials, database: 0)
    }

    /// `unix:/path?db=n`, with or without `//` before the path, and credentials behind these.
    private static func socket(_ text: Substring) throws(Objection) -> RedisURL {
        var rest = text.hasPrefix("//") ? text.dropFirst(2) : text
        let query = rest.firstIndex(of: "?").map { rest[$0...].dropFirst() }
        if let query { rest = rest.dropLast(query.utf8.count + 1) }
        var credentials: RedisCredentials?
        if !rest.hasPrefix("/"), let end = rest.lastIndex(of: "@") {
            credentials = try read(rest[..<end])
            rest = rest[end...].dropFirst()
        }
        guard query?.hasPrefix("db=") ?? true else {
            throw Objection("has a query other than ?db=")
        }
        return RedisURL(
            topology: .single(.unix(path: try unixPath("unix:\(rest)"))), credentials: credentials,
            database: try database(query?.dropFirst(3) ?? ""))
    }

    // MARK: Parts

    /// What every URL of servers has.
    private struct Parts {
        let credentials: RedisCredentials?
        let servers: Substring
        /// Without the slash that begins it.
        let path: Substring

        /// A password as operators paste it may hold a slash: the last `@` ends it.
        init(_ text: Substring) throws(Objection) {
            var rest = text
            if let end = rest.lastIndex(of: "@") {
                credentials = try read(rest[..<end])
                rest = rest[end...].dropFirst()
            } else {
                credentials = nil
            }
            guard !rest.contains("?"), !rest.contains("#") else {
                throw Objection("holds a query, which only unix:/path has")
            }
            servers = rest.prefix { $0 != "/" }
            path = rest.dropFirst(servers.count + 1)
        }
    }

    /// `user:password`, the user perhaps empty.
    private static func read(_ text: Substring) throws(Objection) -> RedisCredentials {
        let user = text.prefix { $0 != ":" }
        guard user.endIndex < text.endIndex else {
            throw Objection(
                "has a user without a password before its @",
                advice: "as in redis://user:password@host, or redis://:password@host")
        }
        let password = try decoded(text.dropFirst(user.count + 1))
        guard !password.isEmpty else {
            throw Objection("has an empty password", advice: "without one there is no @ either")
        }
        return RedisCredentials(user: user.isEmpty ? nil : try decoded(user), password: password)
    }

    /// The text with its percent-escapes decoded.
    private static func decoded(_ text: Substring) throws(Objection) -> String {
        var bytes: [UInt8] = []
        var rest = text.utf8[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            let digits = rest.prefix(2).compactMap { Character(UnicodeScalar($0)).hexDigitValue }
            guard digits.count == 2 else {
                throw Objection(
                    "has a % without two hexadecimal digits before its @",
                    advice: "a % of a password is written %25")
            }
            bytes.append(UInt8(digits[0] << 4 | digits[1]))
            rest = rest.dropFirst(2)
        }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Objection("has escapes before its @ that are no UTF-8")
        }
        return text
    }

    /// Servers with commas between them.
    private static func addresses(
        _ text: Substring, port: UInt16
    ) throws(Objection) -> [ServerAddress] {
        let texts = text.split(separator: ",", omittingEmptySubsequences: false)
        guard texts.count <= serverCountMax else {
            throw Objection("names more than \(serverCountMax) servers")
        }
        var addresses: [ServerAddress] = []
        for text in texts {
            let address = try address(String(text), port: port)
            guard !addresses.contains(address) else {
                throw Objection("names a server twice")
            }
            addresses.append(address)
        }
        return addresses
    }

    private static func address(
        _ text: String, port standard: UInt16
    ) throws(Objection) -> ServerAddress {
        guard !text.isEmpty else { throw Objection("names no server, or an empty one") }
        let parts: HostAndPort
        do throws(Objection) {
            parts = try HostAndPort(text, portNeeded: false)
        } catch {
            // What is suggested for a listener's address is none of a server's.
            throw Objection(error.what, advice: error.advice)
        }
        let port = parts.port ?? standard
        guard port > 0 else { throw Objection("has the port 0, where no server listens") }
        if let address = IPAddress(parts.host) { return .ip(address, port: port) }
        try HostText.checkName(parts.host)
        return .name(parts.host.lowercased(), port: port)
    }

    private static func database(_ text: Substring) throws(Objection) -> Int {
        guard !text.isEmpty else { return 0 }
        guard text.utf8.allSatisfy(isDigit), let number = Int(text), number <= databaseMax else {
            throw Objection(
                "has a database that is no number up to \(databaseMax)",
                advice: "as in redis://host:6379/0")
        }
        return number
    }
}

extension Kind where Value == RedisURL {
    /// Shown in messages only without what may be a password.
    static var redisURL: Kind {
        .discreet(
            .text(expected: "a URL such as redis://127.0.0.1:6379/0", pattern: nil),
            isShown: { !$0.contains("@") }, parse: RedisURL.parse)
    }
}
