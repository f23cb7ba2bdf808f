extension SignedPart {
    /// Parts of a template, texts between the braces among them.
    package static let partsMax = 16

    /// Reads what is signed, as `signed` of a generic webhook has it: text with parts in braces.
    ///
    /// `{body}`, `{ts}`, `{id}`, `{url}`, `{method}`, `{header:NAME}`, `{json:a.b}`; `{{` and `}}`
    /// stand for braces.
    package static func parts(
        of text: String
    ) throws(SignedTemplateProblem) -> [SignedPart] {
        var parts: [SignedPart] = []
        var literal = ""
        var rest = text[...]
        while let character = rest.popFirst() {
            switch character {
            case "{" where rest.first == "{", "}" where rest.first == "}":
                rest.removeFirst()
                literal.append(character)
            case "{":
                guard let end = rest.firstIndex(of: "}") else { throw .unclosed }
                if !literal.isEmpty { parts.append(.literal(literal)) }
                literal = ""
                parts.append(try part(String(rest[..<end])))
                rest = rest[rest.index(after: end)...]
            case "}": throw .unopened
            default: literal.append(character)
            }
        }
        if !literal.isEmpty { parts.append(.literal(literal)) }
        guard parts.contains(where: { !$0.isLiteral }) else { throw .nothingSigned }
        guard parts.count <= partsMax else { throw .tooManyParts }
        return parts
    }

    private var isLiteral: Bool { if case .literal = self { true } else { false } }

    private static func part(_ name: String) throws(SignedTemplateProblem) -> SignedPart {
        switch name {
        case "body": return .body
        case "ts": return .timestamp
        case "id": return .id
        case "url": return .url
        case "method": return .method
        default: break
        }
        if name.hasPrefix("header:") {
            let field = String(name.dropFirst(7))
            guard !field.isEmpty, field.utf8.allSatisfy(isToken) else { throw .fieldName(field) }
            return .header(field)
        }
        if name.hasPrefix("json:") {
            return .json(try path(String(name.dropFirst(5))))
        }
        throw .unknownPart(name)
    }

    private static func path(_ text: String) throws(SignedTemplateProblem) -> [String] {
        let steps = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard steps.allSatisfy({ !$0.isEmpty }), steps.count <= 16 else { throw .path(text) }
        return steps
    }

    /// RFC 9110 §5.6.2.
    private static func isToken(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}

/// Why a text is no template.
package enum SignedTemplateProblem: Error, Equatable, Sendable {
    /// A `{` without its `}`.
    case unclosed
    /// A `}` without its `{`.
    case unopened
    case unknownPart(String)
    /// What stands behind `header:` can be no field's name.
    case fieldName(String)
    /// What stands behind `json:` has an empty name in it, or more than 16.
    case path(String)
    /// The same text would be signed every time.
    case nothingSigned
    case tooManyParts

    /// For a problem of the configuration.
    package var reason: String {
        switch self {
        case .unclosed: "has a { that is not closed; a brace as text is written {{"
        case .unopened: "has a } that closes nothing; a brace as text is written }}"
        case .unknownPart(let name):
            "holds {\(name)}; there are {body}, {ts}, {id}, {url}, {method}, {header:NAME} and"
                + " {json:a.b}"
        case .fieldName(let name): "asks for \"\(name)\", which is no name of a header"
        case .path(let path):
            "asks for \"\(path)\", which is no path of names with points between them"
        case .nothingSigned: "signs nothing of the request; most providers sign {body}"
        case .tooManyParts: "has more than \(SignedPart.partsMax) parts"
        }
    }
}
