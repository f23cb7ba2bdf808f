package import Bytes
package import HTTP

/// Passes `tracestate` on, within the bounds that every hop must keep (Trace Context §3.3).
package enum TraceState {
    /// At least so much is to be passed on; no more is.
    private static let byteCountMax = 512
    private static let memberCountMax = 32
    /// Longer members go first when not all fit.
    private static let shortMemberBytesMax = 128

    /// Appends the field line of all members, several fields being one list.
    ///
    /// Whole members are left out where the list is too long: those of more than 128 bytes, then
    /// from the end on. A list that breaks the grammar, or has more than 32 members, is dropped.
    package static func append(
        _ head: borrowing RequestHead, _ bytes: borrowing Span<UInt8>, to buffer: inout Buffer
    ) {
        var list = MemberList()
        for index in head.fields.indices {
            let field = head.fields[index]
            guard case .tracestate = field.id, !field.isDisguised else { continue }
            guard list.add(field.value, bytes) else { return }
        }
        guard list.count > 0, list.count <= memberCountMax else { return }
        var writer = Writer(
            memberBytesMax: list.byteCount <= byteCountMax ? .max : shortMemberBytesMax)
        for index in head.fields.indices {
            let field = head.fields[index]
            guard case .tracestate = field.id, !field.isDisguised else { continue }
            writer.add(field.value, bytes, to: &buffer)
        }
        if writer.byteCount > 0 { buffer.append("\r\n") }
    }

    /// The next member of a list, without the spaces around it; it may be empty.
    ///
    /// - Parameter start: Where to begin; afterwards where the one behind it begins.
    private static func member(
        from start: inout Int, of value: ByteRange, _ bytes: borrowing Span<UInt8>
    ) -> ByteRange {
        var end = start
        while end < value.end, bytes[end] != 0x2c { end += 1 }
        let member = bytes.trimmed(ByteRange(start, end))
        start = end + 1
        return member
    }

    /// Counts and checks.
    private struct MemberList {
        var count = 0
        /// With a comma between any two.
        var byteCount = 0

        /// - Returns: Whether all members are of the grammar.
        mutating func add(_ value: ByteRange, _ bytes: borrowing Span<UInt8>) -> Bool {
            var start = value.start
            while start <= value.end {
                let member = TraceState.member(from: &start, of: value, bytes)
                if member.isEmpty { continue }
                guard TraceState.isMember(member, bytes) else { return false }
                count += 1
                byteCount += member.count + (count > 1 ? 1 : 0)
            }
            return true
        }
    }

    /// Writes what fits.
    private struct Writer {
        let memberBytesMax: Int
        var byteCount = 0
        private var isFull = false

        init(memberBytesMax: Int) { self.memberBytesMax = memberBytesMax }

        mutating func add(
            _ value: ByteRange, _ bytes: borrowing Span<UInt8>, to buffer: inout Buffer
        ) {
            var start = value.start
            while start <= value.end, !isFull {
                let member = TraceState.member(from: &start, of: value, bytes)
                if member.isEmpty || member.count > memberBytesMax { continue }
                let needed = member.count + (byteCount > 0 ? 1 : 0)
                guard byteCount + needed <= TraceState.byteCountMax else {
                    isFull = true
                    return
                }
                if byteCount > 0 { buffer.append(0x2c) } else { buffer.append("tracestate: ") }
                buffer.append(bytes, member)
                byteCount += needed
            }
        }
    }

    /// `key=value`, each of 1 to 256 bytes (§3.3.1.3).
    private static func isMember(_ member: ByteRange, _ bytes: borrowing Span<UInt8>) -> Bool {
        var equals = member.start
        while equals < member.end, bytes[equals] != 0x3d { equals += 1 }
        let key = ByteRange(member.start, equals)
        guard equals < member.end, key.count > 0, key.count <= 256 else { return false }
        let value = ByteRange(equals + 1, member.end)
        guard value.count > 0, value.count <= 256 else { return false }
        guard bytes.holdsOnly(keyBytes, in: key) else { return false }
        for index in key.indices where bytes[index] == 0x2e { return false }
        switch bytes[key.start] {
        case 0x61...0x7a, 0x30...0x39: break
        default: return false
        }
        for index in value.indices {
            let byte = bytes[index]
            guard byte >= 0x20, byte <= 0x7e, byte != 0x3d else { return false }
        }
        return true
    }

    /// Lower-case letters, digits and `_-*/@`; and the full stop, which every set that is asked
    /// about eight bytes at a time has, and which no key may hold.
    private static var keyBytes: ByteSet {
        ByteSet(low: 0x03ff_e400_0000_0000, high: 0x07ff_fffe_8000_0001)
    }
}
