/// What the content of a part must begin with to be of its declared type.
///
/// It says that a file is no other than it claims as far as its first bytes tell, not that it is
/// sound: that is for whoever decodes it.
struct ContentCheck: Sendable, Equatable {
    enum Kind: Sendable, Equatable {
        /// Nothing is known of the type.
        case any
        /// One of some signatures.
        case signed([Signature])
        /// Text that no browser would take for something else: no NUL, no markup, no known binary.
        case text
        /// The same, beginning as a value of JSON does.
        case json
        /// Text that may be markup or program.
        case markup
    }

    let kind: Kind

    /// Whether a NUL anywhere refuses the content.
    var isText: Bool {
        switch kind {
        case .any, .signed: false
        case .text, .json, .markup: true
        }
    }

    /// Bytes at the start that it asks for.
    var prefixBytes: Int {
        switch kind {
        case .any, .markup: 0
        case .signed, .text, .json: Prefix.bytesMax
        }
    }

    /// Whether the first bytes are right.
    ///
    /// - Parameter prefix: Of a text without the white space that it begins with. May end in bytes
    ///   of the delimiter: no signature has any of them where it matters.
    func admits(_ prefix: Prefix) -> Bool {
        switch kind {
        case .any, .markup: true
        case .signed(let signatures): signatures.contains { $0.matches(prefix) }
        case .text: Self.isPlain(prefix)
        case .json:
            Self.isPlain(prefix)
                && (prefix.count == 0 || Self.jsonStarts.contains(prefix[0]))
        }
    }

    /// What the sniffing of browsers would call text and nothing else (WHATWG MIME Sniffing §7).
    private static func isPlain(_ prefix: Prefix) -> Bool {
        if MediaSignatures.foreignToText.contains(where: { $0.matches(prefix) }) { return false }
        for index in 0..<prefix.count {
            switch prefix[index] {
            case 0x00...0x08, 0x0b, 0x0e...0x1a, 0x1c...0x1f: return false
            default: continue
            }
        }
        guard prefix.count >= 2, prefix[0] == 0x3c else { return true }
        switch prefix[1] | 0x20 {
        // A letter, `!`, `/` or `?` behind `<`.
        case 0x61...0x7a, 0x21, 0x2f, 0x3f: return false
        default: return true
        }
    }

    private static let jsonStarts = Array("{[\"-0123456789tfn".utf8)
}

/// The first bytes of a content, at most 16 of them.
struct Prefix: Sendable, Equatable {
    private(set) var low: UInt64 = 0
    private(set) var high: UInt64 = 0
    private(set) var count = 0

    static let bytesMax = 16

    subscript(_ index: Int) -> UInt8 {
        let word = index < 8 ? low : high
        return UInt8(truncatingIfNeeded: word &>> UInt64(truncatingIfNeeded: (index & 7) &* 8))
    }

    /// Takes one more byte; 16 at most.
    mutating func append(_ byte: UInt8) {
        let shifted = UInt64(byte) &<< UInt64(truncatingIfNeeded: (count & 7) &* 8)
        if count < 8 { low |= shifted } else { high |= shifted }
        count &+= 1
    }

    /// The first `length` bytes alone.
    func cut(to length: UInt64) -> Prefix {
        guard length < UInt64(count) else { return self }
        var shorter = Prefix()
        for index in 0..<Int(length) { shorter.append(self[index]) }
        return shorter
    }
}

/// Bytes that stand at the start of files of one kind, some of them free.
struct Signature: Sendable, Equatable {
    private var bits = Prefix()
    private var mask = Prefix()

    /// - Parameter pattern: ASCII, `?` for any byte; at most 16.
    init(text pattern: StaticString) {
        for byte in "\(pattern)".utf8.prefix(Prefix.bytesMax) {
            bits.append(byte == 0x3f ? 0 : byte)
            mask.append(byte == 0x3f ? 0 : 0xff)
        }
    }

    /// - Parameter masks: Which bits of each byte count; all where it is shorter.
    init(_ bytes: [UInt8], masks: [UInt8] = []) {
        for (index, byte) in bytes.prefix(Prefix.bytesMax).enumerated() {
            let byteMask = index < masks.count ? masks[index] : 0xff
            bits.append(byte & byteMask)
            mask.append(byteMask)
        }
    }

    func matches(_ prefix: Prefix) -> Bool {
        prefix.count >= mask.count && prefix.low & mask.low == bits.low
            && prefix.high & mask.high == bits.high
    }
}
