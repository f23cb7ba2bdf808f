package import Bytes
package import Crypto

/// What a webhook's event is known by, so that it is told from all others: small, so that it stands
/// wherever an event does.
///
/// `i:` and the provider's id where the signature covers that; `d:` and a digest of what was signed
/// otherwise, so that no captured delivery passes again under an id that its sender made up.
///
/// - Size: 88 bytes.
package struct ReplayID: Sendable, Equatable, BitwiseCopyable {
    /// Longer texts give way to a digest before they get here.
    package static var bytesMax: Int { 80 }

    private var words = InlineArray<10, UInt64>(repeating: 0)
    private var byteCount: UInt8 = 0

    /// Known by nothing.
    package static let none = ReplayID()

    private init() {}

    /// - Parameter bytes: 1 to ``bytesMax``, visible ASCII.
    /// - Returns: `nil` for more, or none.
    package init?(_ bytes: borrowing Span<UInt8>) {
        guard bytes.count > 0, bytes.count <= Self.bytesMax else { return nil }
        for index in bytes.indices { append(bytes[index]) }
    }

    /// Of an event with an id.
    ///
    /// - Parameter id: As it is up to 64 bytes of letters, digits and `.` `_` `:` `-`; others stand
    ///   for their SHA-256.
    package init(event id: borrowing Span<UInt8>, digester: inout Digester) {
        guard id.count <= 64, !id.isEmpty, Self.isPlain(id) else {
            self.init("i", digester.digest(of: id, .sha256))
            return
        }
        self.init()
        append(UInt8(ascii: "i"))
        append(UInt8(ascii: ":"))
        for index in id.indices { append(id[index]) }
    }

    /// Of an event without one.
    ///
    /// - Parameter digest: The SHA-256 of what was signed.
    init(signed digest: Digest) { self.init("d", digest) }

    private init(_ mark: Unicode.Scalar, _ digest: Digest) {
        append(UInt8(ascii: mark))
        append(UInt8(ascii: ":"))
        let bytes = digest.bytes.span
        for index in 0..<32 {
            append(Self.digit(bytes[index] &>> 4))
            append(Self.digit(bytes[index] & 15))
        }
    }

    /// Of 66 at most, or of as many as were looked at before.
    private mutating func append(_ byte: UInt8) {
        let place = Int(byteCount)
        words[place / 8] |= UInt64(byte) &<< UInt64(place % 8 &* 8)
        byteCount &+= 1
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? 0x30 &+ value : 0x57 &+ value
    }

    /// Appends its text, such as `i:evt_1` or `d:9f86…`.
    package func append(to buffer: inout Buffer) {
        var place = 0
        let end = count
        while place < end {
            buffer.append(words[place / 8], bytes: min(8, end &- place))
            place &+= 8
        }
    }

    /// Whether it stands for what was signed, no id being among that.
    package var isDigest: Bool { UInt8(truncatingIfNeeded: words[0]) == UInt8(ascii: "d") }

    /// Its bytes.
    package var count: Int { Int(byteCount) }

    package static func == (one: ReplayID, other: ReplayID) -> Bool {
        guard one.byteCount == other.byteCount else { return false }
        // Zeros stand behind the end of both.
        for index in 0..<10 where one.words[index] != other.words[index] { return false }
        return true
    }

    private static let plain = ByteSet(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._:-")

    private static func isPlain(_ id: borrowing Span<UInt8>) -> Bool {
        let plain = plain
        for index in id.indices where !plain.contains(id[index]) { return false }
        return true
    }
}
