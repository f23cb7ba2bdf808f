import Bytes
import Config
import HTTP
import Linux
import Policy
import Reactor
import TLS
import Telemetry

/// From an exchange to a connection that carries it.
extension HeadLimits {
    /// The widest that a configuration can have.
    fileprivate static let widest = HeadLimits(
        startLineBytesMax: 16 << 10, fieldBytesMax: 40 << 10, fieldCountMax: 1000)
}

extension Worker where Kernel: ~Copyable {
    /// Finds a connection for the exchange and sends the request on it, trying one server after
    /// another.
    mutating func reach(_ x: UInt32) {
        while true {
            let upstream = exchanges[x].plan.upstream
            let chosen = pools[upstream].ring.choose(
                at: transport.now.nanoseconds, passing: exchanges[x].tried)
            guard let chosen else {
                perform(exchanges[x].machine.on(.serversExhausted), on: x)
                return
            }
            let endpoint = EndpointIndex(
                upstream: UInt16(truncatingIfNeeded: upstream),
                endpoint: UInt16(truncatingIfNeeded: chosen))
            if exchanges[x].timing.askedUpstream.nanoseconds == 0 {
                exchanges[x].timing.askedUpstream = transport.now
            }
            exchanges[x].record.noteAttempt(
                at: UInt16(truncatingIfNeeded: pools[upstream].endpoints[chosen].server))
            if lease(endpoint, for: x) || connect(to: endpoint, for: x) {
                guard stageHead(of: x) else {
                    perform(.answer(.headersTooLarge, .headersTooLarge, nil), on: x)
                    return
                }
                return advance(x)
            }
        }
    }

    /// Takes the idle connection that was used last: the one least likely to be closed by now.
    @inline(__always) private mutating func lease(_ endpoint: EndpointIndex, for x: UInt32) -> Bool
    {
        guard !exchanges[x].machine.hasRetried else { return false }
        let place = Int(endpoint.endpoint)
        let u = pools[Int(endpoint.upstream)].endpoints[place].newestIdle
        guard u != .max else { return false }
        unlinkIdle(u)
        _ = upstreams[u].machine.on(.leased)
        bind(u, to: x)
        _ = exchanges[x].machine.on(.leased(.reused))
        return true
    }

    /// Opens a connection, or notes why that failed at once.
    ///
    /// - Returns: Whether one is on its way.
    private mutating func connect(to endpoint: EndpointIndex, for x: UInt32) -> Bool {
        let upstream = Int(endpoint.upstream)
        let place = Int(endpoint.endpoint)
        do throws(Errno) {
            guard !upstreams.isFull else { throw .tooManyOpenFiles }
            let (socket, isConnected) = try transport.connect(
                to: pools[upstream].endpoints[place].address)
            // TLS comes before a connection is of use.
            let isReady = isConnected && !isSecure(upstream)
            let connection = UpstreamConnection(
                socket: socket, isConnected: isReady, endpoint: endpoint, exchange: x)
            guard let index = upstreams.insert(connection) else {
                preconditionFailure("there was a slot a moment ago")
            }
            pools[upstream].endpoints[place].connectionCount += 1
            sight.metrics.upstreamConnectionMoved(upstream, from: .none, to: .active)
            bind(index.slot, to: x)
            _ = exchanges[x].machine.on(.leased(isReady ? .fresh : .connecting))
            do throws(Errno) {
                try transport.watch(socket, as: Token(.upstream, index))
            } catch {
                exchanges[x].upstream = .max
                closeUpstream(index.slot, .orderly)
                throw error
            }
            if isReady { noteConnected(endpoint) } else { armConnect(index.slot, x) }
            return true
        } catch {
            _ = exchanges[x].machine.on(.connectFailed(UpstreamFailure(connecting: error)))
            noteConnectFailed(endpoint, error, x)
            return false
        }
    }

    private mutating func bind(_ u: UInt32, to x: UInt32) {
        upstreams[u].exchange = x
        exchanges[x].upstream = u
    }

    /// Gives the connection its time; less if its server has other addresses to try.
    private mutating func armConnect(_ u: UInt32, _ x: UInt32) {
        let whole = plan.route(exchanges[x].plan.verdict.route).timeouts.connect
        let endpoint = upstreams[u].endpoint
        let siblings = pools[Int(endpoint.upstream)].siblingCount(of: Int(endpoint.endpoint))
        armUpstream(u, after: siblings > 0 ? whole / 4 : whole)
    }

