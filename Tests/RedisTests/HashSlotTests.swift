import Testing

@testable import Redis

/// Slots, as the cluster's specification and its servers count them.
struct HashSlotTests {
    private func slot(_ key: String) -> UInt16 { HashSlot.slot(of: Array(key.utf8).span) }

    @Test func `the checksum is the one of the specification`() {
        let digits = Array("123456789".utf8)
        #expect(HashSlot.crc(digits.span, 0, 9) == 0x31c3)
    }

    /// As `CLUSTER KEYSLOT` answers.
    @Test(arguments: [
        ("123456789", 0x31c3 & 0x3fff), ("foo", 12_182), ("bar", 5061), ("hello", 866),
        ("", 0), ("a", 15_495),
    ])
    func `a key has the slot that servers give it`(_ key: String, _ expected: UInt16) {
        #expect(slot(key) == expected)
    }

    @Test func `a tag alone counts, if there is anything in it`() {
        #expect(slot("{user1000}.following") == slot("{user1000}.followers"))
        #expect(slot("{user1000}.following") == slot("user1000"))
        #expect(slot("foo{}{bar}") != slot("bar"))
        #expect(slot("foo{{bar}}zap") == slot("{bar"))
        #expect(slot("foo{bar}{zap}") == slot("bar"))
        #expect(slot("foo{bar") != slot("bar"))
        #expect(slot("apus:api:{}") == slot("apus:api:{}"))
    }
}
