/// A snapshot, perhaps with warnings; or none, with the errors that are why.
package struct LoadResult: Sendable {
    /// There if and only if no problem is an error.
    package let snapshot: Snapshot?
    /// The entries of `tests`, in the order of the file; none without a snapshot.
    ///
    /// Beside the snapshot, as serving needs none of them.
    package let tests: [RequestTest]
    /// In the order of the file.
    package let problems: [Problem]

    package init(snapshot: Snapshot?, tests: [RequestTest], problems: [Problem]) {
        self.snapshot = snapshot
        self.tests = tests
        self.problems = problems
    }
}

/// From a file to a snapshot, in steps that each have a folder.
///
/// ```
/// bytes ── SourceText ──▶ text ── YAMLReader ──▶ SyntaxNode ── Expansion ──▶ SyntaxNode
///                                                  (Syntax)                      │
///                 Snapshot ◀── Assembly ── Draft ◀── Fields of every Section ◀───┘
///                                                  (Descriptors, Sections, Values)
/// ```
///
/// All of them write to one `Report`. `Rendering` makes the reference, the sample and the schema
/// out of the same sections; nothing else knows the name of a key.
///
/// Each step works on what the one before could make out, so that one run tells all that is wrong.
/// No bytes make it trap; its memory is bounded by the size of the file and of what is put into it.
package enum Loading {
    /// Loads a file; `${NAME}` is looked up in the environment given.
    package static func load(path: String, environment: [String: String]) -> LoadResult {
        do {
            let bytes = try FileReading.read(path, .any, bytesMax: SourceText.bytesMax)
            return load(bytes: bytes, path: path, environment: environment)
        } catch {
            let report = Report(file: path)
            report.error(at: .start, .file, error.reason)
            return LoadResult(snapshot: nil, tests: [], problems: report.sorted)
        }
    }

    /// Loads a text: the path is only what problems call the file.
    package static func load(
        text: String, path: String, environment: [String: String]
    ) -> LoadResult {
        load(bytes: Array(text.utf8), path: path, environment: environment)
    }

    /// Loads what was read already: the path is only what problems call the file.
    package static func load(
        bytes: [UInt8], path: String, environment: [String: String]
    ) -> LoadResult {
        let report = Report(file: path)
        let (snapshot, tests) = assembled(bytes, environment, report)
        guard !report.hasErrors else {
            return LoadResult(snapshot: nil, tests: [], problems: report.sorted)
        }
        return LoadResult(snapshot: snapshot, tests: tests, problems: report.sorted)
    }

    private static func assembled(
        _ bytes: [UInt8], _ environment: [String: String], _ report: Report
    ) -> (Snapshot?, [RequestTest]) {
        guard let source = SourceText(bytes, report: report) else { return (nil, []) }
        let empty = SyntaxNode.mapping([], at: .start)
        guard
            let written = YAMLReader.read(source, report: report)
                ?? (report.hasErrors ? nil : empty)
        else { return (nil, []) }
        var expansion = Expansion(environment: environment, report: report)
        let expanded = expansion.expand(written, at: .root)
        let place = Place(path: .root, report: report)
        guard let draft = RootSection.kind.decode(expanded, place) else { return (nil, []) }
        var snapshot = Assembly(draft: draft.serving, report: report).snapshot()
        snapshot?.admin?.rendering = RunningConfiguration.render(expanded)
        return (snapshot, TestAssembly(draft: draft, report: report).tests())
    }
}
