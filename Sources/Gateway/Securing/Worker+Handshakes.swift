import Bytes
import Config
import Linux
import Policy
import TLS
import Telemetry

/// TLS on clients' connections, from the first byte to the first request.
extension Worker where Kernel: ~Copyable {
    /// Notes that a connection on a listener with TLS has been accepted, or is past its PROXY
    /// header.
    mutating func beginOpening(_ d: UInt32) {
        let listener = turn.secure.contexts.listeners[Int(downstreams[d].listener)]
        downstreams[d].opening = .hello
        downstreams[d].began = transport.now
        turn.secure.openingBegan(downstreams.index(of: d))
        arm(d, after: listener?.handshakeTimeout)
        if turn.secure.isUntidy {
            var openings = turn.secure.takeOpenings()
            openings.removeAll { !downstreams.contains($0) || !downstreams[$0.slot].opening.isTLS }
            turn.secure.setOpenings(openings)
        }
        if turn.secure.openingCount > turn.secure.openingsMax { shedOldestOpening() }
    }

    /// Closes the connection that has been at its handshake for longest.
    ///
    /// By age alone: who sends a first message and falls silent must not outlast a newcomer whose
    /// first message is on its way.
    ///
    /// - Returns: Whether there was one.
    @discardableResult
    mutating func shedOldestOpening() -> Bool {
        while turn.secure.openingCount > 0, let index = turn.secure.takeOldest() {
            guard downstreams.contains(index), downstreams[index.slot].opening.isTLS else {
                continue
            }
            failOpening(index.slot, .shed)
            return true
        }
        return false
    }

    /// How far what comes before requests is.
    enum OpeningProgress { case complete, needsMore, parked, over }

    /// Goes on with what comes before a connection's requests.
    mutating func goOnOpening(_ d: UInt32) -> OpeningProgress {
        switch downstreams[d].opening {
        case .none: return .complete
        case .proxyHeader:
            guard !downstreams[d].wire.input.isEmpty else { return .needsMore }
            switch readProxyHeader(d) {
            case .complete: break
            case .needsMore: return .needsMore
            case .refused: return .over
            }
            if plan.hops.isSecure(Int(downstreams[d].listener)) { beginOpening(d) }
            return downstreams.isOccupied(d) ? .complete : .over
        case .hello:
            switch FirstBytes(downstreams[d].wire.input) {
            case .needsMore: return .needsMore
            case .hello: return canStep(d) ? beginHandshake(d) : .parked
            case .plain: return refusePlain(d)
            case .garbage:
                failOpening(d, .garbled)
                return .over
            }
        case .handshake: return canStep(d) ? shake(d) : .parked
        }
    }

    /// Whether this turn has a step of a handshake left; else the next one goes on with it.
    private mutating func canStep(_ d: UInt32) -> Bool {
        if turn.secure.steps.take() { return true }
        if !downstreams[d].marks.contains(.parked) {
            downstreams[d].marks.insert(.parked)
            turn.secure.steps.putOff()
            goOnLater(d)
        }
        return false
    }

    private mutating func beginHandshake(_ d: UInt32) -> OpeningProgress {
        let listener = turn.secure.contexts.listeners[Int(downstreams[d].listener)]
        var input = downstreams[d].wire.input.take()
        var hello = Buffer(capacity: max(1, input.count))
        hello.append(input)
        input.removeAll()
        pool.give(input)
        guard let listener,
            let stream = transport.secure(
                downstreams[d].wire.stream.socket, by: listener.context, having: hello)
        else {
            failOpening(d, .garbled)
            return .over
        }
        downstreams[d].wire.secure(stream)
        downstreams[d].opening = .handshake
        return shake(d)
    }

    private mutating func shake(_ d: UInt32) -> OpeningProgress {
        switch downstreams[d].wire.shake(by: &transport) {
        case .waits: return .parked
        case .failed(let failure):
            failOpening(d, HandshakeResult(failure))
            return .over
        case .done: break
        }
        let listener = Int(downstreams[d].listener)
        let clients = turn.secure.contexts.listeners[listener]?.settings.clientAuthentication
        guard let agreement = transport.agreement(on: downstreams[d].wire.stream),
            agreement.certificate != nil || clients?.isRequired != true
        else {
            // Nobody is let in as less, or more, than what was shown.
            failOpening(d, .certificate)
            return .over
        }
        downstreams[d].opening = .none
        turn.secure.openingEnded()
        disarm(d)
        let nanoseconds = transport.now.nanoseconds(since: downstreams[d].began)
        sight.metrics.handshakeDone(
            listener: listener, HandshakeResult(agreement), microseconds: nanoseconds / 1000)
        if clients != nil { downstreams[d].handshake = ClientHandshake(agreement) }
        // The client may have sent its request along with its last message.
        downstreams[d].wire.noteAll()
        return .complete
    }

    /// Tells a client that has forgotten the `s` of `https`.
    private mutating func refusePlain(_ d: UInt32) -> OpeningProgress {
        endOpening(d, .plain)
        var record = AccessRecord(outcome: .badRequest)
        record.reason = "plain_http"
        refuse(d, .badRequest, record, suspicion: nil)
        return .over
    }

    /// Closes a connection on which there will be no TLS.
    mutating func failOpening(_ d: UInt32, _ result: HandshakeResult) {
        endOpening(d, result)
        closeDownstream(d, .orderly)
    }

    /// Counts a connection out that was before or in its handshake.
    mutating func endOpening(_ d: UInt32, _ result: HandshakeResult) {
        downstreams[d].opening = .none
        turn.secure.openingEnded()
        sight.metrics.handshakeFailed(listener: Int(downstreams[d].listener), result)
    }
}

extension Opening {
    /// Whether TLS is to come, or under way.
    var isTLS: Bool {
        switch self {
        case .hello, .handshake: true
        case .none, .proxyHeader: false
        }
    }
}

extension HandshakeResult {
    init(_ failure: HandshakeFailure) {
        switch failure {
        case .lost: self = .lost
        case .certificate: self = .certificate
        case .refused: self = .refused
        case .garbled, .exhausted: self = .garbled
        }
    }

    init(_ agreement: SecureAgreement) {
        switch (agreement.version, agreement.isResumed) {
        case (.tls12, false): self = .full12
        case (.tls12, true): self = .resumed12
        case (.tls13, false): self = .full13
        case (.tls13, true): self = .resumed13
        }
    }
}

extension ClientHandshake {
    convenience init(_ agreement: SecureAgreement) {
        self.init(
            certificate: agreement.certificate.map { shown in
                ClientCertificate(
                    subject: Array(shown.subject.utf8),
                    names: shown.names.compactMap(AlternativeName.init),
                    fingerprint: shown.fingerprint, notAfter: shown.validUntil)
            },
            serverName: agreement.serverName.map { Array($0.utf8) })
    }
}

extension AlternativeName {
    /// - Parameter text: A kind and what is named, as in `DNS:app.example`.
    init?(_ text: String) {
        guard let colon = text.firstIndex(of: ":") else { return nil }
        let value = Array(text[text.index(after: colon)...].utf8)
        switch text[..<colon] {
        case "DNS": self = .dns(value)
        case "email": self = .email(value)
        case "URI": self = .uri(value)
        case "IP":
            guard let address = IPAddress(String(text[text.index(after: colon)...])) else {
                return nil
            }
            self = .address(address)
        default: return nil
        }
    }
}
