import Bytes
import Linux
import Redis

/// One connection to a server of the store, with the calls that wait on it.
struct StoreLink: ~Copyable {
    /// What it was made for.
    enum Errand: Equatable {
        /// Calls, to a node.
        case calls(node: Int)
        /// To learn who the masters are, once.
        case scouting(seed: Int)
        /// To hear what other gateways publish.
        case listening
    }

    var wire: Wire
    var machine: StoreLinkMachine
    var reader: ReplyReader
    var queue = StoreQueue()
    /// What is needed to send the calls once more, the first call's first.
    var tails = Buffer()
    let errand: Errand
    let address: SocketAddress
    let began: MonotonicInstant
    /// When it must be ready, or have learnt what it was made for.
    let deadline: MonotonicInstant
    /// Since when the first call is overdue; `nil` while it is not.
    var overdueSince: MonotonicInstant?
    /// Whether it is among those to be flushed when the turn ends.
    var isTouched = false

    init(
        _ socket: Socket, to address: SocketAddress, isConnected: Bool, machine: StoreLinkMachine,
        errand: Errand,
        began: MonotonicInstant, deadline: MonotonicInstant
    ) {
        wire = Wire(socket: socket, state: isConnected ? .writable : [])
        self.machine = machine
        self.errand = errand
        self.address = address
        self.began = began
        self.deadline = deadline
        switch errand {
        case .calls, .listening: reader = ReplyReader(.call)
        case .scouting: reader = ReplyReader(.topology)
        }
    }

    /// Whether nothing may come from the server.
    var isIdle: Bool {
        guard case .calls = errand else { return false }
        return machine.phase == .ready && queue.count == 0
    }

    /// Makes sure that so many more bytes of tails can be kept, if they may be.
    mutating func openTails(_ byteCount: Int, capacity: Int) -> Bool {
        if tails.room >= byteCount { return true }
        if !tails.hasStorage { tails = Buffer(capacity: capacity) }
        tails.moveToFront()
        return tails.room >= byteCount
    }

    /// Reads what was received.
    mutating func absorb() throws(ReplyProblem) {
        var input = wire.input.take()
        let isRead = input.withReadable { (bytes: borrowing Span<UInt8>) -> Bool in
            (try? reader.feed(bytes)) != nil
        }
        input.consume(input.count)
        wire.input = input
        if !isRead { throw .garbled }
    }

    /// Writes unsent calls to the output, as far as it has room.
    mutating func stage(
        from calls: inout Slab<StoreCall>, by plan: StorePlan, pool: inout BufferPool
    ) {
        while queue.firstUnsent != .max {
            let slot = queue.firstUnsent
            let call = calls[slot]
            // One whose asker has gone needs no answer.
            if !call.marks.contains(.abandoned) {
                let byteCount = plan.byteCount(of: call)
                wire.openOutput(byteCount, from: &pool)
                guard wire.output.room >= byteCount else { return }
                var output = wire.output.take()
                let start = queue.sentByteCount
                tails.withReadable { (bytes: borrowing Span<UInt8>) in
                    let tail = bytes.extracting(start..<(start &+ Int(call.byteCount)))
                    plan.write(call, tail: tail, to: &output)
                }
                wire.output = output
                calls[slot].marks.insert(.sent)
            }
            queue.passUnsent(call)
        }
    }

    /// Takes the first call out, and its tail with it.
    mutating func removeFirst(from calls: inout Slab<StoreCall>) -> StoreCall {
        let call = queue.removeFirst(from: &calls)
        tails.consume(Int(call.byteCount))
        return call
    }

    /// Drops calls at the front that nobody waits for and no answer will come to.
    mutating func dropUnsent(from calls: inout Slab<StoreCall>) {
        while queue.head != .max {
            let marks = calls[queue.head].marks
            guard marks.contains(.abandoned), !marks.contains(.sent) else { return }
            _ = removeFirst(from: &calls)
        }
    }
}