    /// Writes the request's head into the upstream connection's output.
    ///
    /// - Returns: Whether it fits; with what is added, a head at its limits may not.
    @inline(__always) private mutating func stageHead(of x: UInt32) -> Bool {
        if desk.headOwner != exchanges.index(of: x) { rereadHead(of: x) }
        let u = exchanges[x].upstream
        let upstream = exchanges[x].plan.upstream
        let edits = plan.route(exchanges[x].plan.verdict.route).edits
        let certificate = downstreams[exchanges[x].downstream].handshake?.certificate
        let bytes =
            exchanges[x].journal.text.count + UpstreamHead.addedBytesMax
            + edits.requestLines.count + (certificate?.lines.count ?? 0)
        upstreams[u].wire.openOutput(bytes, from: &pool)
        UpstreamHead.write(
            desk.requestHead, of: exchanges[x].journal,
            for: exchanges[x].plan.verdict.identity, arrival: arrival(exchanges[x].downstream),
            host: plan.hosts[upstream].sent(
                toServer: Int(exchanges[x].record.upstreamAddress ?? 0)),
            forwarded: plan.hops.forwarded, certificate: certificate, edits: edits,
            into: &upstreams[u].wire.output)
        return !upstreams[u].wire.output.hasOverflowed
    }

    /// Reads the head once more out of the journal: on a second try others have used the desk
    /// since.
    mutating func rereadHead(of x: UInt32) {
        var reader = RequestReader()
        // It was read from the same bytes before, under limits that may have held until a reload.
        _ = try? exchanges[x].journal.text.withReadable {
            (bytes: borrowing Span<UInt8>) throws(WireError) -> HeadProgress in
            try reader.read(bytes, limits: .widest, into: &desk.requestHead)
        }
        desk.headOwner = exchanges.index(of: x)
    }

    /// Goes on with a server's connection: something was reported.
    mutating func wakeUpstream(_ u: UInt32) {
        switch upstreams[u].machine.phase {
        case .connecting: finishConnecting(u)
        case .leased: advance(upstreams[u].exchange)
        case .idle:
            // A report of writability alone is an old one.
            guard upstreams[u].wire.state.contains(.readable) else { return }
            if upstreams[u].wire.stream.isSecure, !hasEnded(idle: u) { return }
            _ = upstreams[u].machine.on(.disturbed)
            closeUpstream(u, .orderly)
        }
    }

    /// Whether anything but messages of TLS, such as a ticket, has come on an idle connection.
    private mutating func hasEnded(idle u: UInt32) -> Bool {
        let result = upstreams[u].wire.receive(by: &transport, from: &pool)
        upstreams[u].wire.park(to: &pool)
        return result != .wouldBlock
    }

    private mutating func finishConnecting(_ u: UInt32) {
        let x = upstreams[u].exchange
        guard !upstreams[u].wire.state.isDisjoint(with: [.writable, .broken]) else { return }
        let endpoint = upstreams[u].endpoint
        if !upstreams[u].wire.stream.isSecure,
            let error = transport.connectError(of: upstreams[u].wire.stream.socket)
        {
            return connectFailed(u, error)
        }
        if isSecure(Int(endpoint.upstream)) {
            switch shake(hands: u) {
            case .done: break
            case .waits: return
            case .failed(let failure): return connectFailed(u, Errno(failure))
            }
        }
        _ = upstreams[u].machine.on(.connected)
        _ = exchanges[x].machine.on(.connected)
        disarmUpstream(u)
        noteConnected(endpoint)
        advance(x)
    }

    /// Lets go of a connection that could not be made, and tries the next server.
    mutating func connectFailed(_ u: UInt32, _ error: Errno) {
        let x = upstreams[u].exchange
        let endpoint = upstreams[u].endpoint
        exchanges[x].upstream = .max
        closeUpstream(u, .orderly)
        let action = exchanges[x].machine.on(.connectFailed(UpstreamFailure(connecting: error)))
        noteConnectFailed(endpoint, error, x)
        perform(action, on: x)
    }

    private mutating func noteConnected(_ endpoint: EndpointIndex) {
        let upstream = Int(endpoint.upstream)
        let server = pools[upstream].endpoints[Int(endpoint.endpoint)].server
        plan.commons.servers[upstream].note(server, isDown: false)
        plan.commons.operations.health.noteConnected(
            upstream, server: server)
        if pools[upstream].ring.noteSuccess(of: Int(endpoint.endpoint)) {
            sight.noteServerBack(upstream, server)
        }
    }

