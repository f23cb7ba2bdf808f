import Testing

@testable import Config

struct ShareTextTests {
    @Test(
        arguments: [
            ("0", 0), ("0.0", 0), ("1", 1_000_000), ("1.0", 1_000_000), ("1.000000", 1_000_000),
            ("0.5", 500_000), ("0.25", 250_000), ("0.000001", 1), ("0.999999", 999_999),
        ] as [(String, UInt32)])
    func `a number from 0 to 1 is a share`(text: String, millionths: UInt32) throws {
        #expect(try ShareText.parse(text) == millionths)
    }

    @Test(arguments: [
        "", ".", "0.", ".5", "-0.5", "1.1", "2", "00", "10", "0,5", "50%", "0.0000001", "1e-1",
        "0.5.5", "٠.٥", "nan", "1.000001",
    ])
    func `anything else is none`(text: String) {
        #expect(throws: Objection.self) { try ShareText.parse(text) }
    }

    @Test(
        arguments: [
            (0, "0.0"), (1_000_000, "1.0"), (500_000, "0.5"), (1, "0.000001"),
            (999_999, "0.999999"),
        ] as [(UInt32, String)])
    func `a share is shown in its shortest form`(millionths: UInt32, text: String) throws {
        #expect(ShareText.format(millionths) == text)
        #expect(try ShareText.parse(text) == millionths)
    }
}
