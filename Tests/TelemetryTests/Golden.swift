import Glibc
import Testing

/// The folder of the whole project, found from this file's place in it.
let projectFolder: String = {
    let parts = #filePath.split(separator: "/", omittingEmptySubsequences: false)
    return parts.dropLast(3).joined(separator: "/")
}()

/// Compares a text with a file of the project; with `APUS_REGENERATE=1` writes the file instead.
func expectSame(
    _ text: String, asFile path: String, sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let file = "\(projectFolder)/\(path)"
    if unsafe getenv("APUS_REGENERATE") != nil {
        try write(text, to: file)
    }
    let held = String(decoding: try read(file), as: UTF8.self)
    let isSame = held == text
    #expect(
        isSame, "\(path) is not up to date: APUS_REGENERATE=1 swift test writes it anew",
        sourceLocation: sourceLocation)
}

/// The part of a file between `<!-- NAME -->` and `<!-- end -->`, which a test keeps up to date.
func expectSame(
    _ text: String, asPart name: String, ofFile path: String,
    sourceLocation: SourceLocation = #_sourceLocation
) throws {
    let held = String(decoding: try read("\(projectFolder)/\(path)"), as: UTF8.self)
    let parts = held.split(separator: "<!-- \(name) -->\n", omittingEmptySubsequences: false)
    try #require(parts.count == 2, "\(path) has one part \(name)", sourceLocation: sourceLocation)
    let rest = parts[1].split(
        separator: "<!-- end -->", maxSplits: 1, omittingEmptySubsequences: false)
    try #require(rest.count == 2, "the part \(name) ends", sourceLocation: sourceLocation)
    let expected = "\(parts[0])<!-- \(name) -->\n\(text)<!-- end -->\(rest[1])"
    try expectSame(expected, asFile: path, sourceLocation: sourceLocation)
}

private func read(_ path: String) throws -> [UInt8] {
    let file = unsafe open(path, O_RDONLY)
    try #require(file >= 0, "\(path) can be read")
    defer { close(file) }
    return readAll(file)
}

private func write(_ text: String, to path: String) throws {
    let file = unsafe open(path, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    try #require(file >= 0, "\(path) can be written")
    defer { close(file) }
    let bytes = Array(text.utf8)
    let count = unsafe Glibc.write(file, bytes, bytes.count)
    #expect(count == bytes.count)
}
