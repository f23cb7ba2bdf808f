import Foundation

/// A rule that the tree does not meet everywhere yet: a file remembers how far it is off in each
/// place.
///
/// A change may bring a count down and may not raise it. `APUS_REGENERATE=1 swift test --filter
/// TidyTests` writes the counts anew, to be read as a part of the change.
struct Ratchet {
    /// Of its file; empty for one that is remembered nowhere.
    let name: String
    /// By file or module; a place that is absent counts 0.
    let allowed: [String: Int]

    init(name: String) {
        self.name = name
        let text = (try? Tree.text(Self.path(of: name))) ?? ""
        allowed = Self.parse(text)
    }

    init(name: String, allowed: [String: Int]) {
        self.name = name
        self.allowed = allowed
    }

    /// - Parameters:
    ///   - findings: All that the rule finds, those within the remembered counts too.
    ///   - place: The file or module that a finding counts for.
    /// - Returns: The findings of each place that has more of them than remembered.
    func excess(of findings: [Finding], by place: (Finding) -> String) -> [Finding] {
        let groups = Dictionary(grouping: findings, by: place)
        if !name.isEmpty, ProcessInfo.processInfo.environment["APUS_REGENERATE"] == "1" {
            write(groups.mapValues(\.count))
            return []
        }
        return groups.sorted { $0.key < $1.key }.flatMap { place, findings -> [Finding] in
            let limit = allowed[place, default: 0]
            guard findings.count > limit else { return [] }
            let news = limit == 0 ? "" : " (\(place) has \(findings.count), it had \(limit))"
            return findings.map {
                Finding(path: $0.path, line: $0.line, advice: $0.advice + news)
            }
        }
    }

    private func write(_ counts: [String: Int]) {
        let lines = counts.sorted { $0.key < $1.key }.map { "\($0.value) \($0.key)\n" }
        let url = Tree.root.appending(path: Self.path(of: name))
        try? lines.joined().write(to: url, atomically: true, encoding: .utf8)
    }

    static func path(of name: String) -> String { "Tests/TidyTests/Ratchets/\(name).txt" }

    /// Reads lines like `12 Sources/Bytes/Slab.swift`.
    static func parse(_ text: String) -> [String: Int] {
        let pairs = text.split(separator: "\n").compactMap { line -> (String, Int)? in
            let parts = line.split(separator: " ", maxSplits: 1)
            guard parts.count == 2, let count = Int(parts[0]) else { return nil }
            return (String(parts[1]), count)
        }
        return Dictionary(pairs) { first, _ in first }
    }
}
