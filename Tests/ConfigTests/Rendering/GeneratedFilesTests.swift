import Foundation
import Testing

@testable import Config

/// Files in the source tree that are made from the descriptors.
///
/// Regenerate with `APUS_REGENERATE=1 swift test --filter GeneratedFilesTests`.
struct GeneratedFilesTests {
    @Test(arguments: ["docs/configuration.md", "conf/apus.yaml"])
    func `a generated file is what the descriptors say`(name: String) throws {
        let rendered = name.hasSuffix(".md") ? Reference.render() : Sample.render()
        let file = sourceRoot.appendingPathComponent(name)
        if regenerates {
            try FileManager.default.createDirectory(
                at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
            try rendered.write(to: file, atomically: true, encoding: .utf8)
        }
        #expect(rendered == (try String(contentsOf: file, encoding: .utf8)))
    }

    @Test func `every configuration in the source tree loads without a problem`() throws {
        let folder = sourceRoot.appendingPathComponent("conf")
        let names = try FileManager.default.contentsOfDirectory(atPath: folder.path)
            .filter { $0.hasSuffix(".yaml") }
        #expect(names.contains("apus.yaml") && names.contains("quickstart.yaml"))
        for name in names {
            let path = folder.appendingPathComponent(name).path
            let result = Loading.load(path: path, environment: [:])
            #expect(result.snapshot != nil)
            #expect(result.problems == [])
        }
    }

    @Test func `the sample names every key of every section but those of routes`() throws {
        let sample = Sample.render()
        let sections = RootSection.section.withSections().filter {
            !$0.name.hasPrefix("routes[]") && $0.name != "upstreams.NAME.servers[]"
        }
        for key in sections.flatMap(\.keys) {
            #expect(sample.contains("\n\(key.name):") || sample.contains(" \(key.name):"))
        }
    }

    @Test func `the sample has no line wider than the source`() {
        #expect(Sample.render().split(separator: "\n").allSatisfy { $0.count <= 100 })
    }

    @Test func `the reference has a chapter for each section and a row for each key`() {
        let reference = Reference.render()
        for section in RootSection.section.withSections() {
            #expect(section.name.isEmpty || reference.contains("\n## `\(section.name)`\n"))
            for key in section.keys { #expect(reference.contains("\n| `\(key.name)` | ")) }
        }
    }
}
