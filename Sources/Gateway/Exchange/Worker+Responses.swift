import Bytes
import HTTP
import Linux
import Policy
import Telemetry

/// From a server's bytes to the head that the client gets.
extension Worker where Kernel: ~Copyable {
    /// Reads heads until the final one has been relayed, or no more bytes are there.
    mutating func readResponse(_ x: UInt32) -> Step {
        let u = exchanges[x].upstream
        var readsLeft = Self.headReadsMax
        while true {
            if !upstreams[u].wire.input.isEmpty {
                do throws(WireError) {
                    let progress = try upstreams[u].readHead(
                        to: exchanges[x].plan.method, plan.headLimits, into: &desk.responseHead)
                    if progress.isComplete {
                        guard desk.responseHead.isInterim else { return relayFinalHead(x) }
                        if desk.responseHead.status == 101 { return switchProtocols(x) }
                        relayInterim(x)
                        continue
                    }
                } catch {
                    sight.noteMalformedResponse(
                        exchanges[x].plan.upstream,
                        exchanges[x].record.upstreamAddress.map(Int.init), error)
                    return upstreamLost(x, .invalid)
                }
            }
            guard readsLeft > 0 else {
                goOnLater(exchanges[x].downstream)
                return .goesOn
            }
            readsLeft -= 1
            switch upstreams[u].wire.receive(by: &transport, from: &pool) {
            case .bytes: continue
            case .wouldBlock:
                upstreams[u].wire.park(to: &pool)
                return .goesOn
            case .ended: return upstreamLost(x, .closedEarly)
            case .failed(let error): return upstreamLost(x, UpstreamFailure(losing: error))
            case nil: return upstreamLost(x, .invalid)
            }
        }
    }

    /// Reads of one turn: an app that sends interim responses without end makes others wait no
    /// longer.
    private static var headReadsMax: Int { 16 }

    /// Passes on 100, 102, 103 and their like; HTTP/1.0 clients do not know them (RFC 9110 §15.2).
    private mutating func relayInterim(_ x: UInt32) {
        let u = exchanges[x].upstream
        let d = exchanges[x].downstream
        // Whoever sent a body to be held was told to go on by this gateway.
        let isSaid = desk.responseHead.status == 100 && exchanges[x].admission.held != .max
        if exchanges[x].plan.traits.contains(.isModern), !isSaid {
            let bytes = desk.responseHead.byteCount + 64
            // A client that takes none of them is spared more: the final head needs the room.
            let waiting = downstreams[d].wire.output.count
            if waiting == 0 || waiting + bytes <= BufferPool.smallBytes {
                downstreams[d].wire.openOutput(bytes, from: &pool)
                DownstreamHead.writeInterim(
                    desk.responseHead, of: upstreams[u].wire.input,
                    into: &downstreams[d].wire.output)
                // A client that waits for 100 waits now. What cannot go now goes when it can.
                _ = downstreams[d].wire.flush(by: &transport, to: &pool)
            }
        }
        upstreams[u].wire.input.consume(desk.responseHead.byteCount)
    }

    @inline(__always) private mutating func relayFinalHead(_ x: UInt32) -> Step {
        let u = exchanges[x].upstream
        let d = exchanges[x].downstream
        exchanges[x].noteFinal(desk.responseHead, at: transport.now)
        if exchanges[x].admission.delivery != .max {
            settleDelivery(x, status: desk.responseHead.status)
        }
        if desk.responseHead.status >= 500,
            plan.route(exchanges[x].plan.verdict.route).edits.replacesErrors
        {
            return replaceError(x)
        }
        let framing = responseFraming(x)
        exchanges[x].beginResponse(desk.responseHead, framing)
        writeHead(x, framing)
        guard !downstreams[d].wire.output.hasOverflowed else { return upstreamLost(x, .invalid) }
        upstreams[u].wire.input.consume(desk.responseHead.byteCount)
        return .goesOn
    }

    /// Writes the head in `desk.responseHead` into the client's output.
    private mutating func writeHead(_ x: UInt32, _ framing: DownstreamHead.Framing) {
        let u = exchanges[x].upstream
        let d = exchanges[x].downstream
        let stamp = plan.route(exchanges[x].plan.verdict.route).stamp
        tellLimits(exchanges[x].admission.limits, status: desk.responseHead.status)
        let bytes =
            desk.responseHead.byteCount + DownstreamHead.addedBytesMax + stamp.bytesMax
            + stamp.addedBytesMax(to: desk.responseHead) + desk.limits.notes.lines.count
        downstreams[d].wire.openOutput(bytes, from: &pool)
        DownstreamHead.write(
            desk.responseHead, of: upstreams[u].wire.input, journal: exchanges[x].journal,
            stamp: stamp, for: StampSubject(exchanges[x].plan.verdict, exchanges[x].journal),
            limits: desk.limits.notes, framing: framing, date: sight.date,
            into: &downstreams[d].wire.output)
    }

    /// How the client learns where the response ends, and what becomes of its connection.
    @inline(__always) private mutating func responseFraming(_ x: UInt32) -> DownstreamHead.Framing {
        let traits = exchanges[x].plan.traits
        let isModern = traits.contains(.isModern)
        let isOpenEnded =
            desk.responseHead.framing.isChunked || desk.responseHead.framing.isUntilClose
        let keeps =
            traits.contains(.keepsAlive) && turn.drain == nil && (isModern || !isOpenEnded)
            // An answer before the request's end: what is left of the request may never come.
            && exchanges[x].machine.request == .delivered
            && !(traits.contains(.isHalfClosed) && hasSaidAll(exchanges[x].downstream))
        return DownstreamHead.Framing(
            isChunked: isOpenEnded && isModern,
            connection: keeps ? (isModern ? .absent : .keepAlive) : .close)
    }

    /// Whether no further request of a client that has ended its side waits to be read.
    private func hasSaidAll(_ d: UInt32) -> Bool {
        downstreams[d].wire.input.isEmpty && !downstreams[d].wire.state.contains(.readable)
    }

    /// The app agreed to another protocol: from here on bytes are bytes.
    private mutating func switchProtocols(_ x: UInt32) -> Step {
        let u = exchanges[x].upstream
        let isAgreed =
            exchanges[x].plan.traits.contains(.wantsUpgrade)
            && exchanges[x].machine.request == .delivered
            && exchanges[x].journal.offers(desk.responseHead, of: upstreams[u].wire.input)
        let action = exchanges[x].machine.on(.switchedProtocols(isAgreed: isAgreed))
        guard action == .tunnel else { return perform(action, on: x) }
        exchanges[x].record.status = 101
        exchanges[x].record.upstreamStatus = 101
        exchanges[x].record.outcome = .tunneled
        writeHead(x, DownstreamHead.Framing(isChunked: false, connection: .upgrade))
        guard !downstreams[exchanges[x].downstream].wire.output.hasOverflowed else {
            exchanges[x].record.noteUnsent()
            return perform(.abort(.upstreamInvalid, .invalid), on: x)
        }
        upstreams[u].wire.input.consume(desk.responseHead.byteCount)
        disarm(exchanges[x].downstream)
        exchanges[x].timing.lastRead = transport.now
        advanceTunnel(x)
        return .ended
    }
}
