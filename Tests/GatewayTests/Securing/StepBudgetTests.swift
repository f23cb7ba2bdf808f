import Testing

@testable import Gateway

@Suite struct StepBudgetTests {
    /// Plays turns: newcomers first, then those who were put off, as a loop does.
    ///
    /// - Parameter arrivals: How many come in each turn.
    /// - Returns: The turn in which each took its step, in the order of coming.
    private func served(_ arrivals: [Int]) -> [Int] {
        var budget = StepBudget()
        var waiting: [Int] = []
        var turns: [Int] = []
        for (turn, count) in arrivals.enumerated() {
            budget.beginTurn()
            let first = turns.count
            turns += Array(repeating: -1, count: count)
            func step(_ client: Int) -> Bool {
                guard budget.take() else { return false }
                turns[client] = turn
                return true
            }
            for client in first..<turns.count where !step(client) {
                budget.putOff()
                waiting.append(client)
            }
            let batch = waiting
            waiting = []
            budget.turnToWaiting()
            for client in batch where !step(client) {
                budget.putOff()
                waiting.append(client)
            }
        }
        return turns
    }

    @Test func `no turn takes more steps than its share`() {
        let turns = served([10, 10, 0, 0, 0, 0])
        for turn in turns.indices { #expect(turns.count(where: { $0 == turn }) <= 4) }
        #expect(!turns.contains(-1))
    }

    @Test func `who was put off is not starved by who comes later, however many come`() {
        let turns = served([9] + Array(repeating: 4, count: 30))
        #expect(turns.prefix(9).allSatisfy { (0...3).contains($0) })
    }

    @Test func `who comes behind a flood is served at once`() {
        let turns = served([1500, 1, 1, 1])
        #expect(turns.suffix(3) == [1, 2, 3])
    }

    @Test func `a turn without anybody who waits has all its steps for newcomers`() {
        #expect(served([4, 4, 4]) == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2])
    }
}
