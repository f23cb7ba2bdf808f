package import Bytes
package import HTTP

/// `trace`: what becomes of the trace that a request says it belongs to.
package enum TraceMode: String, CaseIterable, Sendable {
    /// It goes on, if it is valid.
    case continued = "continue"
    /// A new one begins with every request.
    case restart
}

/// A request's place in a trace (W3C Trace Context), as it is sent upstream.
@usableFromInline package struct TraceParent: Sendable, Equatable {
    /// The first half of the trace's id; never 0 together with the second.
    private let high: UInt64
    private let low: UInt64
    /// This hop's own id; never 0.
    private let span: UInt64
    /// `sampled` and `random`, no other bits.
    private var flags: UInt8
    /// The id under which the request came; 0 if the trace begins here.
    private let parent: UInt64
    /// Whether somebody who is believed has decided on the trace already.
    private let isDecided: Bool
    /// Whether the peer's `tracestate` goes with it.
    package let keepsState: Bool

    private static let sampled: UInt8 = 1
    private static let isRandom: UInt8 = 2

    /// Continues the trace of a request, or begins one where it has none that is valid.
    ///
    /// A client can have anything recorded by calling it sampled: only a trusted peer's word on
    /// that is believed.
    package init(
        _ head: borrowing RequestHead, _ bytes: borrowing Span<UInt8>, isTrusted: Bool,
        _ mode: TraceMode, random: inout RandomSource
    ) {
        span = max(1, random.next())
        if case .continued = mode, head.present.contains(.traceparent),
            let parent = ReceivedParent(head, bytes)
        {
            high = parent.high
            low = parent.low
            self.parent = parent.span
            isDecided = isTrusted
            flags = parent.flags & (isTrusted ? Self.sampled | Self.isRandom : Self.isRandom)
            keepsState = head.present.contains(.tracestate)
            return
        }
        high = random.next()
        low = max(1, random.next())
        flags = Self.isRandom
        parent = 0
        isDecided = false
        keepsState = false
    }

    /// Decides whether the trace is recorded, and says so from here on.
    ///
    /// - Returns: Whether it is.
    package mutating func sample(by sampler: TraceSampler, random: inout RandomSource) -> Bool {
        if isDecided { return flags & Self.sampled != 0 }
        // Whoever may choose a trace's id must not choose what is recorded.
        let chance = parent == 0 ? low : random.next()
        let isSampled = sampler.admits(chance)
        flags = flags & Self.isRandom | (isSampled ? Self.sampled : 0)
        return isSampled
    }

    /// Bytes of ``appendIDs(to:own:)``.
    package static var idBytes: Int { 40 }

    /// Appends the ids of a recorded request, the highest byte of each first: the trace's, that of
    /// the span that is sent upstream, the gateway's own, and the one that the request came under.
    package func appendIDs(to buffer: inout Buffer, own: UInt64) {
        for word in [high, low, span, own, parent] {
            buffer.append(word.byteSwapped, bytes: 8)
        }
    }

    /// Bytes of the text.
    @inlinable package static var textBytes: Int { 55 }

    /// Where the trace's id stands in a text that begins at `start`: 32 digits.
    package static func traceID(inTextAt start: Int) -> ByteRange {
        ByteRange(start: start &+ 3, count: 32)
    }

    /// Appends the ``textBytes`` bytes of a `traceparent` of version 00.
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
        buffer.append(0x302d | UInt64(0x30 &+ flags) << 16, bytes: 3)
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
