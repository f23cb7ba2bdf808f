import Bytes

/// Goes through the members of a line of ours: a flat JSON object of texts and numbers.
struct LineMembers {
    /// One member; ranges lie in the line.
    struct Member {
        let key: Range<Int>
        /// Of a text without its quotes, escapes as they are.
        let value: Range<Int>
        let isText: Bool
    }

    private var offset = 1

    /// Whether a line looks as ours do; what follows relies on no more than that.
    static func canRead(_ line: borrowing Span<UInt8>) -> Bool {
        line.count > 4 && line[0] == 0x7B && line[1] == 0x22 && line[line.count - 1] == 0x0A
            && line[line.count - 2] == 0x7D
    }

    /// The next member; `nil` at the end, or where the line is none of ours any more.
    mutating func next(_ line: borrowing Span<UInt8>) -> Member? {
        if offset > 1 {
            guard byte(line, offset) == 0x2C else { return nil }
            offset += 1
        }
        guard let key = text(line), byte(line, offset) == 0x3A else { return nil }
        offset += 1
        if byte(line, offset) == 0x22 {
            guard let value = text(line) else { return nil }
            return Member(key: key, value: value, isText: true)
        }
        let start = offset
        while let next = byte(line, offset), next != 0x2C, next != 0x7D { offset += 1 }
        return Member(key: key, value: start..<offset, isText: false)
    }

    private func byte(_ line: borrowing Span<UInt8>, _ place: Int) -> UInt8? {
        place < line.count ? line[place] : nil
    }

    /// Reads a text from its quote on.
    private mutating func text(_ line: borrowing Span<UInt8>) -> Range<Int>? {
        guard byte(line, offset) == 0x22 else { return nil }
        let start = offset + 1
        var end = start
        while let next = byte(line, end), next != 0x22 { end += next == 0x5C ? 2 : 1 }
        guard end < line.count else { return nil }
        offset = end + 1
        return start..<end
    }
}

extension Span where Element == UInt8 {
    /// Whether a part is exactly this name.
    func part(_ range: Range<Int>, is name: StaticString) -> Bool {
        guard range.count == name.utf8CodeUnitCount else { return false }
        return name.withUTF8Buffer { bytes in
            bytes.indices.allSatisfy { unsafe bytes[$0] == self[range.lowerBound + $0] }
        }
    }
}

extension Buffer {
    /// Appends a name that is known only while running.
    mutating func append(name: StaticString) { append(name) }
}
