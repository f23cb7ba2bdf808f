import Testing

@testable import Config

struct SizeTextTests {
    @Test(
        arguments: [
            ("512B", 512), ("64KiB", 65_536), ("10MiB", 10_485_760), ("2GiB", 2_147_483_648),
            ("1TiB", 1_099_511_627_776), ("0B", 0),
        ] as [(String, UInt64)])
    func `a number and a binary unit are a size`(text: String, size: UInt64) throws {
        #expect(try SizeText.parse(text) == size)
    }

    @Test(arguments: [
        "", "B", "512", "10MB", "10 MiB", "1.5KiB", "-1B", "10mib", "10KiBs", "10XiB",
    ])
    func `anything else is not`(text: String) {
        #expect(throws: Objection.self) { try SizeText.parse(text) }
    }

    @Test(arguments: [
        ("10MB", "10MiB"), ("8k", "8KiB"), ("8192", "8192B"), ("2 GB", "2GiB"), ("5b", "5B"),
    ])
    func `the unit that was meant is suggested`(text: String, suggestion: String) {
        #expect { try SizeText.parse(text) } throws: {
            ($0 as? Objection)?.suggestion == suggestion
        }
    }

    @Test(arguments: ["9223372036854775807KiB", "99999999999999999999999B", "8388608TiB"])
    func `a number too large is an objection and no trap`(text: String) throws {
        // 2⁶³ - 1 bytes stand for all that is larger; every bound is far below.
        let size = try? SizeText.parse(text)
        #expect(size == nil || size == UInt64(Int64.max))
    }

    @Test(arguments: ["0B", "1B", "1023B", "1KiB", "1536B", "64KiB", "10MiB", "3GiB", "1024TiB"])
    func `a size is formatted in its largest whole unit`(text: String) throws {
        #expect(SizeText.format(try SizeText.parse(text)) == text)
    }
}
