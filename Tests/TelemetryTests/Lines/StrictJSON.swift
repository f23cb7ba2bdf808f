/// A strict reader of one flat JSON object (RFC 8259): strings and numbers, nothing lenient.
///
/// Written apart from the code under test, so that both would have to be wrong in the same way.
struct StrictJSON {
    enum Flaw: Error, Equatable {
        case unexpected(at: Int)
        case notUTF8
        case repeatedKey(String)
    }

    private let bytes: [UInt8]
    private var offset = 0

    /// The members, in order, of an object that ends with the line; numbers are as written.
    static func members(ofLine line: [UInt8]) throws(Flaw) -> [(key: String, value: String)] {
        guard line.last == 0x0A else { throw .unexpected(at: line.count) }
        let text = Array(line.dropLast())
        guard String(validating: text, as: UTF8.self) != nil else { throw .notUTF8 }
        var reader = StrictJSON(bytes: text)
        let members = try reader.object()
        guard reader.offset == text.count else { throw .unexpected(at: reader.offset) }
        return members
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private mutating func take(_ byte: UInt8) throws(Flaw) {
        guard next == byte else { throw .unexpected(at: offset) }
        offset += 1
    }

    private mutating func object() throws(Flaw) -> [(key: String, value: String)] {
        var members: [(key: String, value: String)] = []
        try take(0x7B)
        repeat {
            if !members.isEmpty { try take(0x2C) }
            let key = try string()
            if members.contains(where: { $0.key == key }) { throw .repeatedKey(key) }
            try take(0x3A)
            members.append((key, next == 0x22 ? try string() : try number()))
        } while next == 0x2C
        try take(0x7D)
        return members
    }

    private mutating func string() throws(Flaw) -> String {
        var text: [UInt8] = []
        try take(0x22)
        while let byte = next, byte != 0x22 {
            guard byte >= 0x20 else { throw .unexpected(at: offset) }
            offset += 1
            if byte == 0x5C { text += try escape() } else { text.append(byte) }
        }
        try take(0x22)
        return String(decoding: text, as: UTF8.self)
    }

    private mutating func escape() throws(Flaw) -> [UInt8] {
        guard let byte = next else { throw .unexpected(at: offset) }
        offset += 1
        switch byte {
        case 0x22, 0x5C, 0x2F: return [byte]
        case 0x62: return [0x08]
        case 0x66: return [0x0C]
        case 0x6E: return [0x0A]
        case 0x72: return [0x0D]
        case 0x74: return [0x09]
        case 0x75: return try unit()
        default: throw .unexpected(at: offset - 1)
        }
    }

    /// Four hexadecimal digits of a character that is no surrogate; pairs are not written here.
    private mutating func unit() throws(Flaw) -> [UInt8] {
        guard offset + 4 <= bytes.count,
            let text = String(validating: bytes[offset..<(offset + 4)], as: UTF8.self),
            let value = UInt32(text, radix: 16), let scalar = Unicode.Scalar(value)
        else { throw .unexpected(at: offset) }
        offset += 4
        return Array(String(scalar).utf8)
    }

    private mutating func number() throws(Flaw) -> String {
        let start = offset
        if next == 0x2D { offset += 1 }
        let whole = digits()
        guard !whole.isEmpty, whole.count == 1 || whole.first != 0x30 else {
            throw .unexpected(at: start)
        }
        if next == 0x2E {
            offset += 1
            guard !digits().isEmpty else { throw .unexpected(at: offset) }
        }
        return String(decoding: bytes[start..<offset], as: UTF8.self)
    }

    private mutating func digits() -> ArraySlice<UInt8> {
        let start = offset
        while let byte = next, byte >= 0x30, byte <= 0x39 { offset += 1 }
        return bytes[start..<offset]
    }
}
