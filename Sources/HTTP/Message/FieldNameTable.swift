import Bytes

/// A set of arbitrary field names, made when a configuration is loaded and asked for every field.
///
/// A filter of one bit a hash answers most questions; the names themselves are compared only on a
/// hit.
package struct FieldNameTable: Sendable, Equatable {
    private var filter: InlineArray<4, UInt64> = .init(repeating: 0)
    /// In lower case.
    private let names: [[UInt8]]

    /// - Parameter names: Field names in any case; repetitions do no harm.
    package init(_ names: [String]) {
        self.names = names.map { name in name.utf8.map(Self.lowerCased) }
        for name in self.names {
            let hash = FieldName.hash(of: name.span, ByteRange(0, name.count))
            filter[Int(hash >> 6)] |= 1 << UInt64(hash & 63)
        }
    }

    package static func == (left: FieldNameTable, right: FieldNameTable) -> Bool {
        left.names == right.names
    }

    package var isEmpty: Bool { names.isEmpty }

    /// Whether the field has one of these names, whatever its case.
    ///
    /// - Parameter bytes: What the field was read from.
    /// - Complexity: O(1) on a miss but for one in 256 / `count` of them, else O(length of all
    ///   names).
    package func contains(_ field: Field, in bytes: borrowing Span<UInt8>) -> Bool {
        guard mayContain(field.hash) else { return false }
        return find(field.name, in: bytes, maskedHyphens: false)
    }

    /// Whether the field has one of these names, or one that CGI-like apps take for it since `_` or
    /// `.` stands where the table has `-`. Who drops a field by name asks this.
    package func covers(_ field: Field, in bytes: borrowing Span<UInt8>) -> Bool {
        guard mayContain(field.hash) else { return false }
        return find(field.name, in: bytes, maskedHyphens: true)
    }

    private func mayContain(_ hash: UInt8) -> Bool {
        filter[Int(hash >> 6)] &>> UInt64(hash & 63) & 1 == 1
    }

    private func find(
        _ range: ByteRange, in bytes: borrowing Span<UInt8>, maskedHyphens: Bool
    ) -> Bool {
        for place in names.indices where names[place].count == range.count {
            var index = 0
            while index < range.count {
                let byte = Self.lowerCased(bytes[range.start &+ index])
                let wanted = names[place][index]
                let isMask = maskedHyphens && wanted == 0x2d && (byte == 0x5f || byte == 0x2e)
                guard byte == wanted || isMask else { break }
                index &+= 1
            }
            if index == range.count { return true }
        }
        return false
    }

    private static func lowerCased(_ byte: UInt8) -> UInt8 {
        byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
    }
}
