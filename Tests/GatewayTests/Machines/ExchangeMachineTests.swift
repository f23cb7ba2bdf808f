import HTTP
import Policy
import Telemetry
import Testing

@testable import Gateway

typealias Machine = ExchangeMachine

/// Transcripts of the exchange machine: events in, actions out, no sockets.
struct ExchangeMachineTests {
    /// A machine that has seen these events.
    private func machine(
        _ method: Method = .get, _ framing: BodyFraming = .none, after events: [Machine.Event] = []
    ) -> Machine {
        var machine = Machine(method: method, framing: framing)
        for event in events { _ = machine.on(event) }
        return machine
    }

    private static let toUse: [Machine.Event] = [.leased(.reused)]
    private static let toAnswer: [Machine.Event] = [.leased(.fresh), .headArrived]
    private static let toEnd: [Machine.Event] = toAnswer + [.responseDelivered]
    private static let toTunnel: [Machine.Event] = [
        .leased(.fresh), .switchedProtocols(isAgreed: true),
    ]

    /// What each event means before a response, during one, after one, and in a tunnel.
    private static let table: [(Machine.Event, [Machine.Action])] = [
        (.leased(.fresh), [.proceed, .proceed, .proceed, .proceed]),
        (.connected, [.proceed, .proceed, .proceed, .proceed]),
        (.connectFailed(.refused), [.connectNext, .connectNext, .connectNext, .connectNext]),
        (.requestDelivered, [.proceed, .proceed, .proceed, .proceed]),
        (
            .requestMalformed,
            [.answer(.badRequest, .badRequest, nil)] + cut(.badRequest, nil)
        ),
        (
            .requestTooLarge,
            [.answer(.bodyTooLarge, .bodyTooLarge, nil)] + cut(.bodyTooLarge, nil)
        ),
        (
            .requestTooSlow,
            [.answer(.requestTimeout, .requestTimeout, nil)] + cut(.requestTimeout, nil)
        ),
        (.downstreamLost, [.abort(.clientClosed, nil)] + cut(.clientClosed, nil)),
        (.downstreamStalled, [.abort(.sendTimeout, nil)] + cut(.sendTimeout, nil)),
        (.headArrived, [.relayHead, .relayHead, .relayHead, .relayHead]),
        (.switchedProtocols(isAgreed: true), [.tunnel, .tunnel, .tunnel, .tunnel]),
        (
            .switchedProtocols(isAgreed: false),
            [.answer(.upstreamInvalid, .upstreamInvalid, .invalid)]
                + cut(.upstreamInvalid, .invalid)
        ),
        (.responseDelivered, [.finish, .finish, .finish, .finish]),
        (
            .upstreamLost(.reset, hadSpoken: true),
            [
                .answer(.upstreamUnreachable, .upstreamClosedEarly, .reset),
                .abort(.upstreamClosedEarly, .reset), .abort(.upstreamClosedEarly, .reset), .finish,
            ]
        ),
        (
            .responseTimedOut,
            [.answer(.upstreamTimeout, .upstreamTimeout, .timeout)]
                + cut(.upstreamTimeout, .timeout)
        ),
        (
            .streamTimedOut,
            [.answer(.upstreamTimeout, .upstreamTimeout, .timeout)]
                + cut(.upstreamTimeout, .timeout)
        ),
    ]

    private static func cut(_ outcome: Outcome, _ failure: UpstreamFailure?) -> [Machine.Action] {
        Array(repeating: .abort(outcome, failure), count: 3)
    }

    @Test func `every event is answered in every state as the table says`() {
        let states = [Self.toUse, Self.toAnswer, Self.toEnd, Self.toTunnel]
        for (event, actions) in Self.table {
            for (state, expected) in zip(states, actions) {
                var machine = machine(after: state)
                #expect(machine.on(event) == expected, "\(event) after \(state)")
            }
        }
    }

    // MARK: Servers

