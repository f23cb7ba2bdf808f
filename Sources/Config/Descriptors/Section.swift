/// A mapping whose keys are known: `limits`, or what stands under each name of `listeners`.
///
/// A feature brings its keys in a file of `Sections`, as an enumeration without cases that holds
/// one ``Key`` for each, the section that lists them, and the ``Kind`` that makes the final value:
///
/// ```
/// enum ServerSection {
///     static let workers = Key("workers", Kind.integer(1...1024), default: 1, "Event loops")
///     static let section = Section("server", "The process", keys: [workers.description])
///     static let kind = Kind<ServerSettings>.section(section) { fields in
///         ServerSettings(workers: fields[workers])
///     }
/// }
/// ```
///
/// Then a key of the outer section takes that kind. Checks,
/// advice on spelling, the reference, the sample and the schema follow by themselves.
struct Section: Sendable {
    /// As documents call it: `listeners.NAME`, `routes[].match`.
    let name: String
    /// One sentence, without its full stop.
    let summary: String
    /// In the order of documents.
    let keys: [KeyDescription]

    init(_ name: String, _ summary: String, keys: [KeyDescription]) {
        self.name = name
        self.summary = summary
        self.keys = keys
    }

    /// The section and all that stand in it, outer ones first.
    func withSections() -> [Section] {
        [self] + keys.flatMap { $0.shape.sections.flatMap { $0.withSections() } }
    }
}

/// The keys of one section as the file gives them, read key by key.
///
/// Reading goes on after a mistake: a key that cannot be read is reported and taken for its
/// default, so that the rest of the section is looked at as well. No snapshot comes of it.
struct Fields {
    /// Where the section begins.
    let position: Position
    let place: Place
    private let section: Section
    private let entries: [Entry]

    /// Reports every key that the section does not have.
    init(_ section: Section, entries: [Entry], at position: Position, _ place: Place) {
        self.section = section
        self.entries = entries
        self.position = position
        self.place = place
        for entry in entries { checkIsKnown(entry) }
        for key in section.keys where key.fallback == .required && !has(key.name) {
            place.inside(key.name).error(at: position, "is required")
        }
    }

    /// An empty section, whose keys are all what they are by default.
    static func absent(_ section: Section) -> Fields {
        Fields(
            section, entries: [], at: .start,
            Place(path: .root, report: Report(file: "")))
    }

    /// The value of a key; what cannot be read is reported, and its default taken to go on with.
    subscript<Value>(key: Key<Value>) -> Value {
        assert(section.keys.contains { $0.name == key.description.name })
        guard let entry = entry(key.description.name) else { return key.fallback }
        return key.kind.decode(entry.value, place.inside(entry.key)) ?? key.fallback
    }

    /// Whether the file has the key, be its value readable or not.
    func has(_ name: String) -> Bool { entry(name) != nil }

    /// Whether the section holds no key at all, be it known or not.
    var isEmpty: Bool { entries.isEmpty }

    /// Where a key is written; the section itself when it is not.
    func position(of name: String) -> Position { entry(name)?.keyPosition ?? position }

    private func entry(_ name: String) -> Entry? { entries.first { $0.key == name } }

    /// A key is known, or a slip whose meaning is guessed.
    private func checkIsKnown(_ entry: Entry) {
        let names = section.keys.map(\.name)
        guard !names.contains(entry.key) else { return }
        let place = place.inside(entry.key)
        // Guessing is the costliest thing here; nobody would read it.
        guard !place.report.isFull else { return }
        let nearest = Spelling.hint(for: entry.key, among: names)
        let known = names.count <= 8 ? "known here: \(names.joined(separator: ", "))" : nil
        place.error(at: entry.keyPosition, "unknown key", hint: nearest ?? known)
    }
}
