package import Bytes

// MARK: - Reading

extension IPAddress {
    /// What is made of a zone id after an IPv6 address (`fe80::1%eth0`, RFC 4007 §11).
    package enum ZoneRule: Sendable { case refused, dropped }

    /// Reads the whole of `text`: an IPv4 dotted quad of plain decimals, or an IPv6 address (RFC
    /// 4291 §2.2).
    package init?(_ text: String) {
        let bytes = Array(text.utf8)
        self.init(bytes.span, ByteRange(start: 0, count: bytes.count))
    }

    /// Reads the whole of `range`; a zone id is refused.
    package init?(_ text: borrowing Span<UInt8>, _ range: ByteRange) {
        self.init(text, range, zone: .refused)
    }

    /// Reads the whole of `range`, with or without a zone id.
    package init?(_ text: borrowing Span<UInt8>, _ range: ByteRange, zone: ZoneRule) {
        if let address = Self.quad(text, range) {
            self.init(v4: address)
            return
        }
        var end = range.start
        while end < range.end, text[end] != 0x25 { end += 1 }
        if end < range.end, zone == .refused || end + 1 == range.end { return nil }
        guard let words = Self.groups(text, ByteRange(range.start, end)) else { return nil }
        self.init(v6: words.high, words.low)
    }

    /// Reads the whole of `range` as an IPv4 address.
    init?(quad text: borrowing Span<UInt8>, _ range: ByteRange) {
        guard let address = Self.quad(text, range) else { return nil }
        self.init(v4: address)
    }

    /// Four decimals of 0 to 255 without leading zeros, which some readers take for octal.
    private static func quad(_ text: borrowing Span<UInt8>, _ range: ByteRange) -> UInt32? {
        guard range.count >= 7, range.count <= 15 else { return nil }
        // The text as a queue of bytes in two words, its next byte the lowest; and a dot behind it,
        // so that all four parts end in one.
        let dot: UInt64 = 0x2e &<< UInt64(8 &* (range.count & 7))
        var word = text.word(at: range.start)
        var rest: UInt64 = 0
        if range.count < 8 {
            word = Word.prefix(word, range.count) | dot
        } else {
            rest = Word.prefix(text.word(at: range.start &+ 8), range.count &- 8) | dot
        }
        var address: UInt32 = 0
        var left = range.count &+ 1
        for _ in 0..<4 {
            let count = Word.firstMark(Word.marks(of: 0x2e, in: word))
            guard let part = decimal(UInt32(truncatingIfNeeded: word), count) else { return nil }
            address = address &<< 8 | part
            let shift = UInt64(8 &* (count &+ 1))
            word = word &>> shift | rest &<< (64 &- shift)
            rest = rest &>> shift
            left &-= count &+ 1
        }
        // Of a fifth part something is left over.
        return left == 0 ? address : nil
    }

    /// 0 to 255 in `count` digits, the first the lowest byte, without a leading zero.
    private static func decimal(_ word: UInt32, _ count: Int) -> UInt32? {
        // What is no digit is above 9, and so is what a borrow of a lower byte leaves of it.
        let digits = word &- 0x3030_3030
        let (first, second, third) = (digits & 0xff, digits &>> 8 & 0xff, digits &>> 16 & 0xff)
        switch count {
        case 1 where first < 10: return first
        case 2 where first &- 1 < 9 && second < 10: return first &* 10 &+ second
        case 3 where first &- 1 < 2 && second < 10 && third < 10:
            let value = first &* 100 &+ second &* 10 &+ third
            return value < 256 ? value : nil
        default: return nil
        }
    }

    /// Up to eight groups of hexadecimal digits, one `::` for at least one group of zeros, and
    /// perhaps an IPv4 address in the place of the last two.
    private static func groups(
        _ text: borrowing Span<UInt8>, _ range: ByteRange
    ) -> (high: UInt64, low: UInt64)? {
        var words = GroupList()
        var index = range.start
        if range.count >= 2, text[index] == 0x3a {
            guard text[index + 1] == 0x3a else { return nil }
            words.markGap()
            index += 2
        }
        while index < range.end {
            let start = index
            var value: UInt64 = 0
            while index < range.end, let digit = ASCIIByte.hexDigit(text[index]) {
                value = value << 4 | UInt64(digit)
                index += 1
                guard index - start <= 4 else { return nil }
            }
            if index < range.end, text[index] == 0x2e {
                guard let quad = quad(text, ByteRange(start, range.end)) else { return nil }
                guard words.append(UInt64(quad >> 16)), words.append(UInt64(quad & 0xffff))
                else { return nil }
                return words.address
            }
            guard index > start, words.append(value) else { return nil }
            if index == range.end { break }
            guard text[index] == 0x3a, index + 1 < range.end else { return nil }
            index += 1
            if text[index] == 0x3a {
                guard words.markGap() else { return nil }
                index += 1
            }
        }
        return words.address
    }
}

