import Bytes

extension LineCursor {
    /// Reads field lines up to the empty line.
    ///
    /// `start` is the start of a line: of the first one, or where ``resume(_:_:tooLong:)`` said.
    /// `fields` is empty and gets the fields from there on, `present` the known names of those that
    /// are not disguised. What comes back is the offset behind the empty line, or `nil` if that has
    /// not come yet.
    mutating func readFields(
        _ bytes: borrowing Span<UInt8>, from start: Int, _ limits: HeadLimits,
        into fields: inout [Field], _ present: inout FieldNameSet
    ) throws(WireError) -> Int? {
        let fieldsStart = fieldsStart ?? start
        var offset = start
        while true {
            let room = limits.fieldCountMax &- Int(fieldCount) &- fields.count
            let batchEnd = fields.count &+ max(0, min(room, Self.batchCount))
            fields.append(addingCapacity: batchEnd &- fields.count) { lines in
                offset = Self.readCanonicalLines(bytes, from: offset, into: &lines, &present)
            }
            guard offset &- fieldsStart <= limits.fieldBytesMax else {
                throw .fieldsTooLarge(limit: limits.fieldBytesMax)
            }
            if UInt16(truncatingIfNeeded: bytes.word(at: offset)) == Grammar.crlf {
                return offset &+ 2
            }
            if fields.count == batchEnd, room > Self.batchCount { continue }
            let count = Int(fieldCount) &+ fields.count &+ 1
            guard
                let end = try lineEnd(
                    bytes, from: offset, fieldsStart: fieldsStart, fieldCount: count, limits)
            else {
                self.count(fields: fields.count)
                return nil
            }
            let field = try FieldLine.read(
                bytes, ByteRange(offset, end), isFirst: offset == fieldsStart)
            // A disguised field is as good as absent.
            if !field.traits.contains(.disguised) { present.insert(field.id) }
            fields.append(field)
            offset = end &+ 2
        }
    }

    /// Lines that are read at once before the list is made longer.
    private static let batchCount = 16

    /// Reads lines in canonical form as long as there is one, and room in `lines`.
    ///
    /// - Returns: Where the next line begins.
    private static func readCanonicalLines(
        _ bytes: borrowing Span<UInt8>, from start: Int, into lines: inout OutputSpan<Field>,
        _ present: inout FieldNameSet
    ) -> Int {
        let table = FieldNameIndex.entries
        let entries = table.span
        var offset = UInt32(truncatingIfNeeded: start)
        var found = present
        while lines.freeCapacity > 0 {
            let word = bytes.word(at: offset)
            guard UInt16(truncatingIfNeeded: word) != Grammar.crlf,
                let field = FieldLine.readCanonical(
                    bytes, at: offset, startingWith: word, entries)
            else { break }
            found.insert(field.id)
            lines.append(field)
            offset = UInt32(truncatingIfNeeded: field.value.end &+ 2)
        }
        present = found
        return Int(offset)
    }

    /// Finds the CR LF that ends a field line which is out of the ordinary, over a limit, or
    /// unfinished.
    ///
    /// - Returns: Where it stands; `nil` if the line is unfinished, which is remembered.
    private mutating func lineEnd(
        _ bytes: borrowing Span<UInt8>, from start: Int, fieldsStart: Int, fieldCount: Int,
        _ limits: HeadLimits
    ) throws(WireError) -> Int? {
        let place = bytes.firstControl(from: start)
        guard Self.isDecided(bytes, place) else {
            try Self.checkUnfinished(
                bytes, fieldsStart: fieldsStart, fieldCount: fieldCount, limits)
            suspend(at: place)
            return nil
        }
        // A line that is empty but for its wrong end is no field that could be one too many.
        guard place > start || bytes[place] != Grammar.carriageReturn else {
            throw .bareCarriageReturn
        }
        if fieldCount > limits.fieldCountMax { throw .fieldsTooMany(limit: limits.fieldCountMax) }
        let isWhole = UInt16(truncatingIfNeeded: bytes.word(at: place)) == Grammar.crlf
        guard place &+ (isWhole ? 2 : 1) &- fieldsStart <= limits.fieldBytesMax else {
            throw .fieldsTooLarge(limit: limits.fieldBytesMax)
        }
        guard isWhole else { throw Self.fault(bytes, at: place) }
        return place
    }
}
