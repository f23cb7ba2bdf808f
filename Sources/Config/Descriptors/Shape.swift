/// What may be written for a value: the part of a descriptor that documents and schemas are made
/// from.
indirect enum Shape: Sendable {
    /// Text. `expected` completes "expects …"; `pattern` is a regular expression of ECMA-262 for
    /// the schema.
    case text(expected: String, pattern: String?)
    case integer(ClosedRange<Int>)
    /// A number with a unit, such as `a duration` between two of its texts.
    case quantity(String, from: String, to: String, pattern: String)
    /// A number from 0 to 1.
    case share
    /// `on`, `off`, `true` or `false`.
    case toggle
    /// One of these words.
    case words([String])
    /// Either of the two.
    case either(Shape, Shape)
    case list(of: Shape)
    /// Names of the operator's choice, each with a value.
    case names(of: Shape)
    case section(Section)
    /// Something that nobody is shown once it was read, unless it is none of the secrets that could
    /// stand there.
    case discreet(Shape, isShown: @Sendable (String) -> Bool)

    /// The sections that a value may be or hold, without those within them.
    var sections: [Section] {
        switch self {
        case .text, .integer, .quantity, .share, .toggle, .words: []
        case .either(let first, let second): first.sections + second.sections
        case .list(let element), .names(let element): element.sections
        case .section(let section): [section]
        case .discreet(let inner, _): inner.sections
        }
    }

    /// What a message says after "expects".
    var expected: String {
        switch self {
        case .text(let expected, _): expected
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .quantity(let noun, let least, let most, _): "\(noun) from \(least) to \(most)"
        case .share: "a number from 0 to 1"
        case .toggle: "on or off"
        case .words(let words): alternatives(words)
        case .either(let first, let second): "\(first.expected), or \(second.expected)"
        case .list(let element): "a list, each \(element.expected)"
        case .names: "a section of names, each with its settings"
        case .section(let section): "a section of \(alternatives(section.keys.map(\.name)))"
        case .discreet(let inner, _): inner.expected
        }
    }

    /// What a comment adds about the values, where the summary cannot say it: bounds and words.
    var remark: String? {
        switch self {
        case .text, .list, .names, .section: nil
        case .discreet(let inner, _): inner.remark
        case .integer(let range): "\(range.lowerBound) to \(range.upperBound)"
        case .quantity(_, let least, let most, _): "\(least) to \(most)"
        case .share: "0 to 1"
        case .toggle: "on or off"
        case .words(let words): words.count > 1 ? alternatives(words) : nil
        case .either(let first, .words(let words)):
            first.remark.map { "\($0), or \(alternatives(words))" }
        case .either(let first, .section): first.remark
        case .either: nil
        }
    }
}

/// `a, b or c`.
func alternatives(_ words: [String]) -> String {
    guard let last = words.last, words.count > 1 else { return words.first ?? "" }
    return words.dropLast().joined(separator: ", ") + " or " + last
}
