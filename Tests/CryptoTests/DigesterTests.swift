import Crypto
import Testing

@Suite struct DigesterTests {
    /// FIPS 180-4: the digests of `abc`.
    @Test(arguments: [
        (DigestAlgorithm.sha1, "a9993e364706816aba3e25717850c26c9cd0d89d"),
        (.sha256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        (
            .sha384,
            "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed"
                + "8086072ba1e7cc2358baeca134c825a7"
        ),
        (
            .sha512,
            "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a"
                + "2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"
        ),
    ])
    func `abc has the digest of the standard`(_ algorithm: DigestAlgorithm, _ expected: String) {
        var digester = Digester()
        let digest = digester.digest(of: Array("abc".utf8).span, algorithm)
        #expect(digest.listed == hex(expected))
        #expect(digest.count == algorithm.byteCount)
    }

    /// RFC 4231 §4, and for SHA-1 RFC 2202 §3.
    private static let codes: [(DigestAlgorithm, key: [UInt8], message: String, code: String)] = [
        (
            .sha1, [UInt8](repeating: 0x0b, count: 20), "Hi There",
            "b617318655057264e28bc0b6fb378c8ef146be00"
        ),
        (
            .sha256, [UInt8](repeating: 0x0b, count: 20), "Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
        ),
        (
            .sha384, [UInt8](repeating: 0x0b, count: 20), "Hi There",
            "afd03944d84895626b0825f4ab46907f15f9dadbe4101ec682aa034c7cebc59c"
                + "faea9ea9076ede7f4af152e8b2fa9cb6"
        ),
        (
            .sha512, [UInt8](repeating: 0x0b, count: 20), "Hi There",
            "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
                + "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854"
        ),
        (
            .sha256, Array("Jefe".utf8), "what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        ),
        (
            .sha256, [UInt8](repeating: 0xaa, count: 131),
            "Test Using Larger Than Block-Size Key - Hash Key First",
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        ),
        (
            .sha512, [UInt8](repeating: 0xaa, count: 131),
            "Test Using Larger Than Block-Size Key - Hash Key First",
            "80b24263c7c1a3ebb71493c1dd7be8b49b46d1f41b4aeec1121b013783f8f352"
                + "6b56d037e05f2598bd0fd2215d6a1e5295e64f73f63f0aec8b915a985d786598"
        ),
    ]

    @Test(arguments: codes.indices) func `codes are those of the RFCs`(_ index: Int) {
        let (algorithm, secret, message, expected) = Self.codes[index]
        let key = HMACKey(secret, algorithm)
        var digester = Digester()
        let bytes = Array(message.utf8)
        #expect(digester.authenticate(bytes.span, by: key).listed == hex(expected))
        // The same again with the contexts used, and in two parts.
        digester.begin(key)
        digester.add(bytes.span.extracting(0..<3))
        digester.add(bytes.span.extracting(3..<bytes.count))
        let code = digester.finish(key)
        let isEqual = code.isEqual(to: hex(expected).span)
        #expect(isEqual)
    }

    @Test func `a key does not show its secret`() {
        let key = HMACKey(Array("very secret".utf8), .sha256)
        #expect("\(key)" == "[redacted]")
        var shown = ""
        dump(key, to: &shown)
        #expect(!shown.contains("118"))
    }

    @Test func `only equal bytes of equal length compare as equal`() {
        func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
            ConstantTime.areEqual(left.span, right.span)
        }
        #expect(areEqual([1, 2, 3], [1, 2, 3]))
        #expect(!areEqual([1, 2, 3], [1, 2, 4]))
        #expect(!areEqual([1, 2, 3], [1, 2]))
        #expect(!areEqual([1], [1, 0]))
        #expect(!areEqual([], []))
    }
}
