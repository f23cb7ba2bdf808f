package import Bytes

extension Buffer {
    /// Appends the fields that go on to the other side, in order.
    ///
    /// Left out are the fields that `Connection` named, disguised ones, and those in `dropped`; of
    /// unknown names all, if ``FieldName/other`` is in there. Runs of lines that are canonical
    /// already cost one copy each.
    /// `bytes` is what the fields were read from.
    package mutating func appendForwarded(
        _ fields: [Field], of bytes: borrowing Span<UInt8>, except dropped: FieldNameSet
    ) {
        var run = FieldRun()
        for field in fields where !run.isHeld(field, dropped) {
            append(field, of: bytes, joining: &run)
        }
        append(run, of: bytes)
    }

    /// ``appendForwarded(_:of:except:)`` that leaves out what `table` covers, too.
    package mutating func appendForwarded(
        _ fields: [Field], of bytes: borrowing Span<UInt8>, except dropped: FieldNameSet,
        and table: borrowing FieldNameTable
    ) {
        var run = FieldRun()
        for field in fields where !run.isHeld(field, dropped) {
            if table.covers(field, in: bytes) { continue }
            append(field, of: bytes, joining: &run)
        }
        append(run, of: bytes)
    }

    /// Adds a field to the run, or writes it out after the run.
    @inline(__always)
    private mutating func append(
        _ field: Field, of bytes: borrowing Span<UInt8>, joining run: inout FieldRun
    ) {
        if field.traits.contains(.canonical) {
            if run.end != field.name.start {
                append(run, of: bytes)
                run.start = field.name.start
            }
            run.end = field.value.end &+ 2
            return
        }
        append(run, of: bytes)
        run = FieldRun()
        append(bytes, field.name)
        append(": ")
        append(bytes, field.value)
        appendLineEnd()
    }

    private mutating func append(_ run: FieldRun, of bytes: borrowing Span<UInt8>) {
        if run.end > run.start { append(bytes, ByteRange(run.start, run.end)) }
    }
}

/// Adjacent canonical lines that have not been copied yet.
private struct FieldRun {
    var start = 0
    /// Behind the last line's CR LF.
    var end = 0

    @inline(__always)
    func isHeld(_ field: Field, _ dropped: FieldNameSet) -> Bool {
        dropped.contains(field.id) || !field.traits.isDisjoint(with: [.nominated, .disguised])
    }
}
