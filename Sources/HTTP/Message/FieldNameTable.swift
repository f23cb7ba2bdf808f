import Bytes

/// A set of arbitrary field names, made when a configuration is loaded and asked for every field.
///
/// Names stand sorted by hash, so that a field is compared only with those that share its own. A
/// class: it is asked for every field, and a struct of arrays would be copied to be asked.
package final class FieldNameTable: Sendable, Equatable {
    /// In lower case, by rising hash.
    private let names: [[UInt8]]
    /// Where the names of each hash begin in `names`; one more entry for the end.
    private let starts: [UInt16]
    /// Those of the names that have an id: a field with one is asked about without its text.
    package let known: FieldNameSet
    /// Whether there are others.
    let hasUnknown: Bool

    package static let empty = FieldNameTable([])

    /// - Parameter names: Field names in any case; repetitions do no harm.
    package init(_ names: [String]) {
        let hashed = Set(names.map { $0.utf8.map(Self.lowerCased) }).map { name in
            (name: name, hash: FieldName.hash(of: name.span, ByteRange(0, name.count)))
        }.sorted { ($0.hash, $0.name.count) < ($1.hash, $1.name.count) }
        self.names = hashed.map(\.name)
        let ids = hashed.map { FieldName.identify($0.name.span, ByteRange(0, $0.name.count)).id }
        known = FieldNameSet(
            bits: ids.reduce(0) { $0 | ($1 == .other ? 0 : FieldNameSet($1).bits) })
        hasUnknown = ids.contains(.other)
        starts = (0...256).map { hash in
            UInt16(hashed.firstIndex { Int($0.hash) >= hash } ?? hashed.count)
        }
    }

    /// This table's names and more of them.
    package func adding(_ more: [String]) -> FieldNameTable {
        FieldNameTable(names.map { String(decoding: $0, as: UTF8.self) } + more)
    }

    package static func == (left: FieldNameTable, right: FieldNameTable) -> Bool {
        left.names == right.names
    }

    package var isEmpty: Bool { names.isEmpty }

    /// The names as text, in lower case and sorted, for people.
    package var texts: [String] { names.map { String(decoding: $0, as: UTF8.self) }.sorted() }

    /// Whether the field has one of these names, whatever its case.
    ///
    /// - Complexity: O(length) of the names that share the field's hash, of which there are
    ///   `count` / 256 on average.
    package func contains(_ field: Field, in bytes: borrowing Span<UInt8>) -> Bool {
        holds(field, in: bytes, maskedHyphens: false)
    }

    /// Whether the field has one of these names, or one that CGI-like apps take for it since `_` or
    /// `.` stands where the table has `-`.
    ///
    /// Who drops a field by name asks this.
    package func covers(_ field: Field, in bytes: borrowing Span<UInt8>) -> Bool {
        holds(field, in: bytes, maskedHyphens: true)
    }

    private func holds(
        _ field: Field, in bytes: borrowing Span<UInt8>, maskedHyphens: Bool
    ) -> Bool {
        let hash = Int(field.hash)
        let first = starts[hash]
        let end = starts[hash &+ 1]
        if first == end { return false }
        for place in Int(first)..<Int(end) {
            let name = names[place]
            if isAlike(name.span, bytes, field.name, maskedHyphens) { return true }
        }
        return false
    }

    private func isAlike(
        _ name: borrowing Span<UInt8>, _ bytes: borrowing Span<UInt8>, _ range: ByteRange,
        _ maskedHyphens: Bool
    ) -> Bool {
        guard name.count == range.count else { return false }
        for index in name.indices {
            let byte = Self.lowerCased(bytes[range.start &+ index])
            let wanted = name[index]
            let isMask = maskedHyphens && wanted == 0x2d && (byte == 0x5f || byte == 0x2e)
            guard byte == wanted || isMask else { return false }
        }
        return true
    }

    private static func lowerCased(_ byte: UInt8) -> UInt8 {
        byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
    }
}
