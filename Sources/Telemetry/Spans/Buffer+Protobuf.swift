import Bytes

/// Protobuf's wire format, as much of it as spans are made of.
///
/// What does not fit shows in ``Buffer/hasOverflowed``, as for everything that is appended.
extension Buffer {
    /// Appends a number in groups of seven bits, the lowest first.
    mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(truncatingIfNeeded: rest))
    }

    /// Appends a field that is a number or an enumeration's case.
    mutating func append(field: UInt64, varint value: UInt64) {
        append(varint: field << 3)
        append(varint: value)
    }

    /// Appends a field of eight bytes.
    mutating func append(field: UInt64, fixed64 value: UInt64) {
        append(varint: field << 3 | 1)
        append(value, bytes: 8)
    }

    /// Appends a field of four bytes.
    mutating func append(field: UInt64, fixed32 value: UInt32) {
        append(varint: field << 3 | 5)
        append(UInt64(value), bytes: 4)
    }

    /// Begins a text, bytes or a message, of which so many bytes must follow.
    mutating func append(field: UInt64, length: Int) {
        append(varint: field << 3 | 2)
        append(varint: UInt64(length))
    }

    /// Appends a text, bytes or a message.
    mutating func append(field: UInt64, _ bytes: borrowing Span<UInt8>) {
        append(field: field, length: bytes.count)
        append(bytes)
    }

    /// Appends a message that another buffer holds.
    mutating func append(field: UInt64, _ message: borrowing Buffer) {
        append(field: field, length: message.count)
        append(message)
    }
}

/// Attributes, as spans and what makes them have them: `KeyValue` of opentelemetry-proto.
extension Buffer {
    /// Appends an attribute that is a text; it must be valid UTF-8.
    ///
    /// - Parameter field: In which the message at hand has its attributes.
    mutating func appendAttribute(
        _ field: UInt64, _ key: StaticString, _ value: borrowing Span<UInt8>
    ) {
        let text = value.count &+ 1 &+ varintSize(value.count)
        beginAttribute(field, key, valueSize: text)
        append(field: 1, value)
    }

    /// Appends an attribute that is a text of another buffer.
    mutating func appendAttribute(
        _ field: UInt64, _ key: StaticString, _ value: borrowing Buffer
    ) {
        let count = value.count
        beginAttribute(field, key, valueSize: count &+ 1 &+ varintSize(count))
        append(field: 1, value)
    }

    /// Appends an attribute that is a name of ours.
    mutating func appendAttribute(_ field: UInt64, _ key: StaticString, _ value: StaticString) {
        let count = value.utf8CodeUnitCount
        beginAttribute(field, key, valueSize: count &+ 1 &+ varintSize(count))
        append(field: 1, length: count)
        append(value)
    }

    /// Appends an attribute that is a text; with a label, as a literal would else be one, and
    /// allocate.
    mutating func appendAttribute(_ field: UInt64, _ key: StaticString, text value: String) {
        appendAttribute(field, key, Array(value.utf8).span)
    }

    /// Appends an attribute that is a whole number.
    mutating func appendAttribute(_ field: UInt64, _ key: StaticString, number: UInt64) {
        beginAttribute(field, key, valueSize: 1 &+ varintSize(number))
        append(field: 3, varint: number)
    }

    private mutating func beginAttribute(_ field: UInt64, _ key: StaticString, valueSize: Int) {
        let keyCount = key.utf8CodeUnitCount
        let size = 1 &+ varintSize(keyCount) &+ keyCount &+ 1 &+ varintSize(valueSize) &+ valueSize
        append(field: field, length: size)
        append(field: 1, length: keyCount)
        append(key)
        append(field: 2, length: valueSize)
    }
}

/// Bytes that a number takes: one for each seven bits.
func varintSize(_ value: UInt64) -> Int { max(1, (70 &- value.leadingZeroBitCount) / 7) }

func varintSize(_ value: Int) -> Int { varintSize(UInt64(value)) }
