import Dice
import Testing

/// What the fuzzer has come upon, once more; and what it could have.
@Suite struct LimitKeyCorpusTests {
    @Test func `requests of the corpus keep the invariants`() throws {
        try Corpus.check("limitkeys", LimitKeyInvariants.check)
    }

    @Test func `made-up requests keep the invariants`() {
        var dice = Dice(seed: 7)
        let alphabet = Array("hcqotbk=&;\"%+6bB, \n\nxA1:{}#~\u{b}".utf8)
        let type = Array("\ntapplication/x-www-form-urlencoded".utf8)
        for round in 0..<4000 {
            var input = dice.bytes(count: 2) + [0x0a] + dice.bytes(of: alphabet, countMax: 60)
            if round % 2 == 0 { input += type }
            let fault = LimitKeyInvariants.check(input)
            #expect(fault == nil, "\(input)")
        }
    }
}
