import Bytes
import Config
import Linux
import Policy
import Redis
import Simulation
import Testing

@testable import Gateway

/// A worker that asks a store, and what it was told.
///
/// Call number *n* is answered *n* by a healthy server, so that an answer shows whose it is.
final class Asking {
    let world: World
    /// Calls that were taken, with their deadlines.
    private var taken: [Int: MonotonicInstant] = [:]
    private var nextNumber = 1

    static let timeout = Duration.milliseconds(10)

    init(_ settings: RedisSettings = .simulated(), faults: SimulatedFaults = SimulatedFaults())
        throws
    {
        world = try World(faults: faults, redis: settings)
        world.worker.store.journal = []
    }

    var kernel: SimulatedKernel { world.kernel }
    var redis: RedisPlay { world.redis }
    var notes: [StoreNote] { world.worker.store.journal ?? [] }
    var admits: Bool { world.worker.storeAdmits() }
    var linkCount: Int { world.worker.store.links.count }
    var callCount: Int { world.worker.store.calls.count }
    var breaker: BreakerState { world.store?.breaker.state ?? .admitting }

    /// Asks once.
    ///
    /// - Returns: The call's number, if it was taken.
    @discardableResult
    func ask(slot: UInt16 = 0, within timeout: Duration = timeout, tailBytes: Int = 0) -> Int? {
        let number = nextNumber
        nextNumber += 1
        var tail = Buffer(capacity: 1 << 17)
        tail.appendBulk("1")
        tail.appendBulk("apus:test:{\(number)}" + String(repeating: "x", count: tailBytes))
        tail.appendBulk("\(number)")
        let deadline = kernel.now.advanced(by: timeout)
        let asker = Self.asker(number)
        guard
            world.worker.askStore(
                asker, tail: tail, argumentCount: 3, slot: slot, deadline: deadline)
        else { return nil }
        taken[number] = deadline
        return number
    }

    private static func asker(_ number: Int) -> StoreAsker {
        .exchange(SlabIndex(slot: UInt32(number), generation: 1), entries: 1)
    }

    /// The slot of the next call's key.
    var nextSlot: UInt16 {
        HashSlot.slot(of: Array("apus:test:{\(nextNumber)}".utf8).span)
    }

    /// What a call's asker was told; `nil` if nothing yet.
    func answer(to number: Int?) -> StoreAnswer? {
        note(of: number)?.answer
    }

    private func note(of number: Int?) -> StoreNote? {
        guard let number else { return nil }
        let asker = Self.asker(number)
        return notes.first { $0.asker == asker }
    }

    /// Checks what must hold whatever happened: each asker was told once, in time, its own answer;
    /// and nothing is left behind.
    func expectAllTold(sourceLocation: SourceLocation = #_sourceLocation) {
        for (number, deadline) in taken {
            let asker = Self.asker(number)
            let told = notes.filter { $0.asker == asker }
            #expect(told.count == 1, "call \(number)", sourceLocation: sourceLocation)
            guard let note = told.first else { continue }
            // The clock of a simulated turn is a microsecond further than the one it woke for.
            let end = deadline.advanced(byNanoseconds: 10_000)
            #expect(note.instant <= end, "call \(number) is late", sourceLocation: sourceLocation)
            if note.answer == .integers {
                #expect(
                    note.reply.count == 1 && note.reply[0] == Int64(number),
                    "call \(number) got the answer of another", sourceLocation: sourceLocation)
            }
        }
        #expect(notes.count == taken.count, sourceLocation: sourceLocation)
    }

    /// Ends the worker and checks that nothing is left.
    func end(sourceLocation: SourceLocation = #_sourceLocation) {
        world.pass(.seconds(2))
        expectAllTold(sourceLocation: sourceLocation)
        world.drain()
        #expect(world.isDone, sourceLocation: sourceLocation)
        #expect(linkCount == 0 && callCount == 0, sourceLocation: sourceLocation)
        #expect(kernel.openCount == 0, sourceLocation: sourceLocation)
        #expect(world.bufferCount == 0, sourceLocation: sourceLocation)
        #expect(kernel.misuses.isEmpty, sourceLocation: sourceLocation)
    }
}
