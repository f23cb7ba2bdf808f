package import Bytes

/// One field line of a head: where its name and value stand, and what is known of it.
///
/// The list of a head keeps arrival order and repetitions.
package struct Field: Sendable {
    /// The token before the colon, spelt as it came.
    package var name: ByteRange
    /// Without the white space around it.
    ///
    /// May be empty.
    package var value: ByteRange
    /// Which of the known names it is; ``FieldName/other`` for all else.
    package var id: FieldName
    /// ``FieldName/hash(of:_:)`` of the name: unequal hashes are unequal names.
    package var hash: UInt8
    /// Whether it may be believed, forwarded, and copied as it stands.
    package var traits: FieldTraits

    package init(
        name: ByteRange, value: ByteRange, id: FieldName, hash: UInt8, traits: FieldTraits
    ) {
        self.name = name
        self.value = value
        self.id = id
        self.hash = hash
        self.traits = traits
    }
}

/// What the reader noticed about a field line.
@usableFromInline package struct FieldTraits: OptionSet, Sendable {
    @usableFromInline package let rawValue: UInt8

    @inlinable package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Goes no further than this hop: named by `Connection` (RFC 9110 §7.6.1), or a length where
    /// none may be sent.
    @inlinable package static var nominated: FieldTraits { FieldTraits(rawValue: 1) }
    /// A known name spelt with `_` or `.` for `-`, which CGI-like apps take for the known one:
    /// never forwarded, never believed.
    @inlinable package static var disguised: FieldTraits { FieldTraits(rawValue: 2) }
    /// Spelt exactly `name: value CRLF`, so that the line can be copied as it is.
    @inlinable package static var canonical: FieldTraits { FieldTraits(rawValue: 4) }
}

extension [Field] {
    /// The first field of a known name that is not disguised.
    func first(_ name: FieldName) -> Field? {
        for field in self where field.id == name && !field.traits.contains(.disguised) {
            return field
        }
        return nil
    }
}
