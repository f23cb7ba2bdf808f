import Testing

@testable import Gateway

/// Transcripts of a server connection's machine.
struct UpstreamMachineTests {
    typealias Event = UpstreamMachine.Event
    typealias Action = UpstreamMachine.Action

    private func machine(_ phase: UpstreamMachine.Phase) -> UpstreamMachine {
        var machine = UpstreamMachine(isConnected: phase != .connecting)
        if phase == .idle { _ = machine.on(.released(isClean: true)) }
        #expect(machine.phase == phase)
        return machine
    }

    /// Actions while connecting, leased and idle.
    private static let table: [(Event, [Action])] = [
        (.connected, [.proceed, .proceed, .proceed]),
        (.leased, [.proceed, .proceed, .proceed]),
        (.released(isClean: true), [.close, .pool, .close]),
        (.released(isClean: false), [.close, .close, .close]),
        (.disturbed, [.proceed, .proceed, .close]),
        (.timedOut, [.proceed, .proceed, .close]),
    ]

    @Test func `every event is answered in every phase as the table says`() {
        for (event, actions) in Self.table {
            for (phase, expected) in zip(
                [UpstreamMachine.Phase.connecting, .leased, .idle], actions)
            {
                var machine = machine(phase)
                #expect(machine.on(event) == expected, "\(event) while \(phase)")
            }
        }
    }

    @Test func `a connection is reused from its second lease on`() {
        var machine = UpstreamMachine(isConnected: false)
        #expect(machine.on(.connected) == .proceed)
        #expect(!machine.isReused)
        #expect(machine.on(.released(isClean: true)) == .pool)
        #expect(machine.on(.leased) == .proceed)
        #expect(machine.isReused)
    }
}
