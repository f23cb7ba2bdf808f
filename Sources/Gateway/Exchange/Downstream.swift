import Bytes
import HTTP
import Linux
import Policy

/// One client connection.
///
/// - Invariant: `exchange` names a live exchange exactly while the machine says `.exchanging`.
struct Downstream: ~Copyable {
    var wire: Wire
    var machine = DownstreamMachine()
    /// How far the head that is arriving was looked at.
    var reader = RequestReader()
    /// Index into the configuration's listeners.
    let listener: UInt16
    /// The socket's, until a PROXY header names another.
    var peer: Peer
    /// Slot of the exchange that runs on this connection.
    var exchange: UInt32 = .max
    /// The wire's count of writes when the client was last given time to take something.
    var writeCountArmed: UInt32 = .max
    /// Whether the poller reports on it; see ``Worker/watchDownstream(_:)``.
    var isWatched = false
    var marks: DownstreamMarks = []
    /// When the head that is arriving began, or lingering did.
    var began = MonotonicInstant(nanoseconds: 0)
    /// What must come before anything else.
    var opening = Opening.none
    /// What TLS has settled; `nil` where nobody is asked for a certificate.
    var handshake: ClientHandshake?

    init(socket: Socket, listener: Int, peer: Peer) {
        // A fresh socket can be written to; whether it can be read, the first try tells.
        wire = Wire(socket: socket, state: [.readable, .writable])
        self.listener = UInt16(truncatingIfNeeded: listener)
        self.peer = peer
    }

    /// Reads the head that waits in the input, which keeps it.
    mutating func readHead(
        _ limits: HeadLimits, into head: inout RequestHead
    ) throws(WireError) -> HeadProgress {
        var reader = reader
        defer { self.reader = reader }
        return try wire.input.withReadable {
            (bytes: borrowing Span<UInt8>) throws(WireError) -> HeadProgress in
            try reader.read(bytes, limits: limits, into: &head)
        }
    }
}

/// What a connection waits for.
struct DownstreamMarks: OptionSet {
    let rawValue: UInt8

    /// To be gone on with in the next turn, at a handshake.
    static let parked = DownstreamMarks(rawValue: 1)
    /// A request, since its timer was armed: only bytes of one arm it anew.
    static let idling = DownstreamMarks(rawValue: 2)
}

/// The life of a client connection, request after request.
struct DownstreamMachine {
    enum Phase: UInt8 {
        /// Nothing of a next request has come.
        case idle
        case readingHead
        /// A request is being answered; what arrives meanwhile waits.
        case exchanging
        /// An answer is leaving; then comes the next request, or the end.
        case finishing
        /// Our side has ended; what still comes is read and dropped, so that no reset overtakes the
        /// answer.
        case lingering
    }

    enum Event {
        /// Bytes of a head wait that is not complete.
        case headBegan
        case headCompleted
        /// The exchange is over and its answer is with the kernel or in the output.
        case exchangeEnded(Persistence)
        /// The last byte of output is with the kernel.
        case flushed
        case peerEnded
        case broken
        case timedOut
        case drainBegan
    }

    enum Action {
        case proceed
        /// Look for the next request, which may have arrived already.
        case readNext
        case closeOrderly
        case closeByReset
        /// End our side and drop what the client still sends.
        case linger
        /// Tell the client that its head took too long, then close.
        case refuseLateHead
    }

    /// Whether the connection can carry another request.
    enum Persistence: UInt8 {
        case kept
        case ends
        /// It ends, and the client may still be sending.
        case endsUnread
        /// It ends at once: the answer is cut short and must not look whole.
        case cut
    }

    private(set) var phase = Phase.idle
    private var afterwards = Persistence.kept

    mutating func on(_ event: Event) -> Action {
        switch event {
        case .headBegan:
            phase = .readingHead
            return .proceed
        case .headCompleted:
            phase = .exchanging
            return .proceed
        case .exchangeEnded(let persistence):
            return end(persistence)
        case .flushed:
            return flushed()
        case .peerEnded:
            // With an answer under way this is a half-close; the exchange decides.
            return phase == .exchanging || phase == .finishing ? .proceed : .closeOrderly
        case .broken:
            return .closeOrderly
        case .timedOut:
            return timedOut()
        case .drainBegan:
            return phase == .idle ? .closeOrderly : .proceed
        }
    }

    private mutating func end(_ persistence: Persistence) -> Action {
        guard persistence != .cut else { return .closeByReset }
        phase = .finishing
        afterwards = persistence
        return .proceed
    }

    private mutating func flushed() -> Action {
        guard phase == .finishing else { return .proceed }
        switch afterwards {
        case .kept:
            phase = .idle
            return .readNext
        case .ends, .cut: return .closeOrderly
        case .endsUnread:
            phase = .lingering
            return .linger
        }
    }

    private func timedOut() -> Action {
        switch phase {
        case .idle, .lingering: .closeOrderly
        case .readingHead: .refuseLateHead
        // A client that takes nothing gets no more.
        case .finishing: .closeByReset
        case .exchanging: .proceed
        }
    }
}
