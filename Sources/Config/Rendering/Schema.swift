/// The JSON Schema of the configuration, for editors: made from the descriptors, like all that
/// knows keys.
///
/// It knows no references and no checks across keys; `apus check` does.
package enum Schema {
    /// The schema, in the dialect 2020-12, with its line end.
    package static func render() -> String {
        let definitions = RootSection.section.withSections().map { section in
            (definitionName(section), object(section))
        }
        let schema = JSONTree.object([
            ("$schema", .text("https://json-schema.org/draft/2020-12/schema")),
            ("title", .text("Configuration of Apus")),
            ("$ref", .text("#/$defs/configuration")),
            ("$defs", .object(definitions + [("expansion", expansion)])),
        ])
        return schema.rendered() + "\n"
    }

    /// A text that is something else once `${…}` was put in.
    private static let expansion = JSONTree.object([
        ("type", .text("string")), ("pattern", .text("\\$\\{")),
    ])

    /// A definition: the keys of a section, and no others.
    private static func object(_ section: Section) -> JSONTree {
        var members: [(String, JSONTree)] = [
            ("description", .text(section.summary)),
            ("type", .list([.text("object"), .text("null")])),
            ("additionalProperties", .bool(false)),
            ("properties", .object(section.keys.map { ($0.name, property($0)) })),
        ]
        let required = section.keys.filter { $0.fallback == .required }
        if !required.isEmpty {
            members.append(("required", .list(required.map { .text($0.name) })))
        }
        return .object(members)
    }

    /// What editors show and check for one key.
    private static func property(_ key: KeyDescription) -> JSONTree {
        guard case .object(let members) = value(key.shape) else { return value(key.shape) }
        let fallback = key.fallback.text.map { ". Default: \($0)" } ?? ""
        return .object([("description", .text(key.summary + fallback))] + members)
    }

    /// What a value may be, lists and sections included.
    private static func value(_ shape: Shape) -> JSONTree {
        switch shape {
        case .discreet(let inner, _): return value(inner)
        case .list(let element):
            return .object([("type", .text("array")), ("items", value(element))])
        case .names(let element):
            return .object([
                ("type", .list([.text("object"), .text("null")])),
                ("additionalProperties", value(element)),
            ])
        case .section(let section):
            return .object([("$ref", .text("#/$defs/\(definitionName(section))"))])
        case .text, .integer, .quantity, .share, .toggle, .words, .either:
            let forms = forms(shape) + [.object([("$ref", .text("#/$defs/expansion"))])]
            return .object([("anyOf", .list(forms))])
        }
    }

    /// What a scalar may be, apart from an expansion.
    ///
    /// Editors read `8080` and `on` as other types than text.
    private static func forms(_ shape: Shape) -> [JSONTree] {
        switch shape {
        case .text(_, let pattern?), .quantity(_, _, _, let pattern):
            return [.object([("type", .text("string")), ("pattern", .text("^(\(pattern))$"))])]
        case .text:
            return [
                .object([("type", .list([.text("string"), .text("number"), .text("boolean")]))])
            ]
        case .integer(let range):
            return [
                .object([
                    ("type", .text("integer")), ("minimum", .integer(range.lowerBound)),
                    ("maximum", .integer(range.upperBound)),
                ])
            ]
        case .share:
            return [
                .object([
                    ("type", .text("number")), ("minimum", .integer(0)), ("maximum", .integer(1)),
                ])
            ]
        case .toggle: return [.object([("enum", .list([.bool(true), .bool(false)] + onOff))])]
        case .words(let words):
            let texts = words.map(JSONTree.text)
            return [
                .object([("enum", .list(words.compactMap(Int.init).map(JSONTree.integer) + texts))])
            ]
        case .either(let first, let second): return forms(first) + forms(second)
        case .discreet(let inner, _): return forms(inner)
        case .list, .names, .section: return [value(shape)]
        }
    }

    private static let onOff = ["on", "off", "true", "false"].map(JSONTree.text)

    /// Without brackets, which a reference would have to escape.
    private static func definitionName(_ section: Section) -> String {
        section.name.isEmpty ? "configuration" : section.name.replacing("[]", with: "")
    }
}
