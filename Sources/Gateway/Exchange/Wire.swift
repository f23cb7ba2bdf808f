import Bytes
import Linux
import TLS

/// A socket with the bytes on their way through it: the half that both sides of an exchange share.
///
/// It holds a buffer only while bytes wait in it, so that an idle connection costs no buffer.
///
/// - Invariant: `state` says `.readable` until a read has come back short, and `.writable` until a
///   write has: with edge-triggered reports, forgetting either too early would wait for ever.
struct Wire: ~Copyable {
    private(set) var stream: Stream
    private(set) var state: WireState
    /// Bytes received and not consumed.
    ///
    /// Without storage while there are none.
    var input = Buffer()
    /// Bytes composed and not sent; they go before anything relayed.
    ///
    /// Without storage while there
    /// are none.
    var output = Buffer()

    /// Whether the end of our side follows what is sent next, at once.
    ///
    /// Both then leave in one packet, which costs a short-lived connection a tenth less.
    var isLast = false

    /// Writes that moved something, counted round: whether a slow peer takes anything at all.
    private(set) var writeCount: UInt32 = 0

    init(socket: Socket, state: WireState) {
        stream = Stream(socket)
        self.state = state
    }

    /// Goes on with TLS, from the first byte that is neither read nor in `input`.
    mutating func secure(_ stream: Stream) {
        self.stream = stream
        noteAll()
    }

    /// Has the next read and the next write ask, whatever was known.
    mutating func noteAll() { state.formUnion([.readable, .writable]) }

    /// Adds what the poller reported.
    mutating func note(_ readiness: Readiness) {
        // TLS may have to read to go on writing, and the other way.
        if stream.isSecure { noteAll() }
        if readiness.contains(.readable) { state.insert(.readable) }
        if readiness.contains(.writable) { state.insert(.writable) }
        guard !readiness.isDisjoint(with: [.ended, .broken]) else { return }
        // An end or an error is found by the next read or write, which must therefore happen.
        if readiness.contains(.ended) { state.formUnion([.readable, .ended]) }
        if !readiness.isDisjoint(with: .broken) {
            state.formUnion([.readable, .writable, .broken])
        }
    }

    /// Makes sure that `output` has room for `byteCount` more bytes, if any size of buffer has.
    mutating func openOutput(_ byteCount: Int, from pool: inout BufferPool) {
        if output.room >= byteCount { return }
        guard output.hasStorage else {
            output = pool.take(byteCount <= BufferPool.smallBytes ? .small : .large)
            return
        }
        output.moveToFront()
        let needed = output.count + byteCount
        guard output.capacity < needed, output.capacity < BufferPool.largeBytes else {
            return
        }
        var larger = pool.take(needed <= BufferPool.smallBytes ? .small : .large)
        larger.append(output)
        pool.give(output.take())
        output = larger
    }

    /// Reads once, into free room of the input buffer.
    ///
    /// - Returns: As the socket; `.wouldBlock` also while it is known to be dry. `nil` if the
    ///   buffer is full.
    mutating func receive(
        by transport: inout some Transport & ~Copyable, from pool: inout BufferPool
    ) -> IOResult? {
        guard state.contains(.readable) else { return .wouldBlock }
        openInput(from: &pool)
        let room = input.room
        guard room > 0 else { return nil }
        var result = transport.receive(on: stream, into: &input)
        if case .wouldBlock = result, isPastHalfRecord {
            result = transport.receive(on: stream, into: &input)
        }
        switch result {
        case .bytes(let count):
            if count == room && count >= BufferPool.largeBytes / 2 {
                state.insert(.plentiful)
            } else {
                state.remove(.plentiful)
            }
            // A short read has emptied the socket; unless the end is already behind those bytes.
            if count < room && state.isDisjoint(with: [.ended, .broken]) {
                state.remove(.readable)
                if stream.isSecure, transport.endWaits(on: stream) {
                    state.formUnion([.readable, .ended])
                }
            }
        case .wouldBlock:
            state.remove(.readable)
        case .ended:
            state.insert(.ended)
            state.remove(.readable)
        case .failed:
            state.insert(.broken)
        }
        return result
    }

    /// Whether an end was reported that a read of TLS has not come to: it stops behind the half of
    /// a record, and nothing would report the end once more.
    private var isPastHalfRecord: Bool {
        stream.isSecure && !state.isDisjoint(with: [.ended, .broken])
    }

