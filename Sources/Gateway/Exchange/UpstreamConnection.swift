import Bytes
import HTTP
import Linux

/// One connection to a server of an upstream: with an exchange, or idle in its pool.
///
/// - Invariant: `exchange` names a live exchange exactly while the machine says `.connecting` or
///   `.leased`.
struct UpstreamConnection: ~Copyable {
    var wire: Wire
    var machine: UpstreamMachine
    var reader = ResponseReader()
    /// Which upstream and which of its endpoints this leads to.
    let endpoint: EndpointIndex
    /// Slot of the exchange that leases this connection.
    var exchange: UInt32
    /// Neighbours in the endpoint's stack of idle connections; `.max` for none.
    var older: UInt32 = .max
    var newer: UInt32 = .max

    init(socket: Socket, isConnected: Bool, endpoint: EndpointIndex, exchange: UInt32) {
        wire = Wire(socket: socket, state: isConnected ? .writable : [])
        machine = UpstreamMachine(isConnected: isConnected)
        self.endpoint = endpoint
        self.exchange = exchange
    }

    /// Reads the head that waits in the input, which keeps it.
    ///
    /// - Parameter method: Of the request that is answered.
    mutating func readHead(
        to method: Method, _ limits: HeadLimits, into head: inout ResponseHead
    ) throws(WireError) -> HeadProgress {
        var reader = reader
        defer { self.reader = reader }
        return try wire.input.withReadable {
            (bytes: borrowing Span<UInt8>) throws(WireError) -> HeadProgress in
            try reader.read(bytes, to: method, limits: limits, into: &head)
        }
    }
}

/// The life of an upstream connection, lease after lease.
struct UpstreamMachine {
    enum Phase: UInt8 {
        case connecting
        case leased
        /// In the pool.
        case idle
    }

    enum Event {
        case connected
        case leased
        /// The exchange is done with it. - `isClean`: both messages ended where their framing says.
        case released(isClean: Bool)
        /// Bytes or an end came while nobody had asked for anything.
        case disturbed
        case timedOut
    }

    enum Action {
        case proceed
        case pool
        case close
    }

    private(set) var phase: Phase
    /// Whether it has carried an exchange before: its server may be closing it at this moment.
    private(set) var isReused = false

    init(isConnected: Bool) { phase = isConnected ? .leased : .connecting }

    mutating func on(_ event: Event) -> Action {
        switch event {
        case .connected:
            phase = .leased
            return .proceed
        case .leased:
            phase = .leased
            isReused = true
            return .proceed
        case .released(let isClean):
            guard isClean, phase == .leased else { return .close }
            phase = .idle
            return .pool
        // What an idle connection says belongs to no request: taken for an answer it would poison
        // the next.
        case .disturbed, .timedOut:
            return phase == .idle ? .close : .proceed
        }
    }
}
