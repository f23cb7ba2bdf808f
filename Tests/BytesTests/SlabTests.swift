import Dice
import Testing

@testable import Bytes

/// Counts its own ends, to find elements that are forgotten or ended twice.
private final class Witness {
    var endCount = 0
}

private struct Element: ~Copyable {
    let number: Int
    let witness: Witness

    deinit { witness.endCount += 1 }
}

@Suite struct SlabTests {
    @Test(arguments: 0..<10)
    func `names find their element as long as it lives, and nothing after`(seed: Int) {
        var dice = Dice(seed: UInt64(seed))
        let witness = Witness()
        let capacity = Int.random(in: 1...20, using: &dice)
        var insertCount = 0
        do {
            var slab = Slab<Element>(capacity: capacity)
            var living: [(index: SlabIndex, number: Int)] = []
            var dead: [SlabIndex] = []
            for number in 0..<1000 {
                if dice.next() & 1 == 0 {
                    let wasFull = slab.isFull
                    let index = slab.insert(Element(number: number, witness: witness))
                    insertCount += 1
                    #expect((index == nil) == wasFull)
                    if let index { living.append((index, number)) }
                } else if let place = living.indices.randomElement(using: &dice) {
                    let (index, number) = living.remove(at: place)
                    if dice.next() & 1 == 0 {
                        let removed = slab.remove(index.slot)
                        let removedNumber = removed.number
                        #expect(removedNumber == number)
                    } else {
                        slab.discard(index.slot)
                    }
                    dead.append(index)
                }
                check(slab, living, dead.suffix(30))
            }
        }
        #expect(witness.endCount == insertCount)
    }

    private func check(
        _ slab: borrowing Slab<Element>, _ living: [(index: SlabIndex, number: Int)],
        _ dead: ArraySlice<SlabIndex>
    ) {
        var faults: [String] = []
        if slab.count != living.count { faults.append("count") }
        if slab.isFull != (living.count == slab.capacity) { faults.append("fullness") }
        for (index, number) in living {
            if !slab.contains(index) { faults.append("\(index) is lost") }
            if slab[index.slot].number != number { faults.append("\(index) is another") }
            if slab.index(of: index.slot) != index { faults.append("\(index) has another name") }
        }
        for index in dead where slab.contains(index) { faults.append("\(index) still lives") }
        let occupied = slab.slots.filter { slab.isOccupied($0) }
        if Set(occupied) != Set(living.map(\.index.slot)) { faults.append("occupied slots") }
        #expect(faults == [])
    }

    @Test func `an element is changed in its place`() {
        var slab = Slab<[Int]>(capacity: 2)
        let index = slab.insert([1])
        let slot = index?.slot ?? .max
        slab[slot].append(2)
        let value = slab[slot]
        #expect(value == [1, 2])
    }

    @Test func `a name of a slot that was never used finds nothing`() {
        var slab = Slab<Int>(capacity: 4)
        _ = slab.insert(1)
        for generation in 0..<4 as Range<UInt32> {
            let isKnown = slab.contains(SlabIndex(slot: 3, generation: generation))
            #expect(!isKnown)
        }
        let isOccupied = slab.isOccupied(3)
        #expect(!isOccupied)
    }

    @Test func `to empty an empty slot is a broken promise`() async {
        await #expect(processExitsWith: .failure) {
            var slab = Slab<Int>(capacity: 2)
            _ = slab.insert(1)
            _ = slab.remove(0)
            _ = slab.remove(0)
        }
    }

    @Test func `to look into an empty slot is a broken promise`() async {
        await #expect(processExitsWith: .failure) {
            let slab = Slab<Int>(capacity: 2)
            _ = slab[1]
        }
    }
}
