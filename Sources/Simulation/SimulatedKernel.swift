import Bytes
package import Linux
import Reactor

/// A kernel in memory: clients and servers that a test plays, a clock that the test moves.
///
/// It reports as an edge-triggered epoll does: a change once, with all that holds at that moment.
package final class SimulatedKernel {
    /// What became of connects to an address.
    package enum Reception: Sendable {
        /// Connected in a later turn.
        case accepts
        /// Connected when the call returns.
        case acceptsAtOnce
        case refuses
        case refusesAtOnce
        /// Never answers.
        case silent
    }

    package private(set) var now: MonotonicInstant
    package var faults = SimulatedFaults()
    /// How each address receives connects; others refuse.
    package var receptions: [SocketAddress: Reception] = [:]
    /// Descriptors that may be open at once.
    package var openMax = Int.max
    /// For connections made from now on: see ``SimulatedStream/roomMax``.
    package var roomMax = 256 * 1024
    /// Connections to servers, in the order of their making, with the address asked for.
    package private(set) var upstreamStreams: [(stream: SimulatedStream, address: SocketAddress)] =
        []
    /// Calls that no correct caller makes.
    package private(set) var misuses: [String] = []
    private var turn = Turn()

    private var open: [Int32: SimulatedStream] = [:]
    private var lastNumber: Int32 = 1000
    private var doors: SimulatedDoors

    /// What the last turn found.
    private struct Turn {
        var reports: [Report] = []
        var sleepsUntil: MonotonicInstant?
        var isQuiet = false
        /// For the next one: a message waits.
        var hasMail = false
    }

    /// - Parameter listenerCount: Listeners are numbered from 0.
    package init(listenerCount: Int, now: MonotonicInstant) {
        doors = SimulatedDoors(count: listenerCount)
        self.now = now
    }

    /// Clients that were closed for want of a descriptor.
    package var shedCount: Int { doors.shedCount }

    /// Descriptors of connections that the gateway holds.
    package var openCount: Int { open.count }

    /// Until when the last turn would have slept; `nil` for ever.
    package var sleepsUntil: MonotonicInstant? { turn.sleepsUntil }
    /// Whether the last turn found nothing to do.
    package var wasQuiet: Bool { turn.isQuiet }
    /// What the last turn found ready.
    var reports: [Report] { turn.reports }

    // MARK: The test's side

    /// A client connects.
    ///
    /// - Returns: `nil` if nobody listens any more.
    package func arrive(on listener: Int, from peer: SocketAddress) -> SimulatedStream? {
        guard doors.areOpen else { return nil }
        let stream = makeStream(.established)
        doors.waiting[listener].append((stream, peer))
        return stream
    }

    /// Says that a message waits in the gateway's mailbox.
    package func ring() { turn.hasMail = true }

    /// Moves the clock, never back.
    package func advance(to instant: MonotonicInstant) { now = max(now, instant) }

    // MARK: The gateway's side

    /// Collects what is ready.
    ///
    /// Time passes: 1 µs.
    func turn(until deadline: MonotonicInstant?) {
        now = now.advanced(byNanoseconds: 1000)
        turn.reports.removeAll(keepingCapacity: true)
        turn.sleepsUntil = deadline
        if faults.interruptsTurn() {
            turn.isQuiet = false
            return
        }
        settleConnects()
        if turn.hasMail { report(Token(.wakeup, .init(slot: 0, generation: 0)), .readable) }
        turn.hasMail = false
        for listener in doors.ready {
            report(Token(.listener, .init(slot: UInt32(listener), generation: 0)), .readable)
        }
        for number in open.keys.sorted() {
            guard let stream = open[number], stream.isPending, let token = stream.token else {
                continue
            }
            stream.isPending = false
            if !stream.readiness.isEmpty { report(token, stream.readiness) }
        }
        if faults.shufflesReports { turn.reports.shuffle(using: &faults.random) }
        turn.isQuiet = turn.reports.isEmpty && deadline.map { $0 > now } ?? true
    }

    func accept(on listener: Int) throws(Errno) -> (socket: Socket, peer: SocketAddress)? {
        guard doors.hasWaiting(listener) else { return nil }
        if let error = faults.fail(.accept) { throw error }
        guard open.count < openMax else { throw .tooManyOpenFiles }
        let (stream, peer) = doors.waiting[listener].removeFirst()
        open[stream.number] = stream
        return (Socket(number: stream.number), peer)
    }

    func shed(on listener: Int) { doors.shed(on: listener) }

    func setAccepting(_ isAccepting: Bool) { doors.areReported = isAccepting }

    func closeListeners() { doors.close() }

    func connect(to address: SocketAddress) throws(Errno) -> (socket: Socket, isConnected: Bool) {
        if let error = faults.fail(.connect) { throw error }
        guard open.count < openMax else { throw .tooManyOpenFiles }
        let stage: SimulatedStream.Stage
        switch receptions[address] ?? .refuses {
        case .accepts: stage = .connecting
        case .acceptsAtOnce: stage = .established
        case .refuses: stage = .refused
        case .refusesAtOnce: throw .connectionRefused
        case .silent: stage = .silent
        }
        let stream = makeStream(stage)
        open[stream.number] = stream
        if stage != .refused { upstreamStreams.append((stream, address)) }
        return (Socket(number: stream.number), stage == .established)
    }

    func connectError(of socket: Socket) -> Errno? {
        guard let stream = stream(socket, "getsockopt") else { return .connectionReset }
        if let error = faults.fail(.connectError) { return error }
        return stream.stage == .refused ? .connectionRefused : nil
    }

    func watch(_ socket: Socket, as token: Token) throws(Errno) {
        guard let stream = stream(socket, "epoll_ctl") else { return }
        if let error = faults.fail(.watch) { throw error }
        stream.token = token
        stream.isPending = true
    }

    /// The connection behind a descriptor, which a correct caller has not closed.
    func stream(_ socket: Socket, _ call: StaticString) -> SimulatedStream? {
        guard let stream = open[socket.number] else {
            misuses.append("\(call) on descriptor \(socket.number), which is not open")
            return nil
        }
        return stream
    }

    func close(_ socket: Socket, isReset: Bool) {
        guard let stream = stream(socket, "close") else { return }
        open[socket.number] = nil
        stream.close(isReset: isReset)
    }

    private func makeStream(_ stage: SimulatedStream.Stage) -> SimulatedStream {
        lastNumber += 1
        return SimulatedStream(number: lastNumber, stage: stage, roomMax: roomMax)
    }

    private func settleConnects() {
        for stream in open.values where stream.stage == .connecting && stream.token != nil {
            stream.stage = .established
            stream.isPending = true
        }
    }

    private func report(_ token: Token, _ readiness: Readiness) {
        turn.reports.append(Report(word: token.word, readiness: readiness))
    }
}
