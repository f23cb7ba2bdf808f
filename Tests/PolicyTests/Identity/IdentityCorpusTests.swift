import Testing

/// What the fuzzer has come upon, once more.
@Suite struct IdentityCorpusTests {
    @Test func `hops of the corpus are walked as far as they are trusted`() throws {
        try Corpus.check("forwarded", ForwardedInvariants.check)
    }

    @Test func `proxy headers of the corpus are read as the protocol says`() throws {
        try Corpus.check("proxy", ProxyInvariants.check)
    }
}
