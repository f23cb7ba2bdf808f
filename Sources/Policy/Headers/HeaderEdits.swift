import Bytes
package import HTTP

/// `request_headers` or `response_headers` of a route, as configured.
package struct HeaderEdits: Sendable, Equatable {
    /// Take the place of what a message has by these names.
    package var set: [HeaderLine]
    /// Stand beside it.
    package var add: [HeaderLine]
    /// Names of what a message loses.
    package var remove: [String]

    package init(set: [HeaderLine], add: [HeaderLine], remove: [String]) {
        self.set = set
        self.add = add
        self.remove = remove
    }

    package static let none = HeaderEdits(set: [], add: [], remove: [])

    /// The field lines of ``set`` and ``add``, each with its end.
    package var lines: [UInt8] {
        (self.set + add).flatMap { Array("\($0.name): \($0.value)\r\n".utf8) }
    }

    /// The names that a message loses: those of ``set`` and ``remove``.
    package var droppedNames: [String] { self.set.map(\.name) + remove }

    /// The known names that ``set`` and ``add`` give a message.
    package var givenNames: FieldNameSet {
        (self.set + add).reduce(into: []) { names, line in
            let bytes = Array(line.name.utf8)
            let id = FieldName.identify(bytes.span, ByteRange(start: 0, count: bytes.count)).id
            if id != .other { names.insert(id) }
        }
    }
}

/// A field to be written as it stands.
package struct HeaderLine: Sendable, Hashable {
    /// A token (RFC 9110 §5.1).
    package var name: String
    /// Without control characters, and without white space around it.
    package var value: String

    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// What a route changes of messages on their way, as configured.
package struct RouteEdits: Sendable, Equatable {
    package var request: HeaderEdits
    package var response: HeaderEdits
    /// What a path that begins with it loses before it goes upstream, such as `/api`; empty for
    /// nothing.
    package var strippedPrefix: String
    /// What becomes of the cookies that an app sets.
    package var cookies = CookieSettings.pass
    /// Whether the app's answers of 500 and above give way to answers of the gateway.
    package var replacesErrors = false

    package init(request: HeaderEdits, response: HeaderEdits, strippedPrefix: String) {
        self.request = request
        self.response = response
        self.strippedPrefix = strippedPrefix
    }

    package static let none = RouteEdits(request: .none, response: .none, strippedPrefix: "")
}
