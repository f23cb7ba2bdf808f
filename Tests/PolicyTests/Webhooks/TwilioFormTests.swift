import Bytes
import Dice
import Testing

@testable import Policy

@Suite struct TwilioFormTests {
    private static let form = "application/x-www-form-urlencoded"

    private func composed(
        _ body: [UInt8], type: String? = form, target: String = "/"
    ) -> Result<[UInt8], WebhookRefusal> {
        var scratch = WebhookScratch()
        var sample = DeliverySample(target: Array(target.utf8), body: body)
        if let type { sample = sample.with("Content-Type", type) }
        return sample.read { head, bytes, _ in
            var text = Buffer(capacity: body.count + 64)
            do throws(WebhookRefusal) {
                let range = try TwilioForm.compose(
                    head, in: bytes, body: body.span, scratch: &scratch, to: &text)
                return .success(Array(text.copy()[range.indices]))
            } catch {
                return .failure(error)
            }
        }
    }

    /// As Twilio's libraries put it together, by plain code.
    private func model(_ body: [UInt8]) -> [UInt8] {
        FormModel.parameters(body).sorted { left, right in
            left[0] == right[0]
                ? left[1].lexicographicallyPrecedes(right[1])
                : left[0].lexicographicallyPrecedes(right[0])
        }.flatMap { $0[0] + $0[1] }
    }

    @Test func `parameters are sorted by name, then value, each pair once`() {
        let body = Array("b=2&a=1&b=1&b=2&aa=3&a=1&B=0&=x&empty&blank=".utf8)
        #expect(composed(body) == .success(Array("xB0a1aa3b1b2blankempty".utf8)))
        #expect(composed(Array("a=b=c&%61=%62+%2b".utf8)) == .success(Array("ab +ab=c".utf8)))
    }

    @Test func `forms of all kinds are put together as plain code does it`() {
        var dice = Dice(seed: 0x7110)
        let alphabet = Array("aab=&=&%2b+%41ABz".utf8)
        var count = 0
        for _ in 0..<3000 {
            let body = dice.bytes(of: alphabet, countMax: 60)
            guard case .success(let text) = composed(body) else { continue }
            guard !FormModel.parameters(body).isEmpty else { continue }
            count += 1
            #expect(text == model(body))
        }
        #expect(count > 500)
    }

    @Test func `many parameters are sorted, more are refused`() {
        var dice = Dice(seed: 3)
        let all = (0..<1024).map { _ in "k\(dice.below(90))=v\(dice.below(50))" }
        let body = Array(all.joined(separator: "&").utf8)
        #expect(composed(body) == .success(model(body)))
        #expect(composed(body + Array("&x=1".utf8)) == .failure(.bodyUnreadable))
    }

    @Test(arguments: ["a=%", "a=%4", "a=%zz", "%g1=b"])
    func `an escape that is none is refused`(_ body: String) {
        #expect(composed(Array(body.utf8)) == .failure(.bodyUnreadable))
    }

    @Test func `a body that nothing signs is refused`() {
        let json = Array("{}".utf8)
        #expect(composed(json, type: "application/json") == .failure(.bodyUnsigned))
        #expect(composed(json, type: nil) == .failure(.bodyUnsigned))
        #expect(composed(Array("&&".utf8)) == .failure(.bodyUnsigned))
        #expect(composed([], type: nil) == .success([]))
    }

    @Test func `the digest in the query is the body's`() {
        let target =
            "/?a=1&bodySHA256=44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a"
        let json = Array("{}".utf8)
        #expect(composed(json, type: "application/json", target: target) == .success([]))
        #expect(composed(json + [0x20], type: nil, target: target) == .failure(.bodyDigestWrong))
        // Whoever calls it a form, and leaves it empty, takes away what was signed.
        #expect(composed([], target: target) == .failure(.bodyDigestWrong))
        #expect(composed(Array("&".utf8), target: target) == .failure(.bodyDigestWrong))
        #expect(composed(json, type: nil, target: "/?bodySHA256=xx") == .failure(.bodyDigestWrong))
        #expect(
            composed(json, type: nil, target: "/?bodySHA256=" + String(repeating: "0", count: 400))
                == .failure(.bodyDigestWrong))
    }
}
