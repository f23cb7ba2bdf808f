import Bytes
import HTTP

extension IPAddress {
    /// Appends what tells one client from another: of IPv6 the network of 64 bits, out of which a
    /// client can choose any address.
    func appendClient(to buffer: inout Buffer) {
        guard case .v6 = family else { return append(to: &buffer) }
        IPAddress(family: .v6, high: high, low: 0).append(to: &buffer)
        buffer.append("/64")
    }
}

extension LimitKeyValue {
    /// Appends what tells a value of JSON from others.
    ///
    /// - Returns: `false` for what is no key: a value with parts, null, and a number that is not
    ///   whole or has an exponent. That could be written in many ways, each with a bucket of its
    ///   own.
    mutating func append(
        _ value: JSONValue?, of bytes: borrowing Span<UInt8>
    ) -> Bool {
        switch value {
        case .text(let text): append(text, of: bytes)
        case .bool(true): append("true")
        case .bool(false): append("false")
        case .number(let number):
            if let exact = number.exact {
                if exact < 0 { append("-") }
                append(decimal: exact.magnitude)
            } else {
                for index in number.range.indices where bytes[index] | 0x20 == 0x65 { return false }
                for index in number.range.indices where bytes[index] == 0x2e { return false }
                append(bytes, number.range)
            }
        case .null, .object, .array, nil: return false
        }
        return true
    }

    private mutating func append(_ text: JSONText, of bytes: borrowing Span<UInt8>) {
        guard text.hasEscapes else { return append(bytes, text.range) }
        var decoded = JSONTextBytes(text.range)
        while let byte = decoded.next(in: bytes) { append(byte) }
    }
}

extension ByteRange {
    /// Without its first byte, if it has one.
    var withoutFirst: ByteRange {
        isEmpty ? self : ByteRange(start &+ 1, end)
    }
}

/// The name of a field, made ready to be looked for.
struct LimitFieldName: Sendable {
    /// In lower case.
    private let name: [UInt8]
    private let hash: UInt8

    init(_ name: String) {
        let name = Array(name.lowercased().utf8)
        hash = FieldName.hash(of: name.span, ByteRange(0, name.count))
        self.name = name
    }

    /// Whether a line has the name, and does not only look like it.
    func isName(of field: Field, in bytes: borrowing Span<UInt8>) -> Bool {
        field.hash == hash && !field.isDisguised && bytes.holdsFolded(name.span, at: field.name)
    }

    /// Appends the values of all lines of the name, as RFC 9110 §5.3 joins them.
    ///
    /// - Returns: `false` if there is none.
    func append(
        _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>,
        to value: inout LimitKeyValue
    ) -> Bool {
        var isFound = false
        for index in head.fields.indices {
            let field = head.fields[index]
            guard isName(of: field, in: bytes) else { continue }
            if isFound {
                value.append(0x2c)
                value.append(0x20)
            }
            isFound = true
            value.append(bytes, field.value)
        }
        return isFound
    }
}