    @Test func `a connect that fails asks for the next server until none is left`() {
        var machine = machine(after: [.leased(.connecting)])
        #expect(machine.on(.connectFailed(.refused)) == .connectNext)
        #expect(machine.link == .none)
        #expect(
            machine.on(.serversExhausted)
                == .answer(.upstreamUnreachable, .upstreamUnreachable, nil))
    }

    @Test func `servers that were too slow to connect are a timeout`() {
        var machine = machine(after: [.leased(.connecting), .connectFailed(.connectTimeout)])
        #expect(machine.on(.serversExhausted) == .answer(.upstreamTimeout, .upstreamTimeout, nil))
    }

    @Test func `an upstream without any address could not be resolved`() {
        var machine = machine()
        #expect(
            machine.on(.serversExhausted)
                == .answer(.upstreamUnreachable, .upstreamUnreachable, .resolve))
    }

    // MARK: Retries

    static let retried: [(Method, BodyFraming, Bool)] = [
        (.get, .none, true), (.head, .none, true), (.put, .none, true), (.delete, .none, true),
        (.options, .none, true), (.post, .none, false), (.patch, .none, false),
        (.get, .length(1), false), (.put, .chunked, false), (.other, .none, false),
    ]

    @Test(arguments: retried)
    func `only what is idempotent and has no body is sent again`(
        _ method: Method, _ framing: BodyFraming, _ isRetried: Bool
    ) {
        var machine = machine(method, framing, after: Self.toUse)
        let action = machine.on(.upstreamLost(.reset, hadSpoken: false))
        #expect((action == .retry) == isRetried)
    }

    @Test func `a fresh connection's death is no reason to try again`() {
        for link in [Machine.Link.fresh, .connecting] {
            var machine = machine(after: [.leased(link), .connected])
            #expect(machine.on(.upstreamLost(.reset, hadSpoken: false)) != .retry)
        }
    }

    @Test func `a server that had begun to answer has seen the request`() {
        var machine = machine(after: Self.toUse)
        #expect(machine.on(.upstreamLost(.reset, hadSpoken: true)) != .retry)
    }

    @Test func `a malformed answer is the app's fault, not the connection's`() {
        var machine = machine(after: [.leased(.fresh)])
        #expect(
            machine.on(.upstreamLost(.invalid, hadSpoken: true))
                == .answer(.upstreamInvalid, .upstreamInvalid, .invalid))
    }

    // MARK: Every short history

    /// All events, with what of their values can matter.
    private static let events: [Machine.Event] =
        table.map(\.0) + [
            .leased(.reused), .leased(.connecting), .serversExhausted,
            .upstreamLost(.reset, hadSpoken: false), .upstreamLost(.invalid, hadSpoken: false),
        ]

    @Test(arguments: [Method.get, .post])
    func `no history of four events breaks an invariant`(_ method: Method) {
        for framing in [BodyFraming.none, .length(5)] {
            explore(Machine(method: method, framing: framing), [], method, framing, depth: 4)
        }
    }

    private func explore(
        _ machine: Machine, _ history: [Machine.Event], _ method: Method, _ framing: BodyFraming,
        depth: Int
    ) {
        guard depth > 0 else { return }
        for event in Self.events where Self.isPossible(event, in: machine) {
            var next = machine
            let action = next.on(event)
            let trace = history + [event]
            check(machine, next, action, trace, method, framing)
            // After a terminal action there is no machine any more.
            if Self.isTerminal(action) { continue }
            explore(next, trace, method, framing, depth: depth - 1)
        }
    }

    /// Whether the worker can have this event: servers are looked for before there is a response.
    private static func isPossible(_ event: Machine.Event, in machine: Machine) -> Bool {
        switch event {
        case .leased, .connected, .connectFailed, .serversExhausted: machine.response == .awaited
        case .headArrived, .switchedProtocols: machine.response == .awaited
        case .responseDelivered: machine.response == .arriving
        default: true
        }
    }

    private func check(
        _ before: Machine, _ after: Machine, _ action: Machine.Action, _ trace: [Machine.Event],
        _ method: Method, _ framing: BodyFraming
    ) {
        if action == .retry {
            if before.hasRetried { Issue.record("retried twice: \(trace)") }
            if method == .post || framing != .none {
                Issue.record("repeated a \(method): \(trace)")
            }
            if before.response != .awaited { Issue.record("retried an answered one: \(trace)") }
            if after.link != .none { Issue.record("retried on the same connection: \(trace)") }
        }
        if case .answer = action, before.response != .awaited {
            Issue.record("two answers: \(trace)")
        }
        if before.request == .delivered && after.request != .delivered {
            Issue.record("a request came back: \(trace)")
        }
        if before.hasRetried && !after.hasRetried { Issue.record("forgot a retry: \(trace)") }
    }

    private static func isTerminal(_ action: Machine.Action) -> Bool {
        switch action {
        case .answer, .abort, .finish: true
        case .proceed, .connectNext, .retry, .relayHead, .tunnel: false
        }
    }
}
