import Bytes
import Crypto

/// A part of a key while it is read: its bytes, or their digest once there are many.
///
/// A digest stands for all of a long value, so that two that begin alike stay apart, and no part
/// takes more room than another.
struct LimitKeyValue: ~Copyable {
    /// Longer values are digested.
    static let bytesMax = 4096

    private var text = Buffer()
    private var digester = Digester()
    private var isDigested = false

    /// Begins a part; the first time makes room.
    mutating func begin() {
        if !text.hasStorage { text = Buffer(capacity: Self.bytesMax) }
        text.removeAll()
        isDigested = false
    }

    mutating func append(_ byte: UInt8) {
        if text.room == 0 { spill() }
        text.append(byte)
    }

    mutating func append(_ bytes: borrowing Span<UInt8>, _ range: ByteRange) {
        if range.count > text.room { spill() }
        if range.count <= text.room {
            text.append(bytes, range)
        } else {
            digester.add(bytes.extracting(range.indices))
        }
    }

    /// Appends a few bytes: they fit, if the part has nothing else.
    mutating func append(_ text: StaticString) { self.text.append(text) }

    /// Appends all that waits in a buffer.
    mutating func append(_ other: borrowing Buffer) {
        other.withReadable { bytes in append(bytes, ByteRange(0, bytes.count)) }
    }

    mutating func append(decimal number: UInt64) {
        if text.room < 20 { spill() }
        text.append(decimal: number)
    }

    mutating func append(_ address: IPAddress) { address.append(to: &text) }

    /// - Parameter client: `nil` on a unix socket.
    mutating func append(client: IPAddress?) {
        if let client { client.appendClient(to: &text) } else { text.append("unix") }
    }

    /// Ends the part, and appends it to a key's material.
    ///
    /// - Parameter isAlone: Whether the key has no other part.
    mutating func end(isAlone: Bool, into material: inout Buffer) {
        guard isDigested else {
            if isAlone {
                material.append("=")
            } else {
                material.append(decimal: UInt64(text.count))
                material.append(":")
            }
            return material.append(text)
        }
        spill()
        let digest = digester.finish()
        material.append("#")
        material.append(digest.bytes.span.extracting(0..<digest.count))
    }

    /// Has the digest take what there is so far.
    private mutating func spill() {
        if !isDigested {
            isDigested = true
            digester.begin(.sha256)
        }
        let text = text.take()
        text.withReadable { bytes in digester.add(bytes) }
        self.text = text
        self.text.removeAll()
    }
}
