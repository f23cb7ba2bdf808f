import Foundation
import Testing

/// Random clients, apps and faults.
///
/// A failing seed says its number; `APUS_SEED` plays it alone.
struct RandomTests {
    /// The seeds to play: 64 of them, or as many as `APUS_SEEDS` says.
    static let seeds: [UInt64] = {
        let environment = ProcessInfo.processInfo.environment
        if let seed = environment["APUS_SEED"].flatMap({ UInt64($0) }) { return [seed] }
        let count = environment["APUS_SEEDS"].flatMap { UInt64($0) } ?? 64
        return Array(1...max(1, count))
    }()

    @Test(arguments: seeds, RandomScene.allCases)
    func `whatever happens, answers are their requests' own and nothing is left behind`(
        _ seed: UInt64, _ scene: RandomScene
    ) throws {
        try RandomPlay(seed: seed, scene).perform()
    }
}
