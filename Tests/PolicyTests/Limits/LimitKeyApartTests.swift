import Bytes
import Crypto
import Dice
import Testing

@testable import Policy

/// Clients that are told apart stay apart, whatever they write.
struct LimitKeyApartTests {
    private let pair = KeyQuestion(.header("a"), .header("b"))

    private func request(_ a: String, _ b: String) -> SentRequest {
        SentRequest().with("A", a).with("B", b)
    }

    @Test func `what stands on one side of a boundary is not what stands on the other`() {
        #expect(pair.material(of: request("a", "bc")) != pair.material(of: request("ab", "c")))
        #expect(pair.material(of: request("", "abc")) != pair.material(of: request("abc", "")))
        #expect(pair.material(of: request("1:a", "b")) != pair.material(of: request("1", "a1:b")))
        #expect(
            pair.material(of: request("a1:b", "c")) != pair.material(of: request("a", "b1:c")))
    }

    @Test func `a header that says an address is not that address`() {
        let question = KeyQuestion(.header("a"))
        let fallback = question.material(of: SentRequest().from("192.0.2.1"))
        for value in ["192.0.2.1", "~192.0.2.1", "=192.0.2.1"] {
            #expect(question.material(of: SentRequest().with("A", value)) != fallback)
        }
        #expect(pair.material(of: SentRequest().from("192.0.2.1")) == fallback)
        #expect(pair.material(of: request("192.0.2.1", "")) != fallback)
    }

    @Test func `a value that says a digest is not that digest`() {
        let question = KeyQuestion(.form("k"))
        let long = [UInt8](repeating: 0x61, count: LimitKeyValue.bytesMax + 1)
        var digester = Digester()
        let digest = digester.digest(of: long.span, .sha256)
        let bytes = (0..<digest.count).map { digest.bytes[$0] }
        let form = SentRequest.sending("application/x-www-form-urlencoded")
        let start = Array("k=".utf8)
        let material = question.material(of: form, body: start + long)
        #expect(material == Array("#".utf8) + bytes)
        for value in [bytes, Array("#".utf8) + bytes] {
            let encoded = value.flatMap { byte in
                Array("%\(byte < 16 ? "0" : "")\(String(byte, radix: 16))".utf8)
            }
            #expect(question.material(of: form, body: start + encoded) != material)
        }
    }

    @Test(arguments: [4095, 4096, 4097, 8192, 40_000])
    func `long values that begin alike stay apart`(count: Int) {
        let beginning = String(repeating: "a", count: count - 1)
        for question in [KeyQuestion(.header("a")), KeyQuestion(.clientIP, .header("a"))] {
            let one = question.material(of: SentRequest().with("A", beginning + "x"))
            let other = question.material(of: SentRequest().with("A", beginning + "y"))
            #expect(one != other)
            #expect(one.count <= LimitKeyPlan.materialBytesMax)
            #expect(one == question.material(of: SentRequest().with("A", beginning + "x")))
        }
    }

    @Test func `eight long values fit`() {
        let parts = (0..<8).map { LimitKeyPart.header("h\($0)") }
        let value = String(repeating: "a", count: LimitKeyValue.bytesMax)
        let request = (0..<8).reduce(SentRequest()) { $0.with("H\($1)", value) }
        #expect(KeyQuestion(key: parts).material(of: request).count == 1 + 8 * (5 + 4096))
    }

    @Test func `an escaped text is the same as the bytes that it stands for, however long`() {
        let question = KeyQuestion(.json(["a"]))
        let count = 3 * LimitKeyValue.bytesMax
        let plain = #"{"a":"\#(String(repeating: "b", count: count))"}"#
        let escaped = #"{"a":"\#(String(repeating: #"\u0062"#, count: count))"}"#
        let other = #"{"a":"\#(String(repeating: #"\u0062"#, count: count - 1))"}"#
        let request = SentRequest.sending("application/json")
        func material(_ body: String) -> [UInt8] {
            question.material(of: request, body: Array(body.utf8))
        }
        #expect(material(plain) == material(escaped) && material(plain) != material(other))
    }

    @Test func `lists of any bytes are equal only if all their parts are`() {
        var dice = Dice(seed: 1)
        let alphabet = Array("ab:=~#12".utf8)
        var seen: [[UInt8]: [String]] = [:]
        let parts = (0..<3).map { LimitKeyPart.header("h\($0)") }
        let question = KeyQuestion(key: parts)
        var scratch = PolicyScratch()
        for _ in 0..<20_000 {
            let values = (0..<3).map { _ in
                String(decoding: dice.bytes(of: alphabet, countMax: 4), as: UTF8.self)
            }
            let request = values.enumerated().reduce(SentRequest()) {
                $0.with("H\($1.offset)", $1.element)
            }
            let material = question.material(of: request, &scratch)
            let first = seen.updateValue(values, forKey: material)
            #expect(first == nil || first == values)
        }
        #expect(seen.count > 15_000)
    }
}
