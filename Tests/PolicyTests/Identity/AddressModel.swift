@testable import Policy

/// Reads addresses as RFC 4291 §2.2 writes them, without regard for time.
enum AddressModel {
    /// Four decimals without leading zeros.
    static func v4(_ text: [UInt8]) -> IPAddress? {
        let parts = SlowBytes.split(text, at: 0x2e)
        let numbers = parts.compactMap { part -> UInt32? in
            guard let number = SlowBytes.decimal(part, digitsMax: 3), number < 256 else {
                return nil
            }
            return part.count > 1 && part[0] == 0x30 ? nil : UInt32(number)
        }
        guard parts.count == 4, numbers.count == 4 else { return nil }
        return IPAddress(v4: numbers.reduce(0) { $0 << 8 | $1 })
    }

    /// Without a zone.
    static func v6(_ text: [UInt8]) -> IPAddress? {
        guard text.contains(0x3a) else { return nil }
        var text = text
        if text.contains(0x2e) {
            // The last part stands for two groups.
            let tail = Array(text.reversed().prefix { $0 != 0x3a }.reversed())
            guard let quad = v4(tail)?.low else { return nil }
            text.removeLast(tail.count)
            text += SlowBytes.of(String(quad >> 16, radix: 16)) + [0x3a]
            text += SlowBytes.of(String(quad & 0xffff, radix: 16))
        }
        let gap = text.indices.dropLast().first { text[$0] == 0x3a && text[$0 + 1] == 0x3a }
        guard let gap else {
            guard let all = groups(text), all.count == 8 else { return nil }
            return address(all)
        }
        let (before, behind) = (Array(text[..<gap]), Array(text[(gap + 2)...]))
        guard let head = before.isEmpty ? [] : groups(before),
            let tail = behind.isEmpty ? [] : groups(behind), head.count + tail.count < 8
        else { return nil }
        return address(
            head + [UInt64](repeating: 0, count: 8 - head.count - tail.count) + tail)
    }

    private static let digits = Set(SlowBytes.of("0123456789abcdefABCDEF"))

    private static func groups(_ text: [UInt8]) -> [UInt64]? {
        let parts = SlowBytes.split(text, at: 0x3a)
        let groups = parts.compactMap { part -> UInt64? in
            guard (1...4).contains(part.count), part.allSatisfy(digits.contains) else { return nil }
            return UInt64(String(decoding: part, as: UTF8.self), radix: 16)
        }
        return groups.count == parts.count ? groups : nil
    }

    private static func address(_ groups: [UInt64]) -> IPAddress {
        IPAddress(
            v6: groups[..<4].reduce(0) { $0 << 16 | $1 }, groups[4...].reduce(0) { $0 << 16 | $1 })
    }
}
