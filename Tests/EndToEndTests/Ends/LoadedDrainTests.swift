import Dice
import Foundation
import Glibc
import Testing

/// Drains at random moments under load.
///
/// `APUS_DRAINS=500 swift test --filter LoadedDrainTests` for many.
@Suite(.staged, .serialized) struct LoadedDrainTests {
    private static let rounds =
        Int(ProcessInfo.processInfo.environment["APUS_DRAINS"] ?? "") ?? 4

    @Test(arguments: 0..<rounds)
    func `no request that was begun is left without its answer`(round: Int) throws {
        var random = Dice(seed: UInt64(round) &* 7919 &+ 1)
        let app = try Self.app()
        let apus = try Apus(to: app, with: "server: { workers: 2, drain_timeout: 20s }")
        let answered = Notes<String>()
        let clients = (0..<8).map { client in
            let done = Door()
            Thread {
                Self.load(apus.port, client, answered)
                done.open()
            }.start()
            return done
        }
        try eventually("there is load") { answered.all.count > 20 }
        _ = poll(nil, 0, Int32(random.next() % 150))
        #expect(try apus.terminate() == 0)
        for client in clients { try client.pass() }
        let whole = Set(answered.all)
        let begun = Set(app.requests.all.map(\.target))
        let lost = begun.subtracting(whole)
        #expect(lost.isEmpty, "the app was asked, the client not answered; round \(round)")
        // One line for each, and none without an answer.
        let lines = try apus.lines("request").compactMap(\.path)
        #expect(Set(lines) == whole, "round \(round)")
        #expect(lines.count == whole.count, "round \(round)")
    }

    /// Takes a moment for some answers, so that drains find requests in every state.
    private static func app() throws -> Origin {
        try Origin.answering { request in
            let number = request.target.utf8.reduce(0) { $0 &* 31 &+ Int($1) }
            if number % 3 == 0 { _ = poll(nil, 0, Int32(abs(number) % 20)) }
            return ok(request.target + String(repeating: ".", count: abs(number) % 3000))
        }
    }

    /// Asks again and again, on connections that last a few requests, until nobody listens any
    /// more.
    private static func load(_ port: UInt16, _ client: Int, _ answered: Notes<String>) {
        var number = 0
        while let wire = try? Wire(to: .ip4(port)) {
            for _ in 0..<7 {
                number += 1
                let target = "/\(client)/\(number)"
                let request = number % 4 == 0 ? post(target, "body") : get(target)
                guard let answer = try? wire.ask(request), answer.status == 200 else { break }
                answered.add(target)
                if answer["Connection"] == "close" { break }
            }
        }
    }
}
