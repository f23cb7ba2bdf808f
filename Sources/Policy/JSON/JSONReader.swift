package import Bytes

/// Why bytes are no JSON that is read here.
package enum JSONError: Error, Equatable {
    /// Not the grammar of RFC 8259, or text behind the value.
    case malformed
    /// A text that is no UTF-8, or escapes half a surrogate pair.
    case textInvalid
    /// More values within one another than whoever reads wants.
    case tooDeep
}

/// A value, its texts and parts left where they stand.
package enum JSONValue: Sendable, Equatable {
    case null
    case bool(Bool)
    case number(JSONNumber)
    case text(JSONText)
    /// The braces included: ``JSONReader/init(inside:)`` reads on.
    case object(ByteRange)
    /// The brackets included.
    case array(ByteRange)
}

/// Reads JSON (RFC 8259) out of a span, value by value, without copying or allocating.
///
/// It keeps an offset and nothing else. A value that is read was checked to its last byte, and what
/// it holds may then be read in turn. Repeated members are the business of whoever reads an object:
/// all of them are told.
package struct JSONReader {
    /// Values within one another, unless told otherwise; the outermost counts as one.
    package static let depthMax = 16
    /// The most that may be asked for: reading recurses so deep.
    package static let depthLimit = 128

    private let depthMax: Int
    private var offset: Int
    private let end: Int
    /// Whether a comma is due before the next member or element.
    private var isBehindFirst = false

    /// Reads one value, with white space around it.
    package init(document range: ByteRange, depthMax: Int = JSONReader.depthMax) {
        self.depthMax = min(depthMax, Self.depthLimit)
        offset = range.start
        end = range.end
    }

    /// Reads the members or elements of a value that this reader's like has given.
    package init(inside container: ByteRange, depthMax: Int = JSONReader.depthMax) {
        self.depthMax = min(depthMax, Self.depthLimit)
        offset = container.start &+ 1
        end = max(container.end &- 1, container.start &+ 1)
    }

    /// The whole document: one value, and nothing but white space behind it.
    package static func value(
        of range: ByteRange, in bytes: borrowing Span<UInt8>, depthMax: Int = JSONReader.depthMax
    ) throws(JSONError) -> JSONValue {
        var reader = JSONReader(document: range, depthMax: depthMax)
        let value = try reader.readValue(in: bytes, depth: 1)
        reader.skipBlanks(in: bytes)
        guard reader.offset == reader.end else { throw .malformed }
        return value
    }

    /// The next member of an object; `nil` behind the last one.
    package mutating func nextMember(
        in bytes: borrowing Span<UInt8>
    ) throws(JSONError) -> (name: JSONText, value: JSONValue)? {
        guard try goToNext(in: bytes) else { return nil }
        return try readMember(in: bytes, depth: 2)
    }

    /// The next element of an array; `nil` behind the last one.
    package mutating func nextElement(
        in bytes: borrowing Span<UInt8>
    ) throws(JSONError) -> JSONValue? {
        guard try goToNext(in: bytes) else { return nil }
        return try readValue(in: bytes, depth: 2)
    }

    /// Whether there is another part, the comma before it being passed.
    private mutating func goToNext(in bytes: borrowing Span<UInt8>) throws(JSONError) -> Bool {
        skipBlanks(in: bytes)
        guard offset < end else { return false }
        if isBehindFirst {
            guard take(0x2c, in: bytes) else { throw .malformed }
            skipBlanks(in: bytes)
        }
        isBehindFirst = true
        return true
    }
}

// MARK: - Values

extension JSONReader {
    private mutating func readMember(
        in bytes: borrowing Span<UInt8>, depth: Int
    ) throws(JSONError) -> (name: JSONText, value: JSONValue) {
        let name = try readText(in: bytes)
        skipBlanks(in: bytes)
        guard take(0x3a, in: bytes) else { throw .malformed }
        return (name, try readValue(in: bytes, depth: depth))
    }

    private mutating func readValue(
        in bytes: borrowing Span<UInt8>, depth: Int
    ) throws(JSONError) -> JSONValue {
        guard depth <= depthMax else { throw .tooDeep }
        skipBlanks(in: bytes)
        guard offset < end else { throw .malformed }
        switch bytes[offset] {
        case 0x22: return .text(try readText(in: bytes))
        case 0x7b: return .object(try readContainer(in: bytes, closedBy: 0x7d, depth))
        case 0x5b: return .array(try readContainer(in: bytes, closedBy: 0x5d, depth))
        case 0x74: return .bool(try word("true", true, in: bytes))
        case 0x66: return .bool(try word("false", false, in: bytes))
        case 0x6e: return try word("null", .null, in: bytes)
        default:
            guard let number = JSONNumber(at: &offset, end, in: bytes) else { throw .malformed }
            return .number(number)
        }
    }

    /// Passes an object or array; recursion is bounded by ``depthLimit``.
    private mutating func readContainer(
        in bytes: borrowing Span<UInt8>, closedBy closing: UInt8, _ depth: Int
    ) throws(JSONError) -> ByteRange {
        let start = offset
        offset &+= 1
        skipBlanks(in: bytes)
        if take(closing, in: bytes) { return ByteRange(start, offset) }
        while true {
            skipBlanks(in: bytes)
            if closing == 0x7d {
                _ = try readMember(in: bytes, depth: depth &+ 1)
            } else {
                _ = try readValue(in: bytes, depth: depth &+ 1)
            }
            skipBlanks(in: bytes)
            if take(closing, in: bytes) { return ByteRange(start, offset) }
            guard take(0x2c, in: bytes) else { throw .malformed }
        }
    }

    private mutating func readText(in bytes: borrowing Span<UInt8>) throws(JSONError) -> JSONText {
        guard take(0x22, in: bytes) else { throw .malformed }
        let start = offset
        var hasEscapes = false
        while offset < end {
            switch bytes[offset] {
            case 0x22:
                let text = JSONText(range: ByteRange(start, offset), hasEscapes: hasEscapes)
                offset &+= 1
                guard text.isValid(in: bytes) else { throw .textInvalid }
                return text
            case 0x5c:
                hasEscapes = true
                // What is escaped cannot end the text; which escape it is, is checked at its end.
                offset &+= 2
            case 0..<0x20: throw .malformed
            default: offset &+= 1
            }
        }
        throw .malformed
    }

    private mutating func word<Value>(
        _ text: StaticString, _ value: Value, in bytes: borrowing Span<UInt8>
    ) throws(JSONError) -> Value {
        let count = text.utf8CodeUnitCount
        guard offset &+ count <= end,
            Word.start(of: bytes.word(at: offset), count) == Word.of(text)
        else { throw .malformed }
        offset &+= count
        return value
    }

    private mutating func skipBlanks(in bytes: borrowing Span<UInt8>) {
        while offset < end {
            switch bytes[offset] {
            case 0x20, 0x09, 0x0a, 0x0d: offset &+= 1
            default: return
            }
        }
    }

    private mutating func take(_ byte: UInt8, in bytes: borrowing Span<UInt8>) -> Bool {
        guard offset < end, bytes[offset] == byte else { return false }
        offset &+= 1
        return true
    }
}
