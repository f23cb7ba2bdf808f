import Bytes
import Dice
import Policy
import Reactor
import Testing

@testable import Gateway

struct PlaceGateTests {
    private static func gate(places: Int, seats: Int) -> PlaceGate {
        PlaceGate(ConcurrencySettings(max: places, queue: seats, queueTimeout: .seconds(1)))
    }

    private static func waiter(
        _ number: UInt32, _ mailbox: Mailbox<WorkerMessage>
    ) -> PlaceGate.Waiter {
        PlaceGate.Waiter(mailbox: mailbox, exchange: SlabIndex(slot: number, generation: 1))
    }

    @Test func `places are handed on in the order of coming`() throws {
        let mailbox = try Mailbox<WorkerMessage>()
        let gate = Self.gate(places: 2, seats: 3)
        #expect(gate.enter(Self.waiter(0, mailbox)) == .placed)
        #expect(gate.enter(Self.waiter(1, mailbox)) == .placed)
        #expect(gate.enter(Self.waiter(2, mailbox)) == .waits(0))
        #expect(gate.enter(Self.waiter(3, mailbox)) == .waits(1))
        #expect(gate.enter(Self.waiter(4, mailbox)) == .waits(2))
        #expect(gate.enter(Self.waiter(5, mailbox)) == .full)
        #expect(gate.leave()?.exchange.slot == 2)
        #expect(gate.leave()?.exchange.slot == 3)
        #expect(gate.leave()?.exchange.slot == 4)
        #expect(gate.leave() == nil)
        #expect(gate.enter(Self.waiter(6, mailbox)) == .placed)
    }

    @Test func `who was given a place can no more be withdrawn`() throws {
        let mailbox = try Mailbox<WorkerMessage>()
        let gate = Self.gate(places: 1, seats: 1)
        _ = gate.enter(Self.waiter(0, mailbox))
        #expect(gate.enter(Self.waiter(1, mailbox)) == .waits(0))
        #expect(gate.leave()?.exchange.slot == 1)
        #expect(!gate.withdraw(0, of: Self.waiter(1, mailbox)))
        // Its seat is another's by now.
        #expect(gate.enter(Self.waiter(2, mailbox)) == .waits(0))
        #expect(!gate.withdraw(0, of: Self.waiter(1, mailbox)))
        #expect(gate.withdraw(0, of: Self.waiter(2, mailbox)))
        #expect(gate.leave() == nil)
    }

    @Test func `loops whose requests have the same name do not withdraw each other's`() throws {
        let mailboxes = try (0..<2).map { _ in try Mailbox<WorkerMessage>() }
        let gate = Self.gate(places: 1, seats: 1)
        _ = gate.enter(Self.waiter(0, mailboxes[0]))
        #expect(gate.enter(Self.waiter(1, mailboxes[0])) == .waits(0))
        #expect(gate.leave()?.mailbox === mailboxes[0])
        #expect(gate.enter(Self.waiter(1, mailboxes[1])) == .waits(0))
        // The first leaves before it hears of its place, its seat being another loop's by now.
        #expect(!gate.withdraw(0, of: Self.waiter(1, mailboxes[0])))
        #expect(gate.leave()?.mailbox === mailboxes[1])
    }

    @Test(arguments: 1...20 as ClosedRange<UInt64>)
    func `it does as a list does, whatever comes`(seed: UInt64) throws {
        let mailbox = try Mailbox<WorkerMessage>()
        var dice = Dice(seed: seed)
        let (places, seats) = (Int(dice.below(4)) + 1, Int(dice.below(6)))
        let gate = Self.gate(places: places, seats: seats)
        var placed = 0
        var queue: [(seat: UInt32, waiter: PlaceGate.Waiter)] = []
        for step in 0..<500 as Range<UInt32> {
            switch dice.below(4) {
            case 0, 1:
                let waiter = Self.waiter(step, mailbox)
                switch gate.enter(waiter) {
                case .placed:
                    #expect(placed < places && queue.isEmpty)
                    placed += 1
                case .waits(let seat):
                    #expect(placed == places && queue.count < seats)
                    queue.append((seat, waiter))
                case .full: #expect(placed == places && queue.count == seats)
                }
            case 2 where placed > 0:
                let next = gate.leave()
                #expect(next?.exchange == queue.first?.waiter.exchange)
                if queue.isEmpty { placed -= 1 } else { queue.removeFirst() }
            default:
                guard !queue.isEmpty else { continue }
                let gone = queue.remove(at: Int(dice.below(UInt64(queue.count))))
                #expect(gate.withdraw(gone.seat, of: gone.waiter))
                #expect(!gate.withdraw(gone.seat, of: gone.waiter))
            }
        }
    }
}
