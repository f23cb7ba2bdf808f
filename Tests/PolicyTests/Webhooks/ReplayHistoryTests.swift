import Crypto
import Testing

@testable import Policy

/// All short histories of two events that share one window, beside a model.
@Suite struct ReplayHistoryTests {
    private enum Step: CaseIterable {
        case claim, duplicate, commit, release, releaseDuplicate, forget
        /// Every claim there is ends by itself.
        case timeout
        /// A third event is claimed, and stays so.
        case full
    }

    private struct Move {
        let step: Step
        let key: UInt64
    }

    private struct Scene: ~Copyable {
        var shard: ReplayShard
        var model: ReplayModel
        var now: UInt64 = 1
        var strangerCount: UInt64 = 0

        /// - Returns: What became of it on both sides; equal if all is well.
        mutating func play(_ move: Move) -> (said: UInt8, expected: UInt8) {
            now += 1
            let key = SipHash.Tag.event(move.key)
            let claimEnd = now + 100
            switch move.step {
            case .claim, .duplicate:
                let ticket: UInt64 = move.step == .claim ? 1 : 2
                return (
                    shard.claim(key, ReplayTicket(ticket), until: claimEnd, at: now).rawValue,
                    model.claim(move.key, ticket, until: claimEnd, at: now).rawValue
                )
            case .commit:
                let isNoted = shard.commit(key, until: now + 10_000, at: now)
                return (
                    isNoted ? 1 : 0, model.commit(move.key, until: now + 10_000, at: now) ? 1 : 0
                )
            case .release, .releaseDuplicate:
                let ticket: UInt64 = move.step == .release ? 1 : 2
                shard.release(key, ReplayTicket(ticket), at: now)
                model.release(move.key, ticket, at: now)
                return (0, 0)
            case .forget:
                let wasKnown = shard.forget(key, at: now)
                return (wasKnown ? 1 : 0, model.forget(move.key, at: now) ? 1 : 0)
            case .timeout:
                now += 100
                return (0, 0)
            case .full:
                strangerCount += 1
                let stranger = 100 + strangerCount
                return (
                    shard.claim(
                        .event(stranger), ReplayTicket(9), until: .max, at: now
                    ).rawValue,
                    model.claim(stranger, 9, until: .max, at: now).rawValue
                )
            }
        }

        func copy() -> Scene {
            Scene(
                shard: shard.copy(), model: model, now: now, strangerCount: strangerCount)
        }
    }

    private static let moves: [Move] = Step.allCases.flatMap { step -> [Move] in
        switch step {
        case .timeout, .full: [Move(step: step, key: 0)]
        default: [Move(step: step, key: 1), Move(step: step, key: 2)]
        }
    }

    /// Plays all histories that begin as the scene has.
    ///
    /// - Returns: How many; `nil`, and it stops, where table and model differ.
    private func playAll(
        from scene: borrowing Scene, _ trace: inout [Move], stepsLeft: Int
    ) -> Int? {
        guard stepsLeft > 0 else { return 1 }
        var total = 0
        for move in Self.moves {
            // Both events are alike: the first one that is named is the first.
            if move.key == 2, !trace.contains(where: { $0.key == 1 }) { continue }
            var next = scene.copy()
            let (said, expected) = next.play(move)
            trace.append(move)
            guard said == expected, next.shard.evictedCount == next.model.evictedCount else {
                Issue.record("\(trace): \(said), not \(expected)")
                return nil
            }
            guard let count = playAll(from: next, &trace, stepsLeft: stepsLeft - 1) else {
                return nil
            }
            trace.removeLast()
            total += count
        }
        return total
    }

    @Test(arguments: [(window: 1, length: 5), (2, 6), (3, 5)])
    func `the table says what the model says, in every history`(
        _ window: Int, _ length: Int
    ) throws {
        let scene = Scene(
            shard: ReplayShard(homeCount: 1, window: window), model: ReplayModel(capacity: window))
        var trace: [Move] = []
        let count = try #require(playAll(from: scene, &trace, stepsLeft: length))
        #expect(count > (length == 6 ? 3_000_000 : 200_000))
    }
}