    /// Goes on with the handshake of TLS.
    func shake(by transport: inout some Transport & ~Copyable) -> Session.Handshake {
        let result = transport.shake(stream)
        guard case .waits = result, isPastHalfRecord else { return result }
        return transport.shake(stream)
    }

    /// Sends what waits in `output`.
    ///
    /// - Returns: `nil` once nothing waits any more; else why not.
    mutating func flush(
        by transport: inout some Transport & ~Copyable, to pool: inout BufferPool
    ) -> IOResult? {
        while !output.isEmpty {
            guard state.contains(.writable) else { return .wouldBlock }
            let asked = output.count
            let result = transport.send(on: stream, asked, of: output, isLast: isLast)
            note(result, ofAsked: asked)
            guard case .bytes(let count) = result else { return result }
            output.consume(count)
        }
        if output.hasStorage { pool.give(output.take()) }
        return nil
    }

    /// Sends what waits in `output`, then the first `count` bytes of `tail`, in one call where it
    /// can.
    ///
    /// - Returns: How many bytes of `tail` went, or why none did.
    mutating func relay(
        _ count: Int, of tail: borrowing Buffer, by transport: inout some Transport & ~Copyable,
        to pool: inout BufferPool
    ) -> IOResult {
        guard state.contains(.writable) else { return .wouldBlock }
        let asked = output.count + count
        let result =
            output.isEmpty
            ? transport.send(on: stream, count, of: tail, isLast: isLast)
            : transport.send(on: stream, output, then: count, of: tail, isLast: isLast)
        note(result, ofAsked: asked)
        guard case .bytes(let sent) = result else { return result }
        let ofOutput = min(sent, output.count)
        output.consume(ofOutput)
        if output.isEmpty { pool.give(output.take()) }
        return .bytes(sent - ofOutput)
    }

    /// Gives back the input buffer if nothing waits in it, or changes it for a small one if that is
    /// enough: a peer that sends half a head and no more holds 4 KiB, not 64.
    mutating func park(to pool: inout BufferPool) {
        if input.isEmpty {
            if input.hasStorage { pool.give(input.take()) }
            return
        }
        let small = BufferPool.smallBytes
        guard input.capacity > small, input.count <= small / 2 else { return }
        var kept = pool.take(.small)
        kept.append(input)
        pool.give(input.take())
        input = kept
    }

    /// Gives back both buffers, with whatever is in them.
    mutating func dropBuffers(to pool: inout BufferPool) {
        if input.hasStorage { pool.give(input.take()) }
        if output.hasStorage { pool.give(output.take()) }
    }

    /// Makes sure that `input` has room for `byteCount` bytes in all.
    mutating func openInput(_ byteCount: Int, from pool: inout BufferPool) {
        guard input.capacity < byteCount else { return input.moveToFront() }
        var larger = pool.take(holding: byteCount)
        larger.append(input)
        pool.give(input.take())
        input = larger
    }

    private mutating func openInput(from pool: inout BufferPool) {
        let isBulk = state.contains(.plentiful) && pool.hasBulkLeft
        guard input.hasStorage else {
            input = pool.take(isBulk ? .bulk : .large)
            return
        }
        guard input.capacity >= (isBulk ? BufferPool.bulkBytes : BufferPool.largeBytes) else {
            var larger = pool.take(isBulk ? .bulk : .large)
            larger.append(input)
            pool.give(input.take())
            input = larger
            return
        }
        // Moving a few bytes now spares a short read later.
        if input.room < input.capacity / 4 { input.moveToFront() }
    }

    private mutating func note(_ result: IOResult, ofAsked count: Int) {
        switch result {
        case .bytes(let sent):
            writeCount &+= 1
            if sent < count { state.remove(.writable) }
        case .wouldBlock:
            state.remove(.writable)
        case .ended, .failed:
            // What the peer said before it went may still wait to be read.
            state.formUnion([.readable, .broken])
        }
    }
}

/// What is known of a wire's socket.
struct WireState: OptionSet {
    let rawValue: UInt8

    static let readable = WireState(rawValue: 1)
    static let writable = WireState(rawValue: 2)
    /// The peer will send no more; bytes may still wait before that end.
    static let ended = WireState(rawValue: 4)
    /// The socket is dead in both directions, or reported an error.
    static let broken = WireState(rawValue: 8)
    /// The last read filled a large buffer: the next one takes a larger.
    static let plentiful = WireState(rawValue: 16)
}
