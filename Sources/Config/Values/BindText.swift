package import Policy

extension IPAddress {
    static let loopback = IPAddress(v4: 0x7f00_0001)
    static let any = IPAddress(v4: 0)

    /// Whether only this machine can reach it.
    package var isLoopback: Bool {
        switch family {
        case .v4: low >> 24 == 127
        case .v6: high == 0 && low == 1
        }
    }
}

extension Kind where Value == BindAddress {
    /// Where a listener listens.
    ///
    /// Names other than `localhost` are not looked up: an address that depends on a name server is
    /// none to be reached at.
    static var bind: Kind {
        let shape = Shape.text(
            expected: "an address such as 0.0.0.0:8080, [::]:8080 or unix:/run/apus.sock",
            pattern: ".+:[0-9]+|unix:/.+|fd:.+")
        return Kind(shape, format: format, parse: parse)
    }

    /// Port 0 lets the kernel choose, which tests and socket activation like.
    private static func parse(_ text: String) throws(Objection) -> BindAddress {
        if text.hasPrefix("unix:") { return .unix(path: try unixPath(text)) }
        if text.hasPrefix("fd:") {
            let name = String(text.dropFirst(3))
            guard !name.isEmpty, name.utf8.count <= 255, name.utf8.allSatisfy(isNameByte) else {
                throw Objection("does not name a socket of systemd", advice: "as in fd:http")
            }
            return .passed(name: name)
        }
        let parts = try HostAndPort(text, portNeeded: true)
        let port = parts.port ?? 0
        switch parts.host {
        case "*": return .ip(.any, port: port)
        case "localhost": return .ip(.loopback, port: port)
        case let host:
            guard let address = IPAddress(host) else {
                throw Objection(
                    "does not begin with an IP address", advice: "* stands for all addresses")
            }
            return .ip(address, port: port)
        }
    }

    private static func format(_ address: BindAddress) -> String? {
        switch address {
        case .ip(.loopback, let port): "127.0.0.1:\(port)"
        case .ip: nil
        case .unix(let path): "unix:\(path)"
        case .passed(let name): "fd:\(name)"
        }
    }
}

/// The path of `unix:/path`; as long as the kernel's `sockaddr_un` takes, which is 107 bytes.
func unixPath(_ text: String) throws(Objection) -> String {
    let path = String(text.dropFirst(5))
    guard path.hasPrefix("/"), !path.hasSuffix("/") else {
        throw Objection(
            "is not unix: and a path that begins with /", advice: "as in unix:/run/app.sock")
    }
    guard path.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
        throw Objection("holds a control character")
    }
    guard path.utf8.count <= 107 else {
        throw Objection("has a path longer than the 107 bytes that a socket can have")
    }
    return path
}

/// `host:port` and `[v6]:port` taken apart.
struct HostAndPort {
    /// Without brackets; not empty.
    let host: String
    let isBracketed: Bool
    let port: UInt16?

    /// - Parameters:
    ///   - text: Without scheme and path.
    ///   - portNeeded: Whether a text without a port is refused.
    /// - Throws: What is wrong with the text. The host is not looked at, but that brackets hold an
    ///   IPv6 address, and that a bare one is not taken for host and port.
    init(_ text: String, portNeeded: Bool) throws(Objection) {
        var rest = text[...]
        if rest.hasPrefix("[") {
            guard let end = rest.firstIndex(of: "]") else {
                throw Objection("has a [ without its ]")
            }
            host = String(rest[rest.index(after: rest.startIndex)..<end])
            isBracketed = true
            guard host.contains(":"), IPAddress(host) != nil else {
                throw Objection("has no IPv6 address between its brackets")
            }
            rest = rest[rest.index(after: end)...]
        } else {
            let end = rest.lastIndex(of: ":") ?? rest.endIndex
            host = String(rest[..<end])
            isBracketed = false
            guard !host.contains(":") else {
                throw Objection(
                    "is ambiguous", advice: "an IPv6 address stands in brackets: [::1]:80")
            }
            rest = rest[end...]
        }
        guard rest.isEmpty || rest.first == ":" else { throw Objection("is not host:port") }
        let digits = rest.dropFirst()
        if rest.isEmpty {
            let isPort = !host.isEmpty && host.utf8.allSatisfy(isDigit)
            guard !portNeeded else {
                throw Objection(
                    "has no port", suggestion: isPort ? "*:\(host)" : nil, advice: "as in host:80")
            }
            port = nil
        } else {
            guard !digits.isEmpty, digits.utf8.count <= 5, digits.utf8.allSatisfy(isDigit),
                let number = UInt16(digits)
            else { throw Objection("has no port from 0 to 65535 after its colon") }
            port = number
        }
        guard !host.isEmpty else {
            throw Objection("has no address before its port", suggestion: "*:\(digits)")
        }
    }
}

/// Letters, digits, `_`, `-` and `.`: what the names of things here are made of.
func isNameByte(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"),
        UInt8(ascii: "."):
        true
    default: false
    }
}

/// What listeners, upstreams and routes may be called: names go into metrics, logs and paths of
/// problems.
func checkName(_ name: String) throws(Objection) {
    guard !name.isEmpty, name.utf8.count <= 64, name.utf8.allSatisfy(isNameByte) else {
        throw Objection("is not a name", advice: "up to 64 letters, digits, _, - and .")
    }
    guard name != "-" else { throw Objection("stands for requests without a route in metrics") }
}
