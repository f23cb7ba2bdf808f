/// `security_headers`: a preset, and what is otherwise than in it.
package struct SecurityHeaderSettings: Sendable, Equatable {
    package var preset: SecurityPreset
    /// Headers with a value of the operator's; no two of one name.
    ///
    /// They win over the preset's and over the app's.
    package var set: [SetHeader]
    /// Names that no response has, be they of the preset or of the app.
    package var remove: [String]

    package init(_ preset: SecurityPreset, set: [SetHeader], remove: [String]) {
        self.preset = preset
        self.set = set
        self.remove = remove
    }

    /// A preset as it is.
    package init(_ preset: SecurityPreset) { self.init(preset, set: [], remove: []) }

    /// The headers to be sent, in their order: those of the preset at their places, then others.
    package var headers: [SecurityHeader] {
        var headers = preset.headers
        // Either kind of content security policy stands for the preset's, which is of one kind.
        if set.contains(where: { Self.isContentPolicy($0.name) }) {
            headers.removeAll { Self.isContentPolicy($0.name) }
        }
        for header in set {
            let own = SecurityHeader(header.name, header.value, Self.condition(of: header.name))
            if let place = headers.firstIndex(where: { Self.areSame($0.name, header.name) }) {
                headers[place] = own
            } else {
                headers.append(own)
            }
        }
        return headers.filter { header in !remove.contains { Self.areSame($0, header.name) } }
    }

    /// What an app's response loses: its own copy of what is sent here, unless its own stays, what
    /// is set or removed by name, and what tells how it is made.
    package var removed: [String] {
        let own = headers.filter { $0.condition == .always || $0.condition == .secure }
        let disclosing = preset == .none ? [] : DisclosureHeaders.names
        return own.map(\.name) + set.map(\.name) + remove + disclosing
    }

    /// These over more general ones, header by header.
    ///
    /// - Parameter preset: The own preset; `nil` to keep the general one.
    package static func merged(
        preset: SecurityPreset?, set: [SetHeader], remove: [String],
        over general: SecurityHeaderSettings
    ) -> SecurityHeaderSettings {
        func isNamed(_ name: String) -> Bool {
            set.contains { areSame($0.name, name) } || remove.contains { areSame($0, name) }
        }
        return SecurityHeaderSettings(
            preset ?? general.preset, set: general.set.filter { !isNamed($0.name) } + set,
            remove: general.remove.filter { !isNamed($0) } + remove)
    }

    /// HSTS over plain HTTP is to be ignored and must not be sent (RFC 6797 §7.2), whoever sets it.
    ///
    /// `Cache-Control` is not said twice where an answer of the gateway itself says it.
    private static func condition(of name: String) -> SecurityHeader.Condition {
        if areSame(name, "Strict-Transport-Security") { return .secure }
        return areSame(name, "Cache-Control") ? .unlessAppHasCaching : .always
    }

    private static func isContentPolicy(_ name: String) -> Bool {
        areSame(name, "Content-Security-Policy")
            || areSame(name, "Content-Security-Policy-Report-Only")
    }

    private static func areSame(_ one: String, _ other: String) -> Bool {
        one.lowercased() == other.lowercased()
    }
}

/// A header that the operator sets.
package struct SetHeader: Sendable, Equatable {
    package var name: String
    package var value: String

    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}
