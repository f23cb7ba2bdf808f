import Testing

/// What the fuzzer has come upon, once more.
@Suite struct TokenCorpusTests {
    @Test func `tokens of the corpus keep the invariants`() throws {
        try Corpus.check("token", TokenInvariants.check)
    }
}
