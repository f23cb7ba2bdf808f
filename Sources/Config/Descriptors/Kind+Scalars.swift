extension Kind where Value == Int {
    /// A whole number in decimal digits, without leading zeros, which YAML once took for octal.
    static func integer(_ range: ClosedRange<Int>, advice: String? = nil) -> Kind {
        Kind(
            .integer(range), format: { "\($0)" },
            parse: { text throws(Objection) in
                let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
                let isNumber = !digits.isEmpty && digits.utf8.allSatisfy(isDigit)
                guard isNumber, digits == "0" || !digits.hasPrefix("0") else {
                    throw Objection("is not a whole number", advice: advice)
                }
                // What no `Int` holds is out of bounds on the side of its sign.
                let number = Int(text) ?? (digits == text ? .max : .min)
                guard number <= range.upperBound else {
                    throw Objection("is more than \(range.upperBound)", advice: advice)
                }
                guard number >= range.lowerBound else {
                    throw Objection("is less than \(range.lowerBound)", advice: advice)
                }
                return number
            })
    }
}

extension Kind where Value: Comparable {
    /// A number with a unit within bounds; `advice` is for what is beyond them.
    ///
    /// - Parameters:
    ///   - noun: What the schema and the reference call it, such as `a duration`.
    ///   - pattern: Of all texts that `parse` may take, for the schema.
    private static func quantity(
        _ noun: String, _ range: ClosedRange<Value>, pattern: String, advice: String?,
        format: @escaping @Sendable (Value) -> String,
        parse: @escaping @Sendable (String) throws(Objection) -> Value
    ) -> Kind {
        let least = format(range.lowerBound)
        let most = format(range.upperBound)
        let shape = Shape.quantity(noun, from: least, to: most, pattern: pattern)
        return Kind(shape, format: format) { text throws(Objection) in
            let value = try parse(text)
            guard value >= range.lowerBound else {
                throw Objection("is less than \(least)", advice: advice)
            }
            guard value <= range.upperBound else {
                throw Objection("is more than \(most)", advice: advice)
            }
            return value
        }
    }
}

extension Kind where Value == Duration {
    /// A duration within bounds; `advice` is for what is beyond them.
    static func duration(_ range: ClosedRange<Duration>, advice: String? = nil) -> Kind {
        quantity(
            "a duration", range, pattern: "[0-9]+(ms|s|min|h|d)", advice: advice,
            format: DurationText.format, parse: DurationText.parse)
    }

    /// What a timeout may be: it ends some day, and is no busy loop.
    static var timeout: Kind { duration(.milliseconds(1)...yearLong) }
}

/// The longest duration that any key takes.
let yearLong = Duration.seconds(365 * 86_400)

extension Kind where Value == UInt64 {
    /// A size within bounds; `advice` is for what is beyond them.
    static func size(_ range: ClosedRange<UInt64>, advice: String? = nil) -> Kind {
        quantity(
            "a size", range, pattern: "[0-9]+([KMGT]i)?B", advice: advice,
            format: SizeText.format, parse: SizeText.parse)
    }
}

extension Kind where Value == UInt32 {
    /// A share from 0 to 1, in millionths.
    static var share: Kind {
        Kind(.share, format: ShareText.format, parse: ShareText.parse)
    }
}

extension Kind where Value == Bool {
    /// A switch, by word or by truth value: YAML of different ages takes `on` for either.
    static var toggle: Kind {
        Kind(
            .toggle, format: { $0 ? "on" : "off" },
            parse: { text throws(Objection) in
                switch text.lowercased() {
                case "on", "true": return true
                case "off", "false": return false
                case "yes", "y", "enabled": throw Objection("is not on or off", suggestion: "on")
                case "no", "n", "disabled": throw Objection("is not on or off", suggestion: "off")
                default: throw Objection("is not on or off")
                }
            })
    }
}

extension Kind where Value == String {
    /// Text that `check` has nothing against; `pattern` is the little that a schema can check.
    static func text(
        _ expected: String, pattern: String? = nil,
        check: @escaping @Sendable (String) throws(Objection) -> Void = { (_) throws(Objection) in }
    ) -> Kind {
        let shape = Shape.text(expected: expected, pattern: pattern)
        let format: @Sendable (String) -> String? = { $0.isEmpty ? "\"\"" : $0 }
        return Kind(shape, format: format) { text throws(Objection) in
            try check(text)
            return text
        }
    }
}

extension Kind {
    /// One of some words, each of which stands for a value; those in `later` mean nothing yet.
    static func words(_ words: [(String, Value)], later: [String] = []) -> Kind
    where Value: Equatable {
        let names = words.map(\.0)
        let format: @Sendable (Value) -> String? = { value in words.first { $0.1 == value }?.0 }
        return Kind(.words(names), format: format) { text throws(Objection) in
            if let word = words.first(where: { $0.0 == text }) { return word.1 }
            if later.contains(text) { throw Objection(notYet) }
            throw Objection(
                "is not \(alternatives(names))",
                suggestion: Spelling.nearest(to: text, among: names))
        }
    }

    /// The cases of an enumeration, by their raw values.
    static func cases(later: [String] = []) -> Kind
    where Value: CaseIterable & RawRepresentable & Equatable, Value.RawValue == String {
        words(Value.allCases.map { ($0.rawValue, $0) }, later: later)
    }

    /// The same, or a word that stands for `nil`.
    ///
    /// Zero never stands for "no limit", nor does any other word than the one given.
    func or(_ word: String) -> Kind<Value?> {
        let inner = self
        let shape = Shape.either(shape, .words([word]))
        let format: @Sendable (Value?) -> String? = { $0.map(inner.format) ?? word }
        return Kind<Value?>(shape: shape, format: format) { node, place in
            if case .scalar(let scalar) = node, scalar.origin != .missing {
                if scalar.text == word { return .some(nil) }
                if word == "none", otherNones.contains(scalar.text.lowercased()) {
                    place.object(Objection("does not mean no limit", suggestion: word), to: scalar)
                    return nil
                }
            }
            return inner.decode(node, place).map { .some($0) }
        }
    }

    /// The same values in another type.
    func map<Other: Sendable>(
        _ transform: @escaping @Sendable (Value) -> Other,
        back: @escaping @Sendable (Other) -> Value?
    ) -> Kind<Other> {
        let inner = self
        let format: @Sendable (Other) -> String? = { back($0).flatMap(inner.format) }
        return Kind<Other>(shape: shape, format: format) { node, place in
            inner.decode(node, place).map(transform)
        }
    }
}

/// What people write for `none`, other programs having taught them so.
private let otherNones = ["0", "-1", "unlimited", "infinite", "infinity", "never", "off", "false"]

/// What is said of everything that belongs to the format and is still to come.
let notYet = "is not yet available in this version"

func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
