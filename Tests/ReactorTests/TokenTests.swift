import Bytes
import Testing

@testable import Reactor

struct TokenTests {
    @Test(arguments: [Token.Kind.wakeup, .listener, .downstream, .upstream, .store])
    func `a token's word gives back what it was made of`(_ kind: Token.Kind) {
        for slot: UInt32 in [0, 1, 9_999, (1 << 28) - 1] {
            for generation: UInt32 in [0, 1, 77, .max] {
                let index = SlabIndex(slot: slot, generation: generation)
                let token = Token(word: Token(kind, index).word)
                #expect(token.kind == kind)
                #expect(token.index == index)
            }
        }
    }

    @Test func `a word of no kind is no token`() {
        for kind: UInt64 in 5...15 { #expect(Token(word: kind << 28).kind == nil) }
    }

    @Test func `a late report finds another generation, even in the same slot`() throws {
        var slab = Slab<Int>(capacity: 1)
        let first = slab.insert(1)
        let old = try #require(first)
        _ = slab.remove(old.slot)
        let second = slab.insert(2)
        let new = try #require(second)
        #expect(new.slot == old.slot)
        let late = Token(word: Token(.downstream, old).word).index
        let timely = Token(word: Token(.downstream, new).word).index
        let knowsLate = slab.contains(late)
        let knowsTimely = slab.contains(timely)
        #expect(!knowsLate)
        #expect(knowsTimely)
    }
}
