package import Bytes

extension Buffer {
    /// Appends the fields that go on to the other side, in order.
    ///
    /// Left out are the fields that `Connection` named, disguised ones, those in `dropped` (of
    /// unknown names all, if ``FieldName/other`` is in there) and what `table` covers. Runs of
    /// lines that are canonical already cost one copy each. `bytes` is what the fields were read
    /// from.
    package mutating func appendForwarded(
        _ fields: [Field], of bytes: borrowing Span<UInt8>, except dropped: FieldNameSet,
        and table: FieldNameTable = .empty
    ) {
        let dropped = dropped.union(table.known)
        let looksUp = table.hasUnknown
        let fields = fields.span
        // Adjacent canonical lines that have not been copied yet.
        var start = 0
        var end = 0
        for index in fields.indices {
            let field = fields[index]
            guard !dropped.contains(field.id), field.traits.isDisjoint(with: Self.withheld) else {
                continue
            }
            if looksUp, field.id == .other, table.covers(field, in: bytes) { continue }
            if end != field.name.start || !field.traits.contains(.canonical) {
                if end > start { append(bytes, ByteRange(start, end)) }
                start = field.name.start
                guard field.traits.contains(.canonical) else {
                    appendCanonical(field, of: bytes)
                    end = 0
                    continue
                }
            }
            end = field.value.end &+ 2
        }
        if end > start { append(bytes, ByteRange(start, end)) }
    }

    private static var withheld: FieldTraits { [.nominated, .disguised] }

    @inline(never)
    private mutating func appendCanonical(_ field: Field, of bytes: borrowing Span<UInt8>) {
        append(bytes, field.name)
        append(": ")
        append(bytes, field.value)
        appendLineEnd()
    }
}
