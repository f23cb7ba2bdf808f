import Testing

@testable import Crypto

@Suite struct SipHashTests {
    private static let key = SipHash.Key(0x0706_0504_0302_0100, 0x0f0e_0d0c_0b0a_0908)

    private static func text(_ tag: SipHash.Tag) -> String {
        [tag.low, tag.high].map { word in
            let digits = String(word.byteSwapped, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined()
    }

    /// As `openssl mac -macopt hexkey:000102…0f -macopt size:16 SIPHASH` has them.
    @Test(arguments: [
        (0, "a3817f04ba25a8e66df67214c7550293"), (1, "da87c1d86b99af44347659119b22fc45"),
        (7, "a1f1ebbed8dbc153c0b84aa61ff08239"), (8, "3b62a9ba6258f5610f83e264f31497b4"),
        (9, "264499060ad9baabc47f8b02bb6d71ed"), (15, "5493e99933b0a8117e08ec0f97cfc3d9"),
        (16, "6ee2a4ca67b054bbfd3315bf85230577"), (63, "5150d1772f50834a503e069a973fbd7c"),
    ])
    func `tags are those of the reference`(_ count: Int, _ tag: String) {
        let bytes = (0..<count).map { UInt8($0) }
        #expect(Self.text(SipHash.tag(of: bytes.span, by: Self.key)) == tag)
        // What stands behind a run of bytes is no part of it.
        let more = bytes + [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]
        #expect(
            Self.text(SipHash.tag(of: more.span.extracting(0..<count), by: Self.key)) == tag)
    }

    @Test func `another key makes another tag`() {
        let bytes = [UInt8](repeating: 0, count: 9)
        let keys = [SipHash.Key(0, 0), SipHash.Key(1, 0), SipHash.Key(0, 1), Self.key]
        let tags = keys.map { SipHash.tag(of: bytes.span, by: $0) }
        for (index, tag) in tags.enumerated() { #expect(!tags[..<index].contains(tag)) }
    }
}
