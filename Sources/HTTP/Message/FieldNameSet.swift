/// A set of known names in one word.
///
/// ``FieldName/other`` stands for itself: all unknown names at once.
@usableFromInline package struct FieldNameSet: Equatable, Sendable, ExpressibleByArrayLiteral {
    /// Bit n for the name whose raw value is n.
    @usableFromInline package var bits: UInt64

    @inlinable package init(bits: UInt64) { self.bits = bits }

    /// A set of one name.
    @inlinable package init(_ name: FieldName) { bits = 1 &<< UInt64(name.rawValue) }

    /// For sets that are made once.
    @usableFromInline package init(arrayLiteral names: FieldName...) {
        bits = names.reduce(0) { bits, name in bits | 1 &<< UInt64(name.rawValue) }
    }

    @inlinable package func contains(_ name: FieldName) -> Bool {
        bits &>> UInt64(name.rawValue) & 1 == 1
    }

    @inlinable package mutating func insert(_ name: FieldName) {
        bits |= 1 &<< UInt64(name.rawValue)
    }

    @inlinable package mutating func remove(_ name: FieldName) {
        bits &= ~(1 &<< UInt64(name.rawValue))
    }

    @inlinable package func union(_ other: FieldNameSet) -> FieldNameSet {
        FieldNameSet(bits: bits | other.bits)
    }

    @inlinable package func intersection(_ other: FieldNameSet) -> FieldNameSet {
        FieldNameSet(bits: bits & other.bits)
    }

    @inlinable package static func | (left: FieldNameSet, right: FieldName) -> FieldNameSet {
        left.union(FieldNameSet(right))
    }

    @inlinable package func subtracting(_ other: FieldNameSet) -> FieldNameSet {
        FieldNameSet(bits: bits & ~other.bits)
    }

    /// Whether any name is in both: one instruction, where looking through the fields takes a loop.
    @inlinable package func intersects(_ other: FieldNameSet) -> Bool {
        bits & other.bits != 0
    }

    @inlinable package var isEmpty: Bool { bits == 0 }
}

extension FieldNameSet {
    /// What concerns one connection only (RFC 9110 §7.6.1) or is consumed by a proxy (§11.7).
    ///
    /// `Content-Length` is not among them: whoever writes a message decides on its framing.
    package static let hopByHop: FieldNameSet = [
        .connection, .keepAlive, .proxyConnection, .te, .trailer, .transferEncoding, .upgrade,
        .proxyAuthenticate, .proxyAuthorization,
    ]

    /// What `Connection` may name beside unknown fields.
    ///
    /// All other known names are meant for every recipient and stay, whatever `Connection` says:
    /// else a client could take away what a proxy relies on.
    static let nominable: FieldNameSet = hopByHop.union([.other])
}
