@testable import Policy

/// Whom a request comes from, found by taking its fields apart as a whole, from the left.
///
/// A hop that cannot be read ends the walk, one that is not trusted does so as the client.
struct ForwardedModel {
    /// Values in the order of lines, trimmed.
    var forwardedFor: [[UInt8]] = []
    var forwarded: [[UInt8]] = []
    var protos: [[UInt8]] = []
    var hosts: [[UInt8]] = []

    /// What is believed of the fields.
    struct Belief: Equatable {
        var client: IPAddress?
        var isSecure = false
        var host: [UInt8] = []
        /// Whether lines further left could say more.
        var isOpen = true
    }

    /// The trusted blocks of the fuzzer: 10.0.0.0/8 and 2001:db8::/32.
    static func trusts(_ address: IPAddress) -> Bool {
        switch address.family {
        case .v4: address.low >> 24 == 10
        case .v6: address.high >> 32 == 0x2001_0db8
        }
    }

    // MARK: X-Forwarded-For, -Proto, -Host

    func beliefInXForwarded() -> Belief {
        var belief = Belief()
        let hops = forwardedFor.flatMap { SlowBytes.split($0, at: 0x2c) }.map(SlowBytes.trimmed)
        for hop in hops.reversed() where belief.isOpen {
            let address = Self.hop(hop)
            if let address { belief.client = address }
            belief.isOpen = address.map(Self.trusts) ?? false
        }
        belief.isSecure = Self.isSecure(protos.last { !$0.isEmpty } ?? [])
        belief.host = hosts.last(where: Self.isHost) ?? []
        return belief
    }

    static func hop(_ text: [UInt8]) -> IPAddress? {
        if let address = AddressModel.v4(text) { return address }
        if text.first == 0x5b {
            guard let close = text.firstIndex(of: 0x5d) else { return nil }
            let rest = Array(text[(close + 1)...])
            guard rest.isEmpty || isPort(rest, max: 65_535) else { return nil }
            return withoutZone(Array(text[1..<close])).flatMap(AddressModel.v6)
        }
        guard text.filter({ $0 == 0x3a }).count == 1, let colon = text.firstIndex(of: 0x3a) else {
            return withoutZone(text).flatMap(AddressModel.v6)
        }
        return isPort(Array(text[colon...]), max: 65_535)
            ? AddressModel.v4(Array(text[..<colon])) : nil
    }

    private static func withoutZone(_ text: [UInt8]) -> [UInt8]? {
        guard let percent = text.firstIndex(of: 0x25) else { return text }
        return percent == text.count - 1 ? nil : Array(text[..<percent])
    }

    /// A colon and a number.
    private static func isPort(_ text: [UInt8], max: Int) -> Bool {
        guard text.first == 0x3a else { return false }
        return SlowBytes.decimal(Array(text.dropFirst()), digitsMax: 5).map { $0 <= max } ?? false
    }

    private static func isSecure(_ value: [UInt8]) -> Bool {
        let last = SlowBytes.split(value, at: 0x2c).last ?? []
        let scheme = SlowBytes.lowered(SlowBytes.trimmed(last))
        return scheme == SlowBytes.of("https") || scheme == SlowBytes.of("wss")
    }

