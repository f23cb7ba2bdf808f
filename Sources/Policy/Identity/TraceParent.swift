package import Bytes
package import HTTP

/// `trace`: what becomes of the trace that a request says it belongs to.
package enum TraceMode: String, CaseIterable, Sendable {
    /// It goes on, if it is valid.
    case continued = "continue"
    /// A new one begins with every request.
    case restart
}

/// What becomes of traces, by the configuration.
package struct TracePlan: Sendable {
    package let mode: TraceMode
    /// `nil` if nothing is recorded here: then what others decided is passed on.
    package let sampler: TraceSampler?

    package init(mode: TraceMode, sampler: TraceSampler?) {
        self.mode = mode
        self.sampler = sampler
    }
}

/// Yes-or-no facts about a request's place in its trace.
@usableFromInline package struct TraceTraits: OptionSet, Sendable {
    @usableFromInline package let rawValue: UInt8

    @inlinable package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Somebody decided that it is recorded; its number, as the next one, is that of the flag.
    @inlinable package static var isSampled: TraceTraits { TraceTraits(rawValue: 1) }
    /// The low half of the trace's id is random.
    @inlinable package static var isRandom: TraceTraits { TraceTraits(rawValue: 2) }
    /// The peer's `tracestate` goes upstream.
    @inlinable package static var keepsState: TraceTraits { TraceTraits(rawValue: 4) }
    /// Spans of the request are recorded here.
    @inlinable package static var isRecorded: TraceTraits { TraceTraits(rawValue: 8) }
    /// The client came by HTTPS.
    @inlinable package static var isSecure: TraceTraits { TraceTraits(rawValue: 16) }

    /// Those that `traceparent` tells.
    static var flags: UInt8 { 3 }
}

/// A request's place in a trace (W3C Trace Context), as it is sent upstream.
@usableFromInline package struct TraceParent: Sendable, Equatable {
    /// The first half of the trace's id; never 0 together with the second.
    private let high: UInt64
    private let low: UInt64
    /// The id that goes upstream; never 0.
    private let span: UInt64
    /// The id under which the request came; 0 if the trace begins here.
    private let parent: UInt64
    @usableFromInline package private(set) var traits: TraceTraits

    /// Continues the trace of a request, or begins one where it has none that is valid.
    ///
    /// A client can have anything recorded by calling it sampled: only a trusted peer's word on
    /// that is believed.
    package init(
        _ head: borrowing RequestHead, _ bytes: borrowing Span<UInt8>, isTrusted: Bool,
        isSecure: Bool, _ plan: TracePlan, random: inout RandomSource
    ) {
        span = max(1, random.next())
        if case .continued = plan.mode, head.present.contains(.traceparent),
            let received = ReceivedParent(head, bytes)
        {
            high = received.high
            low = received.low
            parent = received.span
            let told = received.flags & (isTrusted ? TraceTraits.flags : 2)
            traits = TraceTraits(
                rawValue: told | (head.present.contains(.tracestate) ? 4 : 0))
        } else {
            high = random.next()
            low = max(1, random.next())
            parent = 0
            traits = .isRandom
        }
        if isSecure { traits.insert(.isSecure) }
        if let sampler = plan.sampler { sample(by: sampler, isTrusted: isTrusted, &random) }
    }

    /// Decides whether the trace is recorded, and says so from here on.
    @inline(never) private mutating func sample(
        by sampler: TraceSampler, isTrusted: Bool, _ random: inout RandomSource
    ) {
        if !isTrusted || parent == 0 {
            // Whoever may choose a trace's id must not choose what is recorded.
            let isSampled = sampler.admits(parent == 0 ? low : random.next())
            traits.remove(.isSampled)
            if isSampled { traits.insert(.isSampled) }
        }
        if traits.contains(.isSampled) { traits.insert(.isRecorded) }
    }

    /// Bytes of the ids that a recorded request's text is followed by: the highest byte of each
    /// first, the trace's, the one that is sent upstream, the gateway's own, and the one that the
    /// request came under, 0 without one.
    package static var idBytes: Int { 40 }

    @inline(never) private func appendIDs(to buffer: inout Buffer) {
        for word in [high, low, span, own, parent] {
            buffer.append(word.byteSwapped, bytes: 8)
        }
    }

    /// The id of the gateway's own span: told by the one that is sent, so that none need be kept.
    private var own: UInt64 {
        let mixed = (span ^ span >> 31) &* 0x9e37_79b9_7f4a_7c15
        return max(1, mixed ^ mixed >> 29)
    }

    /// Bytes of the text.
    @inlinable package static var textBytes: Int { 55 }

    /// Where the trace's id stands in a text that begins at `start`: 32 digits.
    package static func traceID(inTextAt start: Int) -> ByteRange {
        ByteRange(start: start &+ 3, count: 32)
    }

    /// Appends the ``textBytes`` bytes of a `traceparent` of version 00, and the ``idBytes`` bytes
    /// of ids of a request that is recorded.
    package func append(to buffer: inout Buffer) {
        buffer.append("00-")
        buffer.append(Hexadecimal.digits(high >> 32), bytes: 8)
        buffer.append(Hexadecimal.digits(high), bytes: 8)
        buffer.append(Hexadecimal.digits(low >> 32), bytes: 8)
        buffer.append(Hexadecimal.digits(low), bytes: 8)
        buffer.append(0x2d)
        buffer.append(Hexadecimal.digits(span >> 32), bytes: 8)
        buffer.append(Hexadecimal.digits(span), bytes: 8)
        // `-0`, and the digit of the flags.
        buffer.append(0x302d | UInt64(0x30 | traits.rawValue & TraceTraits.flags) << 16, bytes: 3)
        if traits.contains(.isRecorded) { appendIDs(to: &buffer) }
    }
}

/// What a request's `traceparent` says.
private struct ReceivedParent {
    let high: UInt64
    let low: UInt64
    let span: UInt64
    let flags: UInt8

    /// - Returns: `nil` unless there is exactly one field, and it is valid (Trace Context §3.2).
    init?(_ head: borrowing RequestHead, _ bytes: borrowing Span<UInt8>) {
        var value: ByteRange?
        for index in head.fields.indices {
            let field = head.fields[index]
            guard case .traceparent = field.id, !field.isDisguised else { continue }
            guard value == nil else { return nil }
            value = field.value
        }
        guard let value, value.count >= TraceParent.textBytes else { return nil }
        func number(_ offset: Int, _ count: Int) -> UInt64? {
            Hexadecimal.number(bytes, ByteRange(start: value.start &+ offset, count: count))
        }
        func isDash(_ offset: Int) -> Bool { bytes[value.start &+ offset] == 0x2d }
        guard isDash(2), isDash(35), isDash(52), let version = number(0, 2), version != 0xff,
            let high = number(3, 16), let low = number(19, 16), high | low != 0,
            let parent = number(36, 16), parent != 0, let flags = number(53, 2)
        else { return nil }
        if value.count > TraceParent.textBytes {
            // Later versions may say more, after another dash.
            guard version != 0, isDash(TraceParent.textBytes) else { return nil }
        }
        self.high = high
        self.low = low
        span = parent
        self.flags = UInt8(truncatingIfNeeded: flags)
    }
}
