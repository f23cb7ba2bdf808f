import Bytes
import Testing

@testable import Policy

@Suite struct PatternTrieTests {
    /// The chain of patterns for a text, the most specific first.
    private static func chain(_ trie: PatternTrie, path: String) -> [UInt32] {
        let bytes = Array(path.utf8)
        let narrowest = trie.pattern(ofPath: bytes.span, ByteRange(0, bytes.count))
        return Array(sequence(first: narrowest) { trie.pattern(after: $0) })
    }

    private static func chain(_ trie: PatternTrie, host: String) -> [UInt32] {
        let bytes = Array(host.utf8)
        let narrowest = trie.pattern(ofHost: bytes.span, ByteRange(0, bytes.count))
        return Array(sequence(first: narrowest) { trie.pattern(after: $0) })
    }

    private static func labels(_ text: String) -> [[UInt8]] {
        text.split(separator: "/").map { Array($0.utf8) }
    }

    @Test func `a path meets its exact pattern, then its prefixes, then everything`() {
        var builder = PatternTrie.Builder(.path)
        let short = builder.insert(Self.labels("a"), .allBelow)
        let exact = builder.insert(Self.labels("a/b/c"), .exactly)
        let long = builder.insert(Self.labels("a/b"), .allBelow)
        let same = builder.insert(Self.labels("a/b/c"), .allBelow)
        let trie = builder.finished()
        #expect(Self.chain(trie, path: "/a/b/c") == [exact, same, long, short, 0])
        #expect(Self.chain(trie, path: "/a/b/c/d") == [same, long, short, 0])
        #expect(Self.chain(trie, path: "/a/b") == [long, short, 0])
        #expect(Self.chain(trie, path: "/a/bb/c") == [short, 0])
        #expect(Self.chain(trie, path: "/A/b/c") == [0])
        #expect(Self.chain(trie, path: "/") == [0])
    }

    @Test func `a host meets its exact pattern, then the suffixes that leave it a label`() {
        var builder = PatternTrie.Builder(.host)
        let suffix = builder.insert(Self.labels("com/example"), .allBelow)
        let exact = builder.insert(Self.labels("com/example/www"), .exactly)
        let deep = builder.insert(Self.labels("com/example/www"), .allBelow)
        let bare = builder.insert(Self.labels("com/example"), .exactly)
        let trie = builder.finished()
        #expect(Self.chain(trie, host: "WWW.example.COM") == [exact, suffix, 0])
        #expect(Self.chain(trie, host: "a.www.example.com") == [deep, suffix, 0])
        #expect(Self.chain(trie, host: "example.com") == [bare, 0])
        #expect(Self.chain(trie, host: "a.b.example.com") == [suffix, 0])
        #expect(Self.chain(trie, host: ".example.com") == [0])
        #expect(Self.chain(trie, host: "com") == [0])
        #expect(Self.chain(trie, host: "") == [0])
    }

    @Test func `a pattern that comes again is the same pattern`() {
        var builder = PatternTrie.Builder(.path)
        let first = builder.insert(Self.labels("a/b"), .exactly)
        #expect(builder.insert(Self.labels("a/b"), .exactly) == first)
        #expect(builder.insert([], .allBelow) == 0)
        #expect(builder.patternCount == 2)
    }

    @Test func `without patterns everything is everything`() {
        let trie = PatternTrie.Builder(.host).finished()
        #expect(trie.isTrivial)
        #expect(Self.chain(trie, host: "example.com") == [0])
    }

    @Test func `labels of every length and alike beginning are told apart`() {
        var builder = PatternTrie.Builder(.path)
        let names = (1...40).map { String(repeating: "x", count: $0) }
        let patterns = names.map { builder.insert(Self.labels("\($0)/\($0)y"), .exactly) }
        let trie = builder.finished()
        for (name, pattern) in zip(names, patterns) {
            #expect(Self.chain(trie, path: "/\(name)/\(name)y").first == pattern)
            #expect(Self.chain(trie, path: "/\(name)/\(name)z") == [0])
            #expect(Self.chain(trie, path: "/\(name)/\(name)y/") == [0])
        }
    }

    @Test func `what stands behind the range does not count`() {
        var builder = PatternTrie.Builder(.path)
        let pattern = builder.insert(Self.labels("a"), .exactly)
        let trie = builder.finished()
        let bytes = Array("GET /a?/b HTTP".utf8)
        #expect(trie.pattern(ofPath: bytes.span, ByteRange(4, 6)) == pattern)
        #expect(trie.pattern(ofPath: bytes.span, ByteRange(4, 7)) == 0)
    }
}
