import Bytes
import Crypto
import Dice
import Testing

@testable import Policy

struct LimitKeyTextTests {
    private func key(_ material: [UInt8], prefix: String = "apus:", limit: String = "per_ip")
        -> String
    {
        let text = LimitKeyText(prefix: prefix, limit: limit)
        var digester = Digester()
        var buffer = Buffer(capacity: text.bytesMax)
        text.append(material.span, &digester, to: &buffer)
        let hasOverflowed = buffer.hasOverflowed
        #expect(!hasOverflowed)
        return String(decoding: buffer.copy(), as: UTF8.self)
    }

    @Test(arguments: [
        ("=192.0.2.1", "apus:per_ip:{=192.0.2.1}"),
        ("=2001:db8::/64", "apus:per_ip:{=2001:db8::/64}"), ("~unix", "apus:per_ip:{~unix}"),
        ("=alice@example.com", "apus:per_ip:{=alice@example.com}"), ("=", "apus:per_ip:{=}"),
    ])
    func `short material of safe bytes stands in the key`(material: String, text: String) {
        #expect(key(Array(material.utf8)) == text)
    }

    @Test(arguments: [
        "= ", "=a b", "={", "=}", "=é", "=\r\nDEL x", "=return redis.call('FLUSHALL')", "=\"", "=#",
        "=" + String(repeating: "a", count: 64),
    ])
    func `all other material gives way to its digest`(material: String) {
        let text = key(Array(material.utf8))
        #expect(text.hasPrefix("apus:per_ip:{#") && text.hasSuffix("}"))
        #expect(text.utf8.count == "apus:per_ip:{#}".utf8.count + 43)
    }

    @Test func `the digest is SHA-256 in base64url`() {
        // printf '= ' | openssl dgst -sha256 -binary | basenc --base64url
        #expect(key(Array("= ".utf8)) == "apus:per_ip:{#\(Self.digestOfBlank)}")
    }

    private static let digestOfBlank: String = {
        var digester = Digester()
        let digest = digester.digest(of: Array("= ".utf8).span, .sha256)
        return TokenForge.base64((0..<digest.count).map { digest.bytes[$0] })
    }()

    @Test func `the longest material that stands in a key is 64 bytes`() {
        let material = Array(("=" + String(repeating: "a", count: 63)).utf8)
        #expect(key(material).contains("{=aaa"))
    }

    @Test func `keys of any material are apart, and one hash tag each`() {
        var dice = Dice(seed: 2)
        var seen: [String: [UInt8]] = [:]
        for _ in 0..<5000 {
            let material = [0x3d] + dice.bytes(countMax: 80)
            let text = key(material)
            #expect(text.filter { $0 == "{" }.count == 1 && text.filter { $0 == "}" }.count == 1)
            #expect(text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f })
            if let other = seen.updateValue(material, forKey: text) { #expect(other == material) }
        }
    }

    @Test func `limits of one key have one hash tag`() {
        let material = Array("=a b".utf8)
        let tags = ["one", "two"].map { key(material, prefix: "x", limit: $0).drop { $0 != "{" } }
        #expect(tags[0] == tags[1])
    }
}
