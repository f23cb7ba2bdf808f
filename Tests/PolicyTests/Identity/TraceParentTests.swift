import Bytes
import Testing

@testable import Policy

@Suite struct TraceParentTests {
    private static let id = "4bf92f3577b34da6a3ce929d0e0e4736"
    private static let parent = "00-\(id)-00f067aa0ba902b7-01"

    /// What is sent upstream for a request with these `traceparent` lines.
    private static func sent(
        _ lines: [String], state: String? = nil, isTrusted: Bool = true,
        _ mode: TraceMode = .continued, seed: UInt64 = 1
    ) -> (text: String, keepsState: Bool) {
        var request = SentRequest()
        for line in lines { request = request.with("traceparent", line) }
        if let state { request = request.with("tracestate", state) }
        var random = RandomSource(seed: seed)
        let context = request.read { head, bytes in
            TraceParent(
                head, bytes, isTrusted: isTrusted, isSecure: false,
                TracePlan(mode: mode, sampler: nil), random: &random)
        }
        return (appended { context.append(to: &$0) }, context.traits.contains(.keepsState))
    }

    /// Whether the text is a valid `traceparent` of another trace than the sample's.
    private static func isNew(_ text: String) -> Bool {
        text.wholeMatch(of: /00-[0-9a-f]{32}-[0-9a-f]{16}-02/) != nil && !text.contains(id)
    }

    @Test func `a valid trace goes on under a new parent`() {
        let sent = Self.sent([Self.parent])
        #expect(sent.text.hasPrefix("00-\(Self.id)-"))
        #expect(sent.text.hasSuffix("-01"))
        #expect(!sent.text.contains("00f067aa0ba902b7"))
        #expect(sent.text.utf8.count == TraceParent.textBytes)
    }

    @Test(arguments: [
        ("00", "00", "00"), ("01", "01", "00"), ("02", "02", "02"), ("03", "03", "02"),
        ("ff", "03", "02"), ("fc", "00", "00"),
    ])
    func `sampled is believed of trusted peers only, and unknown flags are dropped`(
        _ flags: String, _ trusted: String, _ stranger: String
    ) {
        let line = "00-\(Self.id)-00f067aa0ba902b7-\(flags)"
        #expect(Self.sent([line]).text.suffix(3) == "-\(trusted)")
        #expect(Self.sent([line], isTrusted: false).text.suffix(3) == "-\(stranger)")
        #expect(Self.sent([line], isTrusted: false).text.contains(Self.id))
    }

    @Test(arguments: [
        "", "00", "00-", parent + "-", parent + "0", "0\(parent)", String(parent.dropLast()),
        parent.uppercased(), "00-\(id)-0000000000000000-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "ff-\(id)-00f067aa0ba902b7-01", "0x-\(id)-00f067aa0ba902b7-01",
        "00_\(id)-00f067aa0ba902b7-01", "00-\(id)_00f067aa0ba902b7-01",
        "00-\(id)-00f067aa0ba902b7_01", "00-\(id)-00f067aa0ba902b7-0g",
        "00-\(id)-00F067aa0ba902b7-01", "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-010",
        "01-\(id)-00f067aa0ba902b7-01.more", "01-\(id)-00f067aa0ba902b7-01x",
        "00-\(id)-00f067aa0ba902b7-01-more", "\(parent),\(parent)",
    ])
    func `what is not valid begins a new trace, and its state is ignored`(_ line: String) {
        let sent = Self.sent([line], state: "a=b")
        #expect(Self.isNew(sent.text))
        #expect(!sent.keepsState)
    }

    @Test(arguments: [
        "01-\(id)-00f067aa0ba902b7-01", "01-\(id)-00f067aa0ba902b7-01-",
        "fe-\(id)-00f067aa0ba902b7-01-more.of-it",
    ])
    func `a later version is read as far as it is known and sent on as 00`(_ line: String) {
        #expect(Self.sent([line]).text.hasPrefix("00-\(Self.id)-"))
    }

    @Test func `two fields are one too many, none begins a trace, restart always does`() {
        #expect(Self.isNew(Self.sent([Self.parent, Self.parent]).text))
        #expect(Self.isNew(Self.sent([]).text))
        #expect(Self.isNew(Self.sent([Self.parent], state: "a=b", .restart).text))
        #expect(!Self.sent([Self.parent], state: "a=b", .restart).keepsState)
        #expect(Self.sent([Self.parent], state: "a=b").keepsState)
        #expect(!Self.sent([Self.parent]).keepsState)
    }

    @Test func `new traces are all different and the id stands where it is said to`() {
        let texts = (0..<200).map { Self.sent([], seed: UInt64($0)).text }
        #expect(Set(texts.map { $0.dropFirst(3).prefix(32) }).count == 200)
        let range = TraceParent.traceID(inTextAt: 7)
        #expect(range == ByteRange(10, 42))
    }

    @Test func `a prefix of a valid line never traps`() {
        for count in 0...Self.parent.count {
            let text = Self.sent([String(Self.parent.prefix(count))]).text
            #expect(Self.isNew(text) == (count < Self.parent.count))
        }
    }
}
