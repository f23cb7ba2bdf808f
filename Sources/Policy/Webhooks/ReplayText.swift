package import Bytes

/// What an event is known by, as text: small, so that it stands wherever an event does.
///
/// - Size: 88 bytes.
package struct ReplayText: Sendable, Equatable, BitwiseCopyable {
    /// Longer texts give way to a digest before they get here.
    package static var bytesMax: Int { 80 }

    private var words = InlineArray<10, UInt64>(repeating: 0)
    private let byteCount: UInt8

    /// - Parameter bytes: 1 to ``bytesMax``, visible ASCII.
    /// - Returns: `nil` for more, or none.
    package init?(_ bytes: borrowing Span<UInt8>) {
        guard bytes.count > 0, bytes.count <= Self.bytesMax else { return nil }
        byteCount = UInt8(truncatingIfNeeded: bytes.count)
        for index in 0..<(bytes.count &+ 7) / 8 { words[index] = bytes.word(at: index &* 8) }
    }

    /// Appends the text.
    package func append(to buffer: inout Buffer) {
        var place = 0
        let end = count
        while place < end {
            buffer.append(words[place / 8], bytes: min(8, end &- place))
            place &+= 8
        }
    }

    /// Its bytes.
    package var count: Int { Int(byteCount) }

    package static func == (one: ReplayText, other: ReplayText) -> Bool {
        guard one.byteCount == other.byteCount else { return false }
        // Zeros stand behind the end of both.
        for index in 0..<10 where one.words[index] != other.words[index] { return false }
        return true
    }
}

/// Whose claim it is: chance bits, other ones for each claim of any gateway.
package struct ReplayTicket: Sendable, Equatable, BitwiseCopyable {
    /// Not 0, which stands for nobody.
    package let number: UInt64

    /// - Parameter bits: Chance.
    package init(_ bits: UInt64) { number = max(1, bits) }
}
