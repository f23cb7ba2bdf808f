import Testing

/// What a checkout anywhere must not say: somebody's folders, and where somebody fetches packages.
///
/// Spelt in parts, so that this file says none of them.
private let strangers = [
    "/" + "work/", "/" + "home/", "/" + "Users/", "/" + "root/", "py" + "pi.org", "npm" + "js.",
    "crates" + ".io", "deb." + "debian.org", "files." + "pythonhosted", "proxy." + "golang",
]

private func strangers(in text: String, path: String) -> [Finding] {
    text.split(separator: "\n", omittingEmptySubsequences: false).enumerated().flatMap {
        index, line in
        strangers.filter { line.contains($0) }.map {
            Finding(
                path: path, line: index + 1,
                advice: "\($0) belongs to one machine; say it in a way that holds everywhere")
        }
    }
}

struct WordTests {
    @Test func `no file speaks of the machine it was written on`() throws {
        let folders = [
            "Sources", "Tests", "Benchmarks", "conf", "docker", "docs", ".ci", ".github",
        ]
        let top = [
            "Package.swift", "Makefile", "README.md", "CONTRIBUTING.md", "CHANGELOG.md",
            ".gitignore", ".editorconfig", ".swift-format",
        ]
        for path in folders.flatMap(Tree.paths) + top {
            // What is no UTF-8 is a corpus, not a text.
            guard let text = try? Tree.text(path) else { continue }
            expectNone(strangers(in: text, path: path))
        }
    }

    @Test(arguments: strangers)
    func `a machine's path or a registry is found`(_ word: String) {
        #expect(strangers(in: "a\nsee \(word)x", path: "a.md").map(\.line) == [2])
    }

    @Test func `ordinary paths are not`() {
        #expect(strangers(in: "/etc/apus/apus.yaml\nwork/\n/var/run", path: "a.md").isEmpty)
    }
}
