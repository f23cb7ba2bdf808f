import Bytes
import Dice
import Testing

@testable import Policy

@Suite struct TraceSamplerTests {
    /// A request's trace after the decision, and the decision.
    private func sampled(
        _ line: String?, isTrusted: Bool, millionths: UInt32, _ mode: TraceMode = .continued,
        seed: UInt64 = 1
    ) -> (text: String, isRecorded: Bool) {
        var request = SentRequest()
        if let line { request = request.with("traceparent", line) }
        var random = RandomSource(seed: seed)
        let plan = TracePlan(mode: mode, sampler: TraceSampler(millionths: millionths))
        let trace = request.read { head, bytes in
            TraceParent(
                head, bytes, isTrusted: isTrusted, isSecure: false, plan, random: &random)
        }
        let text = written(trace).prefix(TraceParent.textBytes)
        return (
            String(decoding: text, as: UTF8.self), trace.traits.contains(.isRecorded)
        )
    }

    private func written(_ trace: TraceParent) -> [UInt8] {
        var buffer = Buffer(capacity: 200)
        trace.append(to: &buffer)
        return buffer.copy()
    }

    private func parent(_ flags: String) -> String {
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-\(flags)"
    }

    @Test func `all and nothing are what they say`() {
        for random in [0, 1, 1 << 55, (1 << 56) - 1, .max] as [UInt64] {
            #expect(TraceSampler(millionths: 1_000_000).admits(random))
            #expect(!TraceSampler(millionths: 0).admits(random))
        }
    }

    @Test func `a share is the upper end of 56 bits, whatever stands above them`() {
        let half = TraceSampler(millionths: 500_000)
        #expect(half.admits(1 << 55))
        #expect(!half.admits((1 << 55) - 1))
        #expect(!half.admits(0xFF << 56))
        let tenth = TraceSampler(millionths: 100_000)
        // 2⁵⁶ · 0.9, rounded up.
        #expect(tenth.admits(64_851_834_634_135_143))
        #expect(!tenth.admits(64_851_834_634_135_142))
    }

    @Test func `who samples more records all that those record who sample less`() {
        var dice = Dice(seed: 3)
        let shares: [UInt32] = [1, 10_000, 250_000, 999_999, 1_000_000]
        for _ in 0..<2000 {
            let random = dice.next()
            let admitted = shares.map { TraceSampler(millionths: $0).admits(random) }
            #expect(admitted == admitted.sorted { !$0 && $1 })
        }
    }

    @Test func `about the share of new traces is recorded, by their ids`() {
        var count = 0
        for seed in 0..<4000 as Range<UInt64> {
            let (text, isRecorded) = sampled(
                nil, isTrusted: false, millionths: 250_000, seed: seed)
            let low = UInt64(text.dropFirst(19).prefix(16), radix: 16) ?? 0
            #expect(isRecorded == TraceSampler(millionths: 250_000).admits(low))
            #expect(text.suffix(3) == (isRecorded ? "-03" : "-02"))
            if isRecorded { count += 1 }
        }
        #expect((900...1100).contains(count))
    }

    @Test(arguments: [("00", false), ("01", true), ("02", false), ("03", true)])
    func `what a trusted peer decided holds`(_ flags: String, _ isSampled: Bool) {
        for share in [0, 1_000_000] as [UInt32] {
            let (text, isRecorded) = sampled(parent(flags), isTrusted: true, millionths: share)
            #expect(isRecorded == isSampled)
            #expect(text.hasSuffix("-\(flags)"))
        }
    }

    @Test func `strangers decide nothing, neither by a flag nor by the id they choose`() {
        #expect(!sampled(parent("01"), isTrusted: false, millionths: 0).isRecorded)
        let all = sampled(parent("00"), isTrusted: false, millionths: 1_000_000)
        #expect(all.isRecorded && all.text.hasSuffix("-01"))
        let chosen = "00-ffffffffffffffffffffffffffffffff-00f067aa0ba902b7-01"
        let count = (0..<1000).count {
            sampled(chosen, isTrusted: false, millionths: 100_000, seed: $0).isRecorded
        }
        #expect((60...140).contains(count))
    }

    @Test func `a trace that restarts is decided on anew`() {
        let (text, isRecorded) = sampled(
            parent("01"), isTrusted: true, millionths: 0, .restart)
        #expect(!isRecorded && text.hasSuffix("-02"))
    }

    @Test func `the ids of a recorded request follow its text`() {
        var random = RandomSource(seed: 1)
        let plan = TracePlan(mode: .continued, sampler: TraceSampler(millionths: 0))
        let trace = SentRequest().with("traceparent", parent("01")).read { head, bytes in
            TraceParent(head, bytes, isTrusted: true, isSecure: true, plan, random: &random)
        }
        #expect(trace.traits == [.isSampled, .isRecorded, .isSecure])
        let bytes = written(trace)
        #expect(bytes.count == TraceParent.textBytes + TraceParent.idBytes)
        let digits = bytes.suffix(TraceParent.idBytes).map { byte in
            (byte < 16 ? "0" : "") + String(byte, radix: 16)
        }.joined()
        let text = String(decoding: bytes.prefix(TraceParent.textBytes), as: UTF8.self)
        #expect(digits.prefix(32) == "4bf92f3577b34da6a3ce929d0e0e4736")
        let sent = digits.dropFirst(32).prefix(16)
        #expect(sent == text.dropFirst(36).prefix(16))
        let own = digits.dropFirst(48).prefix(16)
        #expect(own != sent && own != "0000000000000000")
        #expect(digits.suffix(16) == "00f067aa0ba902b7")
    }
}
