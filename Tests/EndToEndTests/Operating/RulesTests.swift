import Testing

/// What promtool says of the files that we ship.
@Suite(.staged) struct RulesTests {
    @Test(arguments: [
        ["check", "rules", "docker/prometheus/alerts.yml"],
        ["check", "config", "docker/prometheus/prometheus.yml"],
        ["test", "rules", "docker/prometheus/alerts.test.yml"],
    ])
    func `rules are valid, and fire when they should`(_ call: [String]) throws {
        let words = call.dropLast() + ["\(Tree.root)/\(call[2])"]
        let ended = try ChildProcess.run(["promtool"] + words)
        #expect(ended.code == 0, "\(ended.output)")
    }
}
