package import Bytes
package import Crypto

/// What a webhook's event is known by, so that it is told from all others.
///
/// `i:` and the provider's id where the signature covers that; `d:` and a digest of what was signed
/// otherwise, so that no captured delivery passes again under an id that its sender made up.
package struct ReplayID: Sendable, Equatable {
    /// Of ASCII letters, digits and `.` `_` `:` `-` alone.
    private let bytes: InlineArray<66, UInt8>
    /// 0 to 66.
    package let count: Int

    /// Known by nothing.
    package static let none = ReplayID(bytes: .init(repeating: 0), count: 0)

    private init(bytes: InlineArray<66, UInt8>, count: Int) {
        self.bytes = bytes
        self.count = count
    }

    /// Of an event with an id.
    ///
    /// - Parameter id: As it is up to 64 bytes, if there are none in it but those of a ``ReplayID``;
    ///   others stand for their SHA-256.
    package init(event id: borrowing Span<UInt8>, digester: inout Digester) {
        guard id.count <= 64, !id.isEmpty, Self.isPlain(id) else {
            self.init(0x69, digester.digest(of: id, .sha256))
            return
        }
        var bytes = InlineArray<66, UInt8>(repeating: 0)
        bytes[0] = 0x69
        bytes[1] = 0x3a
        for index in id.indices { bytes[index &+ 2] = id[index] }
        self.init(bytes: bytes, count: id.count &+ 2)
    }

    /// Of an event without one.
    ///
    /// - Parameter digest: The SHA-256 of what was signed.
    init(signed digest: Digest) { self.init(0x64, digest) }

    private init(_ mark: UInt8, _ digest: Digest) {
        var bytes = InlineArray<66, UInt8>(repeating: 0)
        bytes[0] = mark
        bytes[1] = 0x3a
        let digits = digest.bytes.span
        for index in 0..<32 {
            bytes[2 &+ 2 &* index] = Self.digit(digits[index] &>> 4)
            bytes[3 &+ 2 &* index] = Self.digit(digits[index] & 15)
        }
        self.init(bytes: bytes, count: 66)
    }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? 0x30 &+ value : 0x57 &+ value
    }

    /// Appends its text, such as `i:evt_1` or `d:9f86…`.
    package func append(to buffer: inout Buffer) {
        buffer.append(bytes.span.extracting(0..<count))
    }

    package static func == (left: ReplayID, right: ReplayID) -> Bool {
        guard left.count == right.count else { return false }
        let ours = left.bytes.span
        let theirs = right.bytes.span
        for index in 0..<left.count where ours[index] != theirs[index] { return false }
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