    private mutating func noteConnectFailed(_ endpoint: EndpointIndex, _ error: Errno, _ x: UInt32)
    {
        let upstream = Int(endpoint.upstream)
        let failure = UpstreamFailure(connecting: error)
        exchanges[x].tried.insert(Int(endpoint.endpoint))
        // Stays in the access line unless another server answers.
        exchanges[x].record.reason = failure.name
        sight.metrics.upstreamFailed(upstream, reason: failure)
        // Our own shortage is no fault of the server.
        guard !error.isShortage else { return }
        let length = pools[upstream].ring.noteFailure(
            of: Int(endpoint.endpoint), at: transport.now.nanoseconds)
        let server = pools[upstream].endpoints[Int(endpoint.endpoint)].server
        plan.commons.servers[upstream].note(server, isDown: true)
        plan.commons.operations.health.noteFailed(
            upstream, server: server,
            at: transport.now.nanoseconds)
        sight.noteServerFailed(
            upstream, server, failure, setAsideMilliseconds: length / 1_000_000)
    }

    // MARK: Idle connections

    /// Ends a connection's lease.
    ///
    /// - Parameter isClean: Both messages ended where their framing
    /// says.
    @inline(__always) mutating func release(_ u: UInt32, isClean: Bool) {
        upstreams[u].exchange = .max
        switch upstreams[u].machine.on(.released(isClean: isClean && isWanted(u))) {
        case .pool: returnToPool(u)
        case .close, .proceed: closeUpstream(u, .orderly)
        }
    }

    /// Whether an idle connection would be kept.
    @inline(__always) private func isWanted(_ u: UInt32) -> Bool {
        let endpoint = upstreams[u].endpoint
        let upstream = Int(endpoint.upstream)
        guard upstreams[u].wire.input.isEmpty, upstreams[u].wire.output.isEmpty,
            upstreams[u].wire.state.isDisjoint(with: [.ended, .broken])
        else { return false }
        return pools[upstream].idleCount < pools[upstream].settings.keepalive.countMax
            && pools[upstream].endpoints[Int(endpoint.endpoint)].isCurrent && turn.drain == nil
    }

    /// Puts a connection on top of its endpoint's idle ones.
    @inline(__always) private mutating func returnToPool(_ u: UInt32) {
        let endpoint = upstreams[u].endpoint
        let upstream = Int(endpoint.upstream)
        let place = Int(endpoint.endpoint)
        let newest = pools[upstream].endpoints[place].newestIdle
        upstreams[u].older = newest
        upstreams[u].newer = .max
        if newest != .max { upstreams[newest].newer = u }
        pools[upstream].endpoints[place].newestIdle = u
        pools[upstream].idleCount += 1
        upstreams[u].wire.dropBuffers(to: &pool)
        sight.metrics.upstreamConnectionMoved(upstream, from: .active, to: .idle)
        armUpstream(u, after: plan.timeouts.upstreamIdle[upstream])
    }

    @inline(__always) private mutating func unlinkIdle(_ u: UInt32) {
        let endpoint = upstreams[u].endpoint
        let upstream = Int(endpoint.upstream)
        let older = upstreams[u].older
        let newer = upstreams[u].newer
        if older != .max { upstreams[older].newer = newer }
        if newer != .max {
            upstreams[newer].older = older
        } else {
            pools[upstream].endpoints[Int(endpoint.endpoint)].newestIdle = older
        }
        upstreams[u].older = .max
        upstreams[u].newer = .max
        pools[upstream].idleCount -= 1
        sight.metrics.upstreamConnectionMoved(upstream, from: .idle, to: .active)
        disarmUpstream(u)
    }

    /// Closes a server's connection, wherever it stands.
    mutating func closeUpstream(_ u: UInt32, _ manner: Closing) {
        if upstreams[u].machine.phase == .idle { unlinkIdle(u) }
        disarmUpstream(u)
        let endpoint = upstreams[u].endpoint
        upstreams[u].wire.dropBuffers(to: &pool)
        let connection = upstreams.remove(u)
        transport.close(connection.wire.stream, manner)
        pools[Int(endpoint.upstream)].endpoints[Int(endpoint.endpoint)].connectionCount -= 1
        sight.metrics.upstreamConnectionMoved(
            Int(endpoint.upstream), from: .active, to: .none)
    }
}

extension UpstreamFailure {
    /// Why a connection could not be made.
    init(connecting error: Errno) {
        switch error {
        case .connectionRefused: self = .refused
        case .timedOut: self = .connectTimeout
        case .connectionReset, .connectionAborted: self = .reset
        case .protocolViolated: self = .tls
        default: self = .unreachable
        }
    }

    /// Why a connection that was made came to its end.
    init(losing error: Errno) {
        switch error {
        case .timedOut: self = .timeout
        case .protocolViolated: self = .tls
        default: self = .reset
        }
    }
}

extension Errno {
    /// Whether this process or machine ran out of something.
    var isShortage: Bool {
        switch self {
        case .tooManyOpenFiles, .tooManyOpenFilesInSystem, .noBufferSpace, .outOfMemory: true
        default: false
        }
    }
}
