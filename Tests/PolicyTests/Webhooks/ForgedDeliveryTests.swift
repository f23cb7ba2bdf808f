import Dice
import Testing

@testable import Policy

/// Nothing passes but what was signed, to the bit.
@Suite struct ForgedDeliveryTests {
    @Test(arguments: WebhookVector.all)
    func `a bit that differs in what is signed has it refused`(_ vector: WebhookVector) throws {
        let verifier = try vector.verifier()
        var scratch = WebhookScratch()
        var count = 0
        func expectRefused(_ sample: DeliverySample, _ what: String, _ bit: Int) {
            count += 1
            let ruling = sample.ruling(by: verifier, &scratch)
            if ruling.refusal == nil { Issue.record("bit \(bit) of \(what)") }
        }
        for index in vector.sample.headers.indices
        where vector.covers.contains(vector.sample.headers[index].name) {
            let name = vector.sample.headers[index].name
            for bit in 0..<vector.sample.headers[index].value.count * 8 {
                var sample = vector.sample
                sample.headers[index].value[bit / 8] ^= 1 << UInt8(bit % 8)
                expectRefused(sample, name, bit)
            }
        }
        if vector.covers.contains("target") {
            for bit in 0..<vector.sample.target.count * 8 {
                var sample = vector.sample
                sample.target[bit / 8] ^= 1 << UInt8(bit % 8)
                expectRefused(sample, "the target", bit)
            }
        }
        for bit in coveredBits(vector) {
            var sample = vector.sample
            sample.body[bit / 8] ^= 1 << UInt8(bit % 8)
            expectRefused(sample, "the body", bit)
        }
        #expect(count > 100)
    }

    /// Of the body; of a form no bit that leaves its parameters as they are.
    private func coveredBits(_ vector: WebhookVector) -> [Int] {
        let body = vector.sample.body
        if vector.covers.contains("body") { return Array(0..<body.count * 8) }
        if vector.name.hasPrefix("twilio") {
            let parameters = FormModel.parameters(body)
            return (0..<body.count * 8).filter { bit in
                var other = body
                other[bit / 8] ^= 1 << UInt8(bit % 8)
                return FormModel.parameters(other) != parameters
            }
        }
        return vector.bodyTexts.flatMap { text -> [Int] in
            let start = (0..<body.count).first { body[$0...].starts(with: text.utf8) } ?? 0
            return Array(start * 8..<(start + text.utf8.count) * 8)
        }
    }

    @Test(arguments: WebhookVector.all)
    func `bytes that are added or taken have it refused`(_ vector: WebhookVector) throws {
        guard vector.covers.contains("body") else { return }
        let verifier = try vector.verifier()
        var sample = vector.sample
        for byte: UInt8 in [0x00, 0x0a, 0x20, 0x7d] {
            sample.body = vector.sample.body + [byte]
            #expect(sample.ruling(by: verifier).refusal != nil)
            sample.body = [byte] + vector.sample.body
            #expect(sample.ruling(by: verifier).refusal != nil)
        }
        for count in 0..<vector.sample.body.count {
            sample.body = Array(vector.sample.body.prefix(count))
            #expect(sample.ruling(by: verifier).refusal != nil)
        }
    }

    @Test func `junk in every place is refused, without a trap`() throws {
        var dice = Dice(seed: 0x3eb)
        var scratch = WebhookScratch()
        let alphabet = Array("0123456789abcdefv=,;. {}\"\\&+%:|tsh1AQ".utf8)
        for vector in WebhookVector.all {
            let verifier = try vector.verifier()
            for _ in 0..<300 {
                var sample = vector.sample
                for index in sample.headers.indices where dice.below(3) > 0 {
                    sample.headers[index].value =
                        dice.below(2) == 0
                        ? dice.bytes(countMax: 200) : dice.bytes(of: alphabet, countMax: 200)
                }
                // Something that is signed always differs.
                let covered = sample.headers.indices.filter {
                    vector.covers.contains(sample.headers[$0].name)
                }
                for index in covered { sample.headers[index].value.append(0x7e) }
                if dice.below(2) == 0 || covered.isEmpty {
                    sample.body = dice.bytes(of: alphabet, countMax: 400)
                }
                if dice.below(4) == 0 { sample.target = dice.bytes(of: alphabet, countMax: 60) }
                if dice.below(8) == 0 { sample.host = dice.bytes(countMax: 20) }
                #expect(sample.ruling(by: verifier, &scratch).refusal != nil)
            }
        }
    }

    @Test func `more signatures than anybody sends are not looked at`() throws {
        let vector = try #require(WebhookVector.all.first { $0.name == "stripe" })
        let verifier = try vector.verifier()
        let good = String(decoding: vector.sample.headers[0].value, as: UTF8.self)
        let time = good.prefix { $0 != "," }
        let genuine = good.dropFirst(time.count)
        let wrong = ",v1=" + String(repeating: "0", count: 64)
        func ruling(_ value: String) -> WebhookRuling {
            var sample = vector.sample
            sample.headers[0].value = Array(value.utf8)
            return sample.ruling(by: verifier)
        }
        #expect(ruling(time + String(repeating: wrong, count: 31) + genuine) == .verified)
        #expect(
            ruling(time + String(repeating: wrong, count: 32) + genuine)
                == .refused(.signatureWrong))
        #expect(
            ruling(good + String(repeating: ",v9=x", count: 2000)) == .refused(.signatureTooLong))
        #expect(ruling(good + ",t=1") == .refused(.timestampRepeated))
        #expect(ruling(time + ",v0=" + genuine.dropFirst(4)) == .refused(.signatureUnreadable))
    }
}

/// A form's parameters by plain code, which shares none with what it judges.
enum FormModel {
    static func parameters(_ body: [UInt8]) -> Set<[[UInt8]]> {
        let pieces = body.split(separator: 0x26, omittingEmptySubsequences: true)
        return Set(
            pieces.map { piece in
                let name = piece.prefix { $0 != 0x3d }
                return [decoded(Array(name)), decoded(Array(piece.dropFirst(name.count + 1)))]
            })
    }

    static func decoded(_ text: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        var rest = text[...]
        while let byte = rest.popFirst() {
            if byte == 0x2b {
                bytes.append(0x20)
            } else if byte == 0x25, rest.count >= 2,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return bytes
    }
}
