import Bytes
import Config
import HTTP
import Linux
import Policy
import Reactor
import Telemetry

/// From a listener to connections.
extension Worker where Kernel: ~Copyable {
    /// Accepts what waits, but no more than one turn's share: those already in come first.
    mutating func accept(on listener: Int, atMost countMax: Int) {
        for _ in 0..<countMax {
            do throws(Errno) {
                guard let (socket, address) = try transport.accept(on: listener) else { return }
                open(socket, from: address, on: listener)
            } catch {
                return acceptFailed(on: listener, error)
            }
        }
    }

    static var acceptsPerTurn: Int { 64 }

    /// Makes a connection of a socket, and reads from it at once: most clients have spoken by now.
    private mutating func open(_ socket: Socket, from address: SocketAddress, on listener: Int) {
        var isWelcome = plan.commons.connections.enter(
            limit: plan.snapshot.limits.connectionCountMax)
        // A stranger at its handshake gives way to whoever may be none.
        if !isWelcome { isWelcome = shedOldestOpening() }
        let downstream = Downstream(socket: socket, listener: listener, peer: Peer(address))
        guard !downstreams.isFull, let index = downstreams.insert(downstream) else {
            plan.commons.connections.leave()
            return transport.close(Stream(socket), .orderly)
        }
        sight.metrics.connectionOpened(listener: listener)
        guard isExpected(Peer(address), on: listener) else {
            return refuseProxy(index.slot, "proxy_peer_not_trusted")
        }
        if isWelcome {
            if plan.hops.expectsProxyHeader(on: listener) {
                downstreams[index.slot].opening = .proxyHeader
                arm(index.slot, after: plan.timeouts.header)
            } else if plan.hops.isSecure(listener) {
                beginOpening(index.slot)
            }
            readRequests(index.slot)
        } else if plan.hops.isSecure(listener) {
            // Words without TLS would be understood by nobody there.
            sight.metrics.connectionRefused(listener: listener)
            closeDownstream(index.slot, .orderly)
        } else {
            sight.metrics.connectionRefused(listener: listener)
            refuse(index.slot, .overloaded, AccessRecord(outcome: .overloaded), suspicion: nil)
        }
        guard downstreams.contains(index) else { return }
        if endsSoon(index.slot) {
            arm(index.slot, after: Self.unwatchedMax)
        } else {
            watchDownstream(index.slot)
        }
    }

    /// Whether all that is left to do is to send one answer, for which a server has been asked.
    ///
    /// Most of these connections are closed before there is anything to report: watching them would
    /// cost a tenth of their whole life.
    private func endsSoon(_ d: UInt32) -> Bool {
        guard downstreams[d].machine.phase == .exchanging else { return false }
        let x = downstreams[d].exchange
        let u = exchanges[x].upstream
        guard u != .max, exchanges[x].machine.link != .connecting else { return false }
        return exchanges[x].machine.request == .delivered && upstreams[u].wire.output.isEmpty
            && exchanges[x].plan.traits.isDisjoint(with: [.keepsAlive, .wantsUpgrade])
    }

    /// 10 ms: from then on a client that goes away before its answer is noticed.
    private static var unwatchedMax: UInt64 { 10_000_000 }

    /// Has the poller report what becomes of a client's connection, from now on.
    ///
    /// To be called, as the last thing done to a connection that is not exchanging, before anything
    /// is awaited from it. What is ready already is reported at once.
    mutating func watchDownstream(_ d: UInt32) {
        guard !downstreams[d].isWatched else { return }
        downstreams[d].isWatched = true
        do throws(Errno) {
            let token = Token(.downstream, downstreams.index(of: d))
            try transport.watch(downstreams[d].wire.stream.socket, as: token)
        } catch {
            switch downstreams[d].machine.phase {
            case .exchanging:
                downstreams[d].wire.note(.broken)
                goOnLater(d)
            case .finishing: closeDownstream(d, .reset)
            case .idle, .readingHead, .lingering: closeDownstream(d, .orderly)
            }
        }
    }

    /// Without descriptors a waiting connection can be neither served nor refused, and its listener
    /// would be reported ready for ever: one is closed by means of the reserve, and accepting
    /// pauses.
    private mutating func acceptFailed(on listener: Int, _ error: Errno) {
        sight.metrics.acceptFailed(listener: listener)
        if error == .tooManyOpenFiles || error == .tooManyOpenFilesInSystem {
            transport.shed(on: listener)
        }
        guard turn.acceptingResumes == nil else { return }
        sight.noteAcceptingPaused(listener, error)
        plan.commons.operations.health.noteAcceptingPaused(
            listener, at: transport.now.nanoseconds)
        transport.setAccepting(.paused)
        turn.acceptingResumes = transport.now.advanced(by: Self.acceptingPause)
    }

    private static var acceptingPause: Duration { .milliseconds(100) }

    mutating func resumeAccepting() {
        turn.acceptingResumes = nil
        guard turn.drain == nil else { return }
        transport.setAccepting(.resumed)
    }
}

extension Peer {
    init(_ address: SocketAddress) {
        switch address {
        case .ipv4(let address, let port): self = .ip(IPAddress(v4: address), port: port)
        case .ipv6(let high, let low, let port, _): self = .ip(IPAddress(v6: high, low), port: port)
        case .unix: self = .unix
        }
    }
}
