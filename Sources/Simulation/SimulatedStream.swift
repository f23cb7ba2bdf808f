import Linux
import Reactor

/// One connection between the gateway and somebody whom a test plays: its peer.
///
/// The package verbs are the peer's. What the gateway does comes through ``SimulatedKernel``.
package final class SimulatedStream {
    enum Stage { case connecting, established, refused, silent }

    /// The gateway's descriptor.
    package let number: Int32
    /// Bytes that may wait for the peer; what the kernel's buffers hold in the middle of a real
    /// one.
    package var roomMax: Int
    var stage: Stage
    /// Bytes on their way to the gateway.
    private(set) var inbound: [UInt8] = []
    /// Bytes on their way to the peer.
    private var outbound: [UInt8] = []
    /// How many of those, at their end, wait for the end that was announced with them.
    private var heldCount = 0
    /// Under which the gateway watches it; `nil` while it does not.
    var token: Token?
    /// Whether something changed since the last report.
    var isPending = false
    private var pendingError: Errno?
    private var wantsRoom = false
    private var facts: Facts = []

    init(number: Int32, stage: Stage, roomMax: Int) {
        self.number = number
        self.stage = stage
        self.roomMax = roomMax
    }

    /// What has happened to the connection, for good.
    private struct Facts: OptionSet {
        let rawValue: UInt8

        static let peerEnded = Facts(rawValue: 1)
        /// The peer reads no more: what is written to it is answered by a reset.
        static let peerLeft = Facts(rawValue: 2)
        static let broken = Facts(rawValue: 4)
        static let endedWrites = Facts(rawValue: 8)
        static let closed = Facts(rawValue: 16)
        static let sawReset = Facts(rawValue: 32)
    }

    // MARK: The peer

    /// Whether the peer was told that the connection is void.
    package var sawReset: Bool { facts.contains(.sawReset) }

    /// Whether the peer has read all there will ever be.
    package var sawEnd: Bool {
        outbound.isEmpty && !facts.isDisjoint(with: [.endedWrites, .closed]) || sawReset
    }

    /// Bytes that wait for the peer.
    package var waitingCount: Int { outbound.count }

    /// Sends bytes, unless the connection is gone; the gateway's kernel answers those with a reset.
    package func send(_ bytes: [UInt8]) {
        guard !bytes.isEmpty, facts.isDisjoint(with: [.broken, .peerEnded]) else { return }
        if facts.contains(.closed) { return becomeVoid() }
        inbound += bytes
        isPending = true
    }

    /// Sends text.
    package func send(_ text: String) { send(Array(text.utf8)) }

    /// Takes up to `countMax` bytes.
    package func take(_ countMax: Int = .max) -> [UInt8] {
        let taken = Array(outbound.prefix(min(countMax, outbound.count - heldCount)))
        outbound.removeFirst(taken.count)
        if wantsRoom && !taken.isEmpty {
            wantsRoom = false
            isPending = true
        }
        return taken
    }

    /// Says that it will send no more, and goes on reading.
    package func end() {
        guard facts.isDisjoint(with: [.broken, .closed, .peerEnded]) else { return }
        facts.insert(.peerEnded)
        isPending = true
    }

    /// Closes: reads no more either.
    package func close() {
        guard outbound.isEmpty else { return reset() }
        end()
        facts.insert(.peerLeft)
    }

    /// Breaks the connection off.
    package func reset() {
        outbound = []
        heldCount = 0
        facts.insert(.peerLeft)
        guard facts.isDisjoint(with: [.closed, .broken]) else { return }
        fail()
        pendingError = .connectionReset
    }

    /// What the gateway had not yet read when the connection became void is lost to the peer, as on
    /// a real network it may be.
    private func becomeVoid() {
        facts.insert(.sawReset)
        outbound = []
        heldCount = 0
    }

    // MARK: The gateway's side

    /// Breaks the connection in both directions.
    private func fail() {
        facts.insert(.broken)
        facts.insert(.peerEnded)
        isPending = true
    }

    /// Makes the connection void because a call on it failed.
    func noteCallFailed() {
        fail()
        becomeVoid()
        inbound = []
    }

    var room: Int { max(0, roomMax - outbound.count) }

    var readiness: Readiness {
        switch stage {
        case .connecting, .silent: return []
        case .refused: return [.readable, .writable, .ended, .broken]
        case .established: break
        }
        var readiness: Readiness = []
        if !inbound.isEmpty || facts.contains(.peerEnded) { readiness.insert(.readable) }
        if room > 0 || facts.contains(.broken) { readiness.insert(.writable) }
        if facts.contains(.peerEnded) { readiness.insert(.ended) }
        if facts.contains(.broken) || facts.contains(.peerEnded) && facts.contains(.endedWrites) {
            readiness.formUnion(.broken)
        }
        return readiness
    }

    /// Takes bytes for the gateway.
    ///
    /// - Parameter share: At least 1, at most what waits.
    func read(_ share: Int) -> [UInt8] {
        let taken = Array(inbound.prefix(share))
        inbound.removeFirst(share)
        // The rest comes a moment later: a short read has emptied the socket, as far as its reader
        // can see.
        if !inbound.isEmpty { isPending = true }
        return taken
    }

    /// What a read finds when no bytes wait.
    func readNothing() -> IOResult {
        if let error = pendingError {
            pendingError = nil
            return .failed(error)
        }
        return facts.contains(.peerEnded) ? .ended : .wouldBlock
    }

    /// Why a write cannot be; `nil` if it can.
    func writeProblem() -> IOResult? {
        guard stage == .established else { return .wouldBlock }
        if let error = pendingError {
            pendingError = nil
            return .failed(error)
        }
        if facts.contains(.broken) || facts.contains(.endedWrites) { return .failed(.brokenPipe) }
        if room == 0 {
            wantsRoom = true
            return .wouldBlock
        }
        return nil
    }

    /// Takes bytes from the gateway.
    ///
    /// - Parameters:
    ///   - isShort: Whether more were asked for.
    ///   - isLast: Whether they may wait for the end. (A real kernel lets them go after 200 ms.)
    func write(_ bytes: [UInt8], isShort: Bool, isLast: Bool) {
        if facts.contains(.peerLeft) {
            fail()
            pendingError = .connectionReset
            return
        }
        outbound += bytes
        heldCount = isLast && !isShort ? heldCount + bytes.count : 0
        guard isShort else { return }
        if room == 0 { wantsRoom = true } else { isPending = true }
    }

    func shutdownWrites() {
        facts.insert(.endedWrites)
        heldCount = 0
        if facts.contains(.peerEnded) { isPending = true }
    }

    /// Closes.
    ///
    /// Bytes that nobody read make it a reset (RFC 1122 §4.2.2.13).
    func close(isReset: Bool) {
        facts.insert(.closed)
        token = nil
        if isReset || !inbound.isEmpty { becomeVoid() }
        heldCount = 0
        inbound = []
    }
}