    private static let hostBytes = Set(
        SlowBytes.of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~:[]"))

    private static func isHost(_ value: [UInt8]) -> Bool {
        (1...255).contains(value.count) && value.allSatisfy(hostBytes.contains)
    }

    // MARK: Forwarded

    /// - Returns: `nil` if a line does not keep to the grammar as a whole; what is then believed
    ///   depends on where it is broken.
    func beliefInForwarded() -> Belief? {
        var belief = Belief()
        for line in forwarded.reversed() where belief.isOpen {
            guard let elements = Self.elements(line) else { return nil }
            for element in elements.reversed() where belief.isOpen {
                Self.believe(element, &belief)
            }
        }
        return belief
    }

    private typealias Pair = (name: [UInt8], text: [UInt8]?)

    private static func believe(_ element: [Pair], _ belief: inout Belief) {
        let known = element.filter { pair in
            ["for", "proto", "host"].map(SlowBytes.of).contains(pair.name)
        }
        belief.isOpen = false
        // Twice is nobody's word.
        guard Set(known.map(\.name)).count == known.count else { return }
        for (name, text) in known {
            guard let text else { continue }
            if name == SlowBytes.of("proto") { belief.isSecure = isSecure(text) }
            if name == SlowBytes.of("host"), isHost(text) { belief.host = text }
            if name == SlowBytes.of("for"), let address = node(text) {
                belief.client = address
                belief.isOpen = trusts(address)
            }
        }
    }

    /// RFC 7239 §6, with a port of five digits at most.
    static func node(_ text: [UInt8]) -> IPAddress? {
        let mark =
            text.first == 0x5b
            ? text.firstIndex(of: 0x5d).map { $0 + 1 }
            : text.firstIndex(of: 0x3a) ?? text.count
        guard let mark else { return nil }
        let (name, port) = (Array(text[..<mark]), Array(text[mark...]))
        let isObscured =
            port.starts(with: SlowBytes.of(":_")) && port.count > 2
            && isHost(Array(port.dropFirst()))
        guard port.isEmpty || isObscured || isPort(port, max: 99_999) else { return nil }
        return name.first == 0x5b
            ? AddressModel.v6(Array(name.dropFirst().dropLast())) : AddressModel.v4(name)
    }

    /// Names in lower case, and texts, `nil` for one with escapes, of each element of a line.
    private static func elements(_ line: [UInt8]) -> [[Pair]]? {
        guard let parts = split(line, at: 0x2c) else { return nil }
        var elements: [[Pair]] = []
        for part in parts {
            guard let pairs = split(part, at: 0x3b) else { return nil }
            var element: [Pair] = []
            for pair in pairs.map(SlowBytes.trimmed) where !pair.isEmpty {
                guard let read = read(pair) else { return nil }
                element.append(read)
            }
            elements.append(element)
        }
        return elements
    }

    /// RFC 9110 §5.6.2.
    private static let tokenBytes = Set(
        SlowBytes.of(
            "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"))

    private static func read(_ pair: [UInt8]) -> Pair? {
        guard let equals = pair.firstIndex(of: 0x3d), equals > 0 else { return nil }
        let (name, value) = (Array(pair[..<equals]), Array(pair[(equals + 1)...]))
        guard name.allSatisfy(tokenBytes.contains), !value.isEmpty else { return nil }
        if value.allSatisfy(tokenBytes.contains) { return (SlowBytes.lowered(name), value) }
        guard value.count > 1, value.first == 0x22, value.last == 0x22 else { return nil }
        let text = Array(value.dropFirst().dropLast())
        // Only the last of all quotes may be without a backslash, and it with none before it.
        var isEscaped = false
        for byte in text {
            if byte == 0x22, !isEscaped { return nil }
            isEscaped = byte == 0x5c && !isEscaped
        }
        if isEscaped { return nil }
        return (SlowBytes.lowered(name), text.contains(0x5c) ? nil : text)
    }

    /// At separators outside of quoted strings; `nil` for a string without an end.
    private static func split(_ bytes: [UInt8], at separator: UInt8) -> [[UInt8]]? {
        var parts: [[UInt8]] = [[]]
        var isQuoted = false
        var isEscaped = false
        for byte in bytes {
            if byte == separator, !isQuoted {
                parts.append([])
                continue
            }
            if byte == 0x22, !isEscaped { isQuoted.toggle() }
            isEscaped = isQuoted && byte == 0x5c && !isEscaped
            parts[parts.count - 1].append(byte)
        }
        return isQuoted ? nil : parts
    }
}
