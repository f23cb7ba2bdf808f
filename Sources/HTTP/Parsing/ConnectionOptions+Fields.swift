import Bytes

extension ConnectionOptions {
    /// Which fields say something about the connection, in a request and in a response.
    static var requestFields: FieldNameSet {
        FieldNameSet(.connection) | .upgrade | .te | .expect
    }
    static var responseFields: FieldNameSet { FieldNameSet(.connection) | .upgrade }

    /// Elements of all `Connection` and `Upgrade` lines together; each may cost a look at every
    /// field.
    static let countMax = 32

    /// Folds what the fields ask for, and marks those that `Connection` names.
    ///
    /// `names` says which fields are read, `present` which are there. Throws `.optionsMalformed`,
    /// `.optionsTooMany` or `.expectationNotKnown`.
    ///
    /// - SeeAlso: RFC 9110 §7.6.1 (Connection), §7.8 (Upgrade), §10.1.1 (Expect), §10.1.4 (TE).
    @inline(__always)
    static func fold(
        _ bytes: borrowing Span<UInt8>, _ fields: inout [Field], _ present: FieldNameSet,
        _ keys: KeyFields, _ names: FieldNameSet, _ version: HTTPVersion
    ) throws(WireError) -> ConnectionOptions {
        let asking = present.intersection(names)
        if asking.isEmpty { return [] }
        // Nearly all heads have one line, which says one of two words.
        if asking == FieldNameSet(.connection), keys.connectionCount == 1 {
            if Grammar.matches(bytes, keys.connection, "keep-alive") { return .keepAlive }
            if Grammar.matches(bytes, keys.connection, "close") { return .close }
        }
        return try foldAll(bytes, &fields, names, version)
    }

    @inline(never)
    private static func foldAll(
        _ bytes: borrowing Span<UInt8>, _ fields: inout [Field], _ names: FieldNameSet,
        _ version: HTTPVersion
    ) throws(WireError) -> ConnectionOptions {
        var asked = Asked()
        for place in fields.indices where names.contains(fields[place].id) {
            let field = fields[place]
            if field.traits.contains(.disguised) { continue }
            switch field.id {
            case .connection: try asked.readConnection(bytes, field.value, &fields)
            case .upgrade: try asked.readUpgrade(bytes, field.value)
            case .te: asked.readCodings(bytes, field.value)
            case .expect: try asked.readExpectation(bytes, field.value)
            default: break
            }
        }
        return asked.options(version)
    }
}

/// What was asked for so far.
private struct Asked {
    var options: ConnectionOptions = []
    var namesUpgrade = false
    var namesTE = false
    var hasProtocol = false
    var hasH2C = false
    var acceptsTrailers = false
    var elementCount = 0

    func options(_ version: HTTPVersion) -> ConnectionOptions {
        var options = options
        if !version.isModern {
            // RFC 9110 §7.8 and §10.1.1: neither is to be heeded in HTTP/1.0.
            options.remove(.expectContinue)
            return options
        }
        if namesUpgrade, hasProtocol, !hasH2C { options.insert(.upgrade) }
        if namesTE, acceptsTrailers { options.insert(.trailers) }
        return options
    }

    mutating func readConnection(
        _ bytes: borrowing Span<UInt8>, _ value: ByteRange, _ fields: inout [Field]
    ) throws(WireError) {
        var elements = ListElements(value)
        while let element = elements.next(bytes) {
            if element.isEmpty { continue }
            try countElement()
            guard Grammar.isToken(bytes, element) else { throw .optionsMalformed }
            if Grammar.matches(bytes, element, "close") {
                options.insert(.close)
            } else if Grammar.matches(bytes, element, "keep-alive") {
                options.insert(.keepAlive)
            } else {
                if Grammar.matches(bytes, element, "upgrade") { namesUpgrade = true }
                if Grammar.matches(bytes, element, "te") { namesTE = true }
                Self.nominate(bytes, element, &fields)
            }
        }
    }

    /// Marks the fields of this name, unless they are meant for every recipient.
    private static func nominate(
        _ bytes: borrowing Span<UInt8>, _ name: ByteRange, _ fields: inout [Field]
    ) {
        let (id, hash, _) = FieldName.identify(bytes, name)
        guard FieldNameSet.nominable.contains(id) else { return }
        for place in fields.indices where fields[place].hash == hash && fields[place].id == id {
            guard id != .other || isEqual(bytes, fields[place].name, name) else { continue }
            fields[place].traits.insert(.nominated)
        }
    }

    /// Whether two names differ in case at most.
    private static func isEqual(
        _ bytes: borrowing Span<UInt8>, _ left: ByteRange, _ right: ByteRange
    ) -> Bool {
        guard left.count == right.count else { return false }
        for offset in 0..<left.count {
            let one = Word.lowerCased(UInt64(bytes[left.start &+ offset]))
            guard one == Word.lowerCased(UInt64(bytes[right.start &+ offset])) else { return false }
        }
        return true
    }

    /// `Upgrade = #( token [ "/" token ] )`.
    mutating func readUpgrade(
        _ bytes: borrowing Span<UInt8>, _ value: ByteRange
    ) throws(WireError) {
        var elements = ListElements(value)
        while let element = elements.next(bytes) {
            if element.isEmpty { continue }
            try countElement()
            var slash = element.start
            while slash < element.end, bytes[slash] != 0x2f { slash &+= 1 }
            let name = ByteRange(element.start, slash)
            guard Grammar.isToken(bytes, name) else { throw .optionsMalformed }
            if slash < element.end {
                let version = ByteRange(slash &+ 1, element.end)
                guard Grammar.isToken(bytes, version) else { throw .optionsMalformed }
            }
            hasProtocol = true
            if Grammar.matches(bytes, name, "h2c") { hasH2C = true }
        }
    }

    mutating func readCodings(_ bytes: borrowing Span<UInt8>, _ value: ByteRange) {
        var elements = ListElements(value)
        while let element = elements.next(bytes) {
            if Grammar.matches(bytes, element, "trailers") { acceptsTrailers = true }
        }
    }

    mutating func readExpectation(
        _ bytes: borrowing Span<UInt8>, _ value: ByteRange
    ) throws(WireError) {
        guard Grammar.matches(bytes, value, "100-continue") else { throw .expectationNotKnown }
        options.insert(.expectContinue)
    }

    private mutating func countElement() throws(WireError) {
        elementCount &+= 1
        guard elementCount <= ConnectionOptions.countMax else {
            throw .optionsTooMany(limit: ConnectionOptions.countMax)
        }
    }
}
