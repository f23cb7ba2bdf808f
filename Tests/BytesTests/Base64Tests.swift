import Bytes
import Testing

@Suite struct Base64Tests {
    private func decoded(_ text: String, _ alphabet: Base64.Alphabet = .url) -> String? {
        Base64.decoded(Array(text.utf8), alphabet).map { String(decoding: $0, as: UTF8.self) }
    }

    /// RFC 4648 §10, without the padding that JOSE leaves out.
    @Test(arguments: [
        ("", ""), ("Zg", "f"), ("Zm8", "fo"), ("Zm9v", "foo"), ("Zm9vYg", "foob"),
        ("Zm9vYmE", "fooba"), ("Zm9vYmFy", "foobar"),
    ])
    func `texts of the RFC stand for their bytes`(_ text: String, _ bytes: String) {
        #expect(decoded(text) == bytes)
        let padding = String(repeating: "=", count: (4 - text.utf8.count % 4) % 4)
        #expect(decoded(text + padding, .standard) == bytes)
    }

    @Test(arguments: [
        "Zg==", "Zg=", "Z", "Zm9vY", "Zm9v\n", " Zm9v", "Zm+v", "Zm/v", "Zh", "Zm9", "Zm9=", "Zé",
    ])
    func `what is not the one text of some bytes is refused`(_ text: String) {
        #expect(decoded(text) == nil)
    }

    @Test(arguments: ["Zg", "Zg=", "Zg===", "Zh==", "Zm-v", "Z===", "====", "Zm9v=", "=Zm9"])
    func `standard texts need their padding and nothing else`(_ text: String) {
        #expect(decoded(text, .standard) == nil)
    }

    @Test func `both alphabets have their own last two characters`() {
        #expect(Base64.decoded(Array("-_-_".utf8), .url) == [0xfb, 0xff, 0xbf])
        #expect(Base64.decoded(Array("+/+/".utf8), .standard) == [0xfb, 0xff, 0xbf])
    }

    @Test func `a text that does not fit is refused`() {
        var small = Buffer(capacity: 4)
        let text = Array("Zm9vYmFy".utf8)
        let fits = Base64.append(text.span, ByteRange(0, text.count), .url, to: &small)
        #expect(!fits)
        #expect(small.count <= 4)
    }
}
