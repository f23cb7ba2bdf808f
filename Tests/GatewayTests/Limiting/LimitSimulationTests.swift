import Foundation
import Testing

/// Two gateways on one Redis, with clients, weather and clocks that a seed decides: what is stated
/// of limits holds, whatever happens.
///
/// A failing seed says its number; `APUS_SEED` plays it alone, `APUS_SEEDS` so many.
struct LimitSimulationTests {
    /// The seeds to play: 256 of them, or as many as `APUS_SEEDS` says.
    static let seeds: [UInt64] = {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment["APUS_SEED"].flatMap({ UInt64($0) }) { return [seed] }
        let count = environment["APUS_SEEDS"].flatMap { UInt64($0) } ?? 256
        return Array(1...max(1, count))
    }()

    @Test(arguments: seeds)
    func `whatever becomes of Redis, limits keep their word`(_ seed: UInt64) throws {
        for violation in try LimitPlay(seed: seed).perform().prefix(10) {
            Issue.record("APUS_SEED=\(seed): \(violation)")
        }
    }
}