/// Groups of an IPv6 address as they are read, in two halves around the gap.
private struct GroupList {
    private var high: UInt64 = 0
    private var low: UInt64 = 0
    private var count = 0
    /// Groups before the `::`.
    private var gap: Int?

    /// - Returns: `false` for a second gap.
    @discardableResult mutating func markGap() -> Bool {
        guard gap == nil else { return false }
        gap = count
        return true
    }

    /// - Returns: `false` for a ninth group.
    mutating func append(_ group: UInt64) -> Bool {
        guard count < 8 else { return false }
        high = high << 16 | low >> 48
        low = low << 16 | group
        count += 1
        return true
    }

    /// `nil` if there are too few groups without a gap, or too many with one.
    var address: (high: UInt64, low: UInt64)? {
        guard let gap else { return count == 8 ? (high, low) : nil }
        guard count < 8 else { return nil }
        // The groups after the gap stay where they are; those before it move up by the missing
        // ones.
        let tail = Self.mask(groups: count - gap)
        let head = Self.shifted((high & ~tail.high, low & ~tail.low), groups: 8 - count)
        return (head.high | high & tail.high, head.low | low & tail.low)
    }

    /// The last `groups` groups, 0 to 7.
    private static func mask(groups: Int) -> (high: UInt64, low: UInt64) {
        groups <= 4
            ? (0, groups == 0 ? 0 : .max >> UInt64(64 - 16 * groups))
            : (.max >> UInt64(128 - 16 * groups), .max)
    }

    /// Moved towards the front by 1 to 8 groups.
    private static func shifted(
        _ words: (high: UInt64, low: UInt64), groups: Int
    ) -> (high: UInt64, low: UInt64) {
        let bits = UInt64(16 * groups)
        if bits >= 64 { return (words.low << (bits - 64), 0) }
        return (words.high << bits | words.low >> (64 - bits), words.low << bits)
    }
}

// MARK: - Writing

extension IPAddress {
    /// Appends the address: a dotted quad, or the one form that RFC 5952 recommends.
    ///
    /// At most 39
    /// bytes.
    package func append(to buffer: inout Buffer) {
        switch family {
        case .v4: appendQuad(to: &buffer)
        case .v6: appendGroups(to: &buffer)
        }
    }

    private func appendQuad(to buffer: inout Buffer) {
        let table = Self.parts
        let parts = table.span
        for index in 0..<4 {
            let part = parts[Int(low >> UInt64(24 - 8 * index) & 0xff)]
            let byteCount = 8 - part.leadingZeroBitCount / 8
            // No dot behind the last one.
            buffer.append(part, bytes: index < 3 ? byteCount : byteCount - 1)
        }
    }

    /// By number below 256: its digits and a dot, the first of them lowest.
    private static let parts: [UInt64] = (0..<256).map { number in
        "\(number).".utf8.reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }

    private func appendGroups(to buffer: inout Buffer) {
        let gap = longestZeroRun
        var index = 0
        while index < 8 {
            if index == gap.lowerBound, !gap.isEmpty {
                buffer.append("::")
                index = gap.upperBound
                continue
            }
            if index > 0, index != gap.upperBound || gap.isEmpty { buffer.append(0x3a) }
            buffer.append(hexadecimal: group(index))
            index += 1
        }
    }

    /// One of the eight groups of an IPv6 address.
    private func group(_ index: Int) -> UInt64 {
        (index < 4 ? high : low) >> UInt64(48 - 16 * (index & 3)) & 0xffff
    }

    /// The first of the longest runs of zero groups; empty if none has two (RFC 5952 §4.2).
    private var longestZeroRun: Range<Int> {
        var longest = 0..<0
        var start = 0
        for index in 0..<8 {
            if group(index) != 0 {
                start = index + 1
            } else if index + 1 - start > max(longest.count, 1) {
                longest = start..<index + 1
            }
        }
        return longest
    }
}

extension IPAddress: CustomStringConvertible {
    /// The same text as a string, for configuration and messages.
    package var description: String {
        var buffer = Buffer(capacity: 40)
        append(to: &buffer)
        return buffer.withReadable { bytes in
            String(decoding: bytes.indices.map { bytes[$0] }, as: UTF8.self)
        }
    }
}
