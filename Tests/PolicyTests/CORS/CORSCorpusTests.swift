import Testing

/// What the fuzzer has come upon, once more.
@Suite struct CORSCorpusTests {
    @Test func `requests of the corpus are judged as the standard says`() throws {
        try Corpus.check("cors", CORSInvariants.check)
    }
}
