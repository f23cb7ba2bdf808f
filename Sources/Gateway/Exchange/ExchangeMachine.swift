import HTTP
import Policy
import Telemetry

/// Decides how one request and its response go on: the facts of both sides come in, what to do goes
/// out.
///
/// It holds no bytes and no sockets, so every order of events can be played to it in a test.
struct ExchangeMachine {
    enum Link: UInt8 {
        case none
        case connecting
        /// On a connection that has served before, which its server may be closing.
        case reused
        case fresh
    }

    enum Request: UInt8 { case arriving, delivered }

    enum Response: UInt8 { case awaited, arriving, delivered, tunnelled }

    enum Event {
        case leased(Link)
        case connected
        case connectFailed(UpstreamFailure)
        /// Every server was tried, or the upstream has none at all.
        case serversExhausted
        case requestDelivered
        /// The client broke the framing of its body.
        case requestMalformed
        case requestTooLarge
        /// The body breaks a rule of its route.
        case requestRefused(ProblemCode)
        case requestTooSlow
        /// The client is gone, or takes nothing any more.
        case downstreamLost
        /// The client takes nothing of its response.
        case downstreamStalled
        /// The head of the final response.
        case headArrived
        case switchedProtocols(isAgreed: Bool)
        case responseDelivered
        /// The server ended the connection. - `hadSpoken`: after part of a head.
        case upstreamLost(UpstreamFailure, hadSpoken: Bool)
        case responseTimedOut
        case streamTimedOut
    }

    enum Action: Equatable {
        case proceed
        /// Connect to the next server.
        case connectNext
        /// Send the same request on a fresh connection.
        case retry
        case relayHead
        case tunnel
        /// Answer in the app's place and let go of the upstream connection. The failure is `nil` if
        /// the client is at fault, or if every failed connect has been counted by itself.
        case answer(ProblemCode, Outcome, UpstreamFailure?)
        /// The response cannot be completed: let go of both sides.
        case abort(Outcome, UpstreamFailure?)
        /// Both messages are through.
        case finish
    }

    private(set) var link = Link.none
    private(set) var request: Request
    private(set) var response = Response.awaited
    /// Whether sending the request twice is as good as once, and all of it can be had again.
    private let isRepeatable: Bool
    /// Whether the request is on its second try, which must be on a fresh connection.
    private(set) var hasRetried = false
    private var lastFailure: UpstreamFailure?

    init(method: Method, framing: BodyFraming) {
        request = framing.isNone ? .delivered : .arriving
        isRepeatable = method.isIdempotent && framing.isNone
    }

    mutating func on(_ event: Event) -> Action {
        switch event {
        case .leased(let link):
            self.link = link
            return .proceed
        case .connected:
            link = .fresh
            return .proceed
        case .connectFailed(let failure):
            link = .none
            lastFailure = failure
            return .connectNext
        case .serversExhausted:
            return serversExhausted()
        case .requestDelivered:
            request = .delivered
            return .proceed
        case .requestMalformed: return refuse(.badRequest, .badRequest)
        case .requestTooLarge: return refuse(.bodyTooLarge, .bodyTooLarge)
        case .requestRefused(let code): return refuse(code, Outcome(code))
        case .requestTooSlow: return refuse(.requestTimeout, .requestTimeout)
        case .downstreamLost: return .abort(.clientClosed, nil)
        case .downstreamStalled: return .abort(.sendTimeout, nil)
        case .headArrived:
            response = .arriving
            return .relayHead
        case .switchedProtocols(let isAgreed):
            guard isAgreed else { return fail(.upstreamInvalid, .upstreamInvalid, .invalid) }
            response = .tunnelled
            return .tunnel
        case .responseDelivered:
            response = .delivered
            return .finish
        case .upstreamLost(let failure, let hadSpoken):
            return upstreamLost(failure, hadSpoken)
        case .responseTimedOut: return fail(.upstreamTimeout, .upstreamTimeout, .timeout)
        case .streamTimedOut: return fail(.upstreamTimeout, .upstreamTimeout, .timeout)
        }
    }

    private func serversExhausted() -> Action {
        switch lastFailure {
        case .connectTimeout: .answer(.upstreamTimeout, .upstreamTimeout, nil)
        // Without an attempt there was no address to attempt.
        case nil: .answer(.upstreamUnreachable, .upstreamUnreachable, .resolve)
        default: .answer(.upstreamUnreachable, .upstreamUnreachable, nil)
        }
    }

    /// The client is at fault.
    ///
    /// With its answer under way all that is left is to end it.
    private func refuse(_ code: ProblemCode, _ outcome: Outcome) -> Action {
        response == .awaited ? .answer(code, outcome, nil) : .abort(outcome, nil)
    }

    /// The app is at fault.
    private func fail(
        _ code: ProblemCode, _ outcome: Outcome, _ failure: UpstreamFailure
    ) -> Action {
        response == .awaited ? .answer(code, outcome, failure) : .abort(outcome, failure)
    }

    private mutating func upstreamLost(_ failure: UpstreamFailure, _ hadSpoken: Bool) -> Action {
        switch response {
        case .awaited:
            // RFC 9110 §9.2.2 and RFC 9112 §9.3.1: only what is idempotent, only once, and only
            // where the server may not have seen it.
            if link == .reused && isRepeatable && !hasRetried && !hadSpoken {
                hasRetried = true
                link = .none
                return .retry
            }
            if failure == .invalid { return .answer(.upstreamInvalid, .upstreamInvalid, failure) }
            return .answer(.upstreamUnreachable, .upstreamClosedEarly, failure)
        case .arriving, .delivered: return .abort(.upstreamClosedEarly, failure)
        case .tunnelled: return .finish
        }
    }
}
