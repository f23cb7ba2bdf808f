import Bytes
package import HTTP

/// A set of request methods, one bit a method.
///
/// The standard methods have fixed bits; the extension methods that a configuration names follow,
/// in the order of ``MethodNames``. Bit 63 stands for every method that has no bit of its own.
package struct MethodSet: OptionSet, Sendable, Hashable {
    package let rawValue: UInt64

    package init(rawValue: UInt64) { self.rawValue = rawValue }

    /// The set of one method; ``HTTP/Method/other`` is ``unlisted``.
    package init(_ method: Method) {
        // A switch, as another module's `==` and `rawValue` are calls.
        rawValue =
            switch method {
            case .get: 1
            case .head: 1 << 1
            case .post: 1 << 2
            case .put: 1 << 3
            case .delete: 1 << 4
            case .patch: 1 << 5
            case .options: 1 << 6
            case .connect: 1 << 7
            case .trace: 1 << 8
            case .other: 1 << 63
            }
    }

    // Computed, since a stored one would be looked up behind a lock on every request.

    /// All methods, extension ones included.
    package static var any: MethodSet { MethodSet(rawValue: .max) }
    /// A method that no route names.
    package static var unlisted: MethodSet { MethodSet(rawValue: 1 << 63) }
    /// Refused whatever the routes say: CONNECT would make an open tunnel of us, TRACE hands a
    /// script the credentials of its victim (RFC 9110 §9.3.6, §9.3.8).
    package static var refused: MethodSet { MethodSet(.connect).union(MethodSet(.trace)) }
    /// What a route without `methods` is said to allow.
    ///
    /// It takes extension methods too, but they
    /// have no end.
    package static var standard: MethodSet {
        // The bits below CONNECT's: GET, HEAD, POST, PUT, DELETE, PATCH, OPTIONS.
        MethodSet(rawValue: MethodSet(.connect).rawValue - 1)
    }
}

/// The names of methods by bit: the standard ones, then those that the routes of one configuration
/// add.
struct MethodNames: Sendable {
    /// At most ``countMax``.
    private var names: [[UInt8]]
    /// Further names have no bit; a route that asks for one of them takes nothing by it.
    static let countMax = 63

    init() {
        names = Method.allCases.filter { $0 != .other }.map { Array($0.name.description.utf8) }
    }

    /// The set of the `wanted` names, unknown ones being learnt.
    ///
    /// GET brings HEAD along.
    mutating func learn(_ wanted: [String]) -> MethodSet {
        var set: MethodSet = []
        for name in wanted.map({ Array($0.utf8) }) {
            if let bit = names.firstIndex(of: name) {
                set.insert(MethodSet(rawValue: 1 << UInt64(bit)))
            } else if names.count < Self.countMax {
                set.insert(MethodSet(rawValue: 1 << UInt64(names.count)))
                names.append(name)
            }
        }
        if set.contains(MethodSet(.get)) { set.insert(MethodSet(.head)) }
        return set
    }

    /// The one-bit set of the method whose name stands at `range`.
    func set(_ bytes: borrowing Span<UInt8>, _ range: ByteRange) -> MethodSet {
        for bit in names.indices {
            let name = names[bit]
            if bytes.holds(name.span, at: range) { return MethodSet(rawValue: 1 << UInt64(bit)) }
        }
        return .unlisted
    }

    /// Appends the value of `Allow`: names in order of their bits.
    func append(_ set: MethodSet, to buffer: inout Buffer) {
        var isFirst = true
        for bit in names.indices where set.contains(MethodSet(rawValue: 1 << UInt64(bit))) {
            if !isFirst { buffer.append(", ") }
            buffer.append(names[bit])
            isFirst = false
        }
    }
}
