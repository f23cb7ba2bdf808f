import Bytes

/// The fields that decide what a head means, found in one pass.
struct KeyFields {
    /// The last of each, and how many there are.
    private(set) var host: ByteRange = .empty
    private(set) var hostCount = 0
    private(set) var length: ByteRange = .empty
    private(set) var lengthCount = 0
    private(set) var connection: ByteRange = .empty
    private(set) var connectionCount = 0

    /// The names that are looked for.
    private static var names: FieldNameSet {
        FieldNameSet(.host) | .contentLength | .connection
    }

    /// - Parameter fields: Disguised ones among them are passed over.
    @inline(__always) init(_ fields: [Field]) {
        for place in fields.indices where Self.names.contains(fields[place].id) {
            let field = fields[place]
            if field.traits.contains(.disguised) { continue }
            switch field.id {
            case .host:
                host = field.value
                hostCount &+= 1
            case .contentLength:
                length = field.value
                lengthCount &+= 1
            default:
                connection = field.value
                connectionCount &+= 1
            }
        }
    }
}
