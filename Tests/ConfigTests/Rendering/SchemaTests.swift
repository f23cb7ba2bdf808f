import Foundation
import Testing

@testable import Config

struct SchemaTests {
    /// The schema as JSON reads it.
    private func schema() throws -> [String: Any] {
        let bytes = Data(Schema.render().utf8)
        return try #require(try JSONSerialization.jsonObject(with: bytes) as? [String: Any])
    }

    @Test func `the schema is JSON that names its dialect`() throws {
        let schema = try schema()
        #expect(schema["$schema"] as? String == "https://json-schema.org/draft/2020-12/schema")
    }

    @Test func `every section is defined and refuses keys that it does not know`() throws {
        let definitions = try #require(try schema()["$defs"] as? [String: [String: Any]])
        for section in RootSection.section.withSections() {
            let name =
                section.name.isEmpty ? "configuration" : section.name.replacing("[]", with: "")
            let definition = try #require(definitions[name])
            #expect(definition["additionalProperties"] as? Bool == false)
            let properties = try #require(definition["properties"] as? [String: Any])
            #expect(Set(properties.keys) == Set(section.keys.map(\.name)))
        }
    }

    @Test func `every reference of the schema leads somewhere`() throws {
        let text = Schema.render()
        let definitions = try #require(try schema()["$defs"] as? [String: Any])
        for part in text.split(separator: "\"#/$defs/").dropFirst() {
            let name = String(part.prefix { $0 != "\"" })
            #expect(definitions[name] != nil)
        }
    }

    @Test func `required keys, bounds and words are in the schema`() throws {
        let definitions = try #require(try schema()["$defs"] as? [String: [String: Any]])
        #expect(definitions["configuration"]?["required"] as? [String] == ["listeners", "routes"])
        let text = Schema.render()
        #expect(text.contains("\"maximum\": 1000000"))
        #expect(text.contains("[301, 302, 303, 307, 308, \"301\""))
        #expect(text.contains("[true, false, \"on\", \"off\""))
    }

    @Test func `text in JSON is escaped`() {
        let text = JSONTree.object([("a\"b", .text("tab\tline\n\\"))]).rendered()
        #expect(text == "{\n  \"a\\\"b\": \"tab\\u0009line\\n\\\\\"\n}")
    }
}
