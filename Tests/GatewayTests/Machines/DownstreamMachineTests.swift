import Testing

@testable import Gateway

/// Transcripts of a client connection's machine.
struct DownstreamMachineTests {
    typealias Phase = DownstreamMachine.Phase
    typealias Event = DownstreamMachine.Event
    typealias Action = DownstreamMachine.Action

    private static let phases: [(Phase, [Event])] = [
        (.idle, []),
        (.readingHead, [.headBegan]),
        (.exchanging, [.headCompleted]),
        (.finishing, [.headCompleted, .exchangeEnded(.kept)]),
        (.lingering, [.headCompleted, .exchangeEnded(.endsUnread), .flushed]),
    ]

    private func machine(in phase: Phase) throws -> DownstreamMachine {
        let events = try #require(Self.phases.first { $0.0 == phase }).1
        var machine = DownstreamMachine()
        for event in events { _ = machine.on(event) }
        #expect(machine.phase == phase)
        return machine
    }

    /// Actions in the order of `phases`.
    private static let table: [(Event, [Action])] = [
        (.headBegan, [.proceed, .proceed, .proceed, .proceed, .proceed]),
        (.headCompleted, [.proceed, .proceed, .proceed, .proceed, .proceed]),
        (.exchangeEnded(.kept), [.proceed, .proceed, .proceed, .proceed, .proceed]),
        (
            .exchangeEnded(.cut),
            [.closeByReset, .closeByReset, .closeByReset, .closeByReset, .closeByReset]
        ),
        (.flushed, [.proceed, .proceed, .proceed, .readNext, .proceed]),
        (.peerEnded, [.closeOrderly, .closeOrderly, .proceed, .proceed, .closeOrderly]),
        (.broken, Array(repeating: .closeOrderly, count: 5)),
        (.timedOut, [.closeOrderly, .refuseLateHead, .proceed, .closeByReset, .closeOrderly]),
        (.drainBegan, [.closeOrderly, .proceed, .proceed, .proceed, .proceed]),
    ]

    @Test func `every event is answered in every phase as the table says`() throws {
        for (event, actions) in Self.table {
            for ((phase, _), expected) in zip(Self.phases, actions) {
                var machine = try machine(in: phase)
                #expect(machine.on(event) == expected, "\(event) while \(phase)")
            }
        }
    }

    @Test(arguments: [
        (DownstreamMachine.Persistence.kept, Action.readNext, Phase.idle),
        (.ends, .closeOrderly, .finishing), (.endsUnread, .linger, .lingering),
    ])
    func `what follows an answer is what was said of the connection`(
        _ persistence: DownstreamMachine.Persistence, _ action: Action, _ phase: Phase
    ) throws {
        var machine = try machine(in: .exchanging)
        #expect(machine.on(.exchangeEnded(persistence)) == .proceed)
        #expect(machine.on(.flushed) == action)
        #expect(machine.phase == phase)
    }

    @Test func `a connection serves one request after another`() {
        var machine = DownstreamMachine()
        for _ in 0..<3 {
            #expect(machine.on(.headBegan) == .proceed)
            #expect(machine.on(.headCompleted) == .proceed)
            #expect(machine.on(.exchangeEnded(.kept)) == .proceed)
            #expect(machine.on(.flushed) == .readNext)
            #expect(machine.phase == .idle)
        }
    }

    @Test func `no history of five events reads on after the connection was to end`() {
        explore(DownstreamMachine(), isEnding: false, [], depth: 5)
    }

    private func explore(
        _ machine: DownstreamMachine, isEnding: Bool, _ history: [Event], depth: Int
    ) {
        guard depth > 0 else { return }
        let events = Self.table.map(\.0) + [.exchangeEnded(.ends), .exchangeEnded(.endsUnread)]
        for event in events where Self.isPossible(event, in: machine.phase) {
            var next = machine
            let action = next.on(event)
            var ends = isEnding
            if case .exchangeEnded(let persistence) = event, persistence != .kept { ends = true }
            if ends && action == .readNext { Issue.record("reads on: \(history + [event])") }
            if action == .linger && next.phase != .lingering {
                Issue.record("\(history + [event])")
            }
            switch action {
            case .closeOrderly, .closeByReset: continue
            case .proceed, .readNext, .linger, .refuseLateHead:
                explore(next, isEnding: ends, history + [event], depth: depth - 1)
            }
        }
    }

    /// Whether the worker can have this event in this phase.
    private static func isPossible(_ event: Event, in phase: Phase) -> Bool {
        switch event {
        case .headBegan: phase == .idle
        case .headCompleted: phase == .idle || phase == .readingHead
        case .exchangeEnded: phase != .finishing && phase != .lingering
        case .flushed: phase == .finishing
        case .peerEnded, .broken, .timedOut, .drainBegan: true
        }
    }
}
