import Testing

@testable import Policy

@Suite struct AddressBlockTests {
    @Test(arguments: [
        ("10.0.0.0/8", "10.255.255.255", true), ("10.0.0.0/8", "11.0.0.0", false),
        ("10.0.0.0/8", "::a00:1", false), ("0.0.0.0/0", "255.0.0.1", true),
        ("0.0.0.0/0", "::1", false),
        ("192.0.2.7", "192.0.2.7", true), ("192.0.2.7/32", "192.0.2.6", false),
        ("2001:db8::/32", "2001:db8:ffff::1", true), ("2001:db8::/32", "2001:db9::", false),
        ("::/0", "ffff::", true), ("::/0", "1.2.3.4", false), ("::1", "::1", true),
        ("::1/128", "::2", false),
        ("2001:db8:0:1::/64", "2001:db8:0:1:ffff::", true),
        ("2001:db8:0:1::/64", "2001:db8:0:2::", false),
        ("fe80::/65", "fe80::7fff:0:0:1", true), ("fe80::/65", "fe80::8000:0:0:1", false),
        ("::ffff:10.0.0.0/104", "10.1.2.3", true), ("192.0.2.128/25", "192.0.2.127", false),
    ])
    func `a block holds the addresses that share its prefix`(
        _ text: String, _ member: String, _ isHeld: Bool
    ) throws {
        let block = try #require(AddressBlock(text))
        #expect(block.contains(address(member)) == isHeld)
        #expect(AddressSet([block]).contains(address(member)) == isHeld)
        #expect(AddressBlock(block.description) == block)
    }

    @Test(arguments: [
        "", "/", "10.0.0.0/", "/8", "10.0.0.0/8/8", "10.0.0/8", "10.0.0.0/+8", "10.0.0.0/0008",
        "10.0.0.0/a", "unix", "::ffff:10.0.0.0/95", "10.0.0.0 /8", "10.0.0.0/٨",
    ])
    func `what is no block is refused`(_ text: String) {
        #expect(throws: AddressBlockProblem.notABlock) { try AddressBlock.parse(text) }
        #expect(AddressBlock(text) == nil)
    }

    @Test
    func `a prefix beyond the family's bits and bits beyond the prefix have reasons of their own`()
        throws
    {
        #expect(throws: AddressBlockProblem.prefixTooLong(max: 32)) {
            try AddressBlock.parse("10.0.0.0/33")
        }
        #expect(throws: AddressBlockProblem.prefixTooLong(max: 128)) {
            try AddressBlock.parse("::/129")
        }
        let meant = try #require(AddressBlock("10.0.0.0/8"))
        #expect(throws: AddressBlockProblem.bitsBeyondPrefix(meant)) {
            try AddressBlock.parse("10.0.0.1/8")
        }
        let meantV6 = try #require(AddressBlock("2001:db8::/33"))
        #expect(throws: AddressBlockProblem.bitsBeyondPrefix(meantV6)) {
            try AddressBlock.parse("2001:db8::1/33")
        }
    }

    @Test(arguments: 0..<10)
    func `a set of overlapping blocks answers as its blocks do`(_ seed: UInt64) {
        var random = RandomSource(seed: seed)
        var blocks: [AddressBlock] = []
        for _ in 0..<Int.random(in: 0...20, using: &random) {
            let isV4 = Bool.random(using: &random)
            let bits = Int.random(in: 0...(isV4 ? 32 : 128), using: &random)
            let text = Self.sample(isV4, &random).description + "/\(bits)"
            do throws(AddressBlockProblem) {
                blocks.append(try AddressBlock.parse(text))
            } catch .bitsBeyondPrefix(let block) {
                blocks.append(block)
            } catch {
                Issue.record("\(text) is no block")
            }
        }
        let set = AddressSet(blocks)
        for _ in 0..<500 {
            let address = Self.sample(Bool.random(using: &random), &random)
            #expect(set.contains(address) == blocks.contains { $0.contains(address) })
        }
    }

    /// Few distinct bits, so that addresses and blocks meet.
    private static func sample(_ isV4: Bool, _ random: inout RandomSource) -> IPAddress {
        let few = random.next() & random.next() & random.next()
        return isV4
            ? IPAddress(v4: UInt32(truncatingIfNeeded: few))
            : IPAddress(v6: few, random.next() & random.next() & random.next())
    }
}
