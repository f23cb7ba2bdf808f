import Testing

@testable import Config

/// A section read key by key, and the kinds that are made of other kinds.
struct FieldsTests {
    private static let count = Key("count", Kind.integer(1...9), default: 3, "How many")
    private static let name = Key(required: "name", Kind.text("a name"), "What it is called")
    private static let pause = Key(
        optional: "pause", Kind.duration(.seconds(1)...(.seconds(9))), "How long it waits")
    private static let section = Section(
        "things.NAME", "Things", keys: [count.description, name.description, pause.description])

    /// The section's keys out of a flow mapping, and what was said.
    private func read(
        _ text: String
    ) -> (count: Int, name: String?, pause: Duration?, said: [String]) {
        let report = Report(file: "a")
        guard let source = SourceText(Array(text.utf8), report: report),
            case .mapping(let entries, let position)? = YAMLReader.read(source, report: report)
        else { return (0, nil, nil, ["no mapping"]) }
        let place = Place(path: Path.root.appending("x"), report: report)
        let fields = Fields(Self.section, entries: entries, at: position, place)
        let values = (fields[Self.count], fields[Self.name], fields[Self.pause])
        return (values.0, values.1, values.2, report.sorted.map(\.text))
    }

    @Test func `keys that are there have their values, others their defaults`() {
        let full = read("{ count: 5, name: b, pause: 2s }")
        #expect(full.count == 5 && full.name == "b" && full.pause == .seconds(2))
        let least = read("{ name: b }")
        #expect(least.count == 3 && least.name == "b" && least.pause == nil)
        #expect(full.said + least.said == [])
    }

    @Test func `a key that is required is missed where the section begins`() {
        #expect(read("\n{ count: 5 }").said == ["a:2:1: error: x.name: is required"])
    }

    @Test func `a key that cannot be read is reported, and its default goes on`() {
        let wrong = read("{ count: ten, name: [], pause: 1min }")
        #expect(wrong.count == 3 && wrong.name == nil && wrong.pause == nil)
        #expect(
            wrong.said == [
                "a:1:10: error: x.count: \"ten\" is not a whole number",
                "a:1:21: error: x.name: expects a name, not a list",
                "a:1:32: error: x.pause: \"1min\" is more than 9s",
            ])
    }

    @Test func `a key with nothing after it is not taken for its default`() {
        #expect(
            read("{ name: , count: ~ }").said == [
                "a:1:9: error: x.name: expects a name, not nothing",
                "a:1:18: error: x.count: expects a whole number from 1 to 9, not nothing",
            ])
    }

    @Test func `an unknown key is told what is near, or else what there is`() {
        #expect(
            read("{ name: b, cuont: 1, zebra: 2, \"\": 3 }").said == [
                "a:1:12: error: x.cuont: unknown key (did you mean \"count\"?)",
                "a:1:22: error: x.zebra: unknown key (known here: count, name, pause)",
                "a:1:32: error: x.\"\": unknown key (known here: count, name, pause)",
            ])
    }

    @Test func `an absent section is all defaults, and silent`() {
        let fields = Fields.absent(Self.section)
        #expect(fields[Self.count] == 3)
        #expect(fields[Self.name] == nil)
        #expect(!fields.has("count"))
        #expect(fields.position(of: "count") == .start)
    }

    @Test func `descriptions say what the keys take`() {
        let descriptions = Self.section.keys
        #expect(descriptions.map(\.fallback) == [.value("3"), .required, .untold])
        #expect(descriptions.map(\.shape.remark) == ["1 to 9", nil, "1s to 9s"])
        #expect(
            Shape.section(Self.section).expected == "a section of count, name or pause")
        #expect(Shape.list(of: .toggle).expected == "a list, each on or off")
    }

    @Test func `words stand for values, and later words for nothing yet`() {
        let kind = Kind.words([("one", 1), ("two", 2)], later: ["three"])
        #expect(decode(kind, "two").value == 2)
        #expect(kind.format(1) == "one")
        #expect(kind.format(3) == nil)
        #expect(
            decode(kind, "three").problem == "\"three\" is not yet available in this version")
        #expect(decode(kind, "tow").problem == "\"tow\" is not one or two (did you mean \"two\"?)")
    }

    @Test func `a list keeps what can be read, within its bounds`() {
        let kind = Kind.list(Kind.integer(1...9), count: 1...3)
        func list(_ texts: [String]) -> (value: [Int]?, said: [String]) {
            let report = Report(file: "a")
            let nodes = texts.map { text in
                SyntaxNode.scalar(
                    Scalar(
                        text: text, written: text, isPlain: true, origin: .file, position: .start))
            }
            let place = Place(path: Path.root.appending("list"), report: report)
            let value = kind.decode(.sequence(nodes, at: .start), place)
            return (value, report.sorted.map { "\($0.path): \($0.message)" })
        }
        #expect(list(["1", "2"]).value == [1, 2])
        #expect(list(["1", "x", "3"]).value == [1, 3])
        #expect(list(["1", "x", "3"]).said == ["list[1]: \"x\" is not a whole number"])
        #expect(list([]).said == ["list: must not be empty"])
        #expect(list(["1", "2", "3", "4"]).said == ["list: holds more than 3"])
        #expect(kind.format([1, 2]) == "[1, 2]")
    }

    @Test func `a value that came from outside is never shown`() {
        let report = Report(file: "a")
        let scalar = Scalar(
            text: "secret", written: "${X}", isPlain: true, origin: .outside, position: .start)
        let place = Place(path: Path.root.appending("key"), report: report)
        #expect(Kind.toggle.decode(.scalar(scalar), place) == nil)
        #expect(Kind.words([("secrets", 1)]).decode(.scalar(scalar), place) == nil)
        #expect(
            report.sorted.map(\.message) == [
                "\"${X}\", once expanded, is not on or off",
                "\"${X}\", once expanded, is not secrets",
            ])
        #expect(report.sorted.allSatisfy { $0.hint == nil })
    }

    @Test func `what has no value, which was told, is not told again`() {
        let report = Report(file: "a")
        let missing = SyntaxNode.scalar(
            Scalar(text: "", written: "", isPlain: true, origin: .missing, position: .start))
        let place = Place(path: .root, report: report)
        #expect(Kind.toggle.decode(missing, place) == nil)
        #expect(Kind.list(Kind.toggle, count: 1...2).decode(missing, place) == nil)
        #expect(ServerSection.kind.decode(missing, place) == nil)
        #expect(Kind.toggle.or("none").decode(missing, place) == nil)
        #expect(report.sorted == [])
    }
}
