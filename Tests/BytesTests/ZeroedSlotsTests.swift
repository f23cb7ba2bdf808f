import Dice
import Foundation
import Testing

@testable import Bytes

private struct Entry: BitwiseCopyable, Equatable {
    var word: UInt64
    var small: UInt32
}

@Suite struct ZeroedSlotsTests {
    @Test(arguments: 0..<5) func `slots hold what was written, and zeros elsewhere`(seed: Int) {
        var dice = Dice(seed: UInt64(seed))
        let count = Int.random(in: 1...300, using: &dice)
        var slots = ZeroedSlots<Entry>(count: count)
        var model = [Entry](repeating: Entry(word: 0, small: 0), count: count)
        #expect(slots.count == count)
        for _ in 0..<2000 {
            let index = Int.random(in: 0..<count, using: &dice)
            switch dice.below(3) {
            case 0:
                slots[index] = Entry(word: dice.next(), small: 7)
                model[index] = slots[index]
            case 1:
                slots[index].small &+= 1
                model[index].small &+= 1
            default: #expect(slots[index] == model[index])
            }
        }
        for index in 0..<count { #expect(slots[index] == model[index]) }
    }

    @Test func `slots that nobody touched are not resident`() throws {
        let before = try Self.residentBytes()
        var slots = ZeroedSlots<InlineArray<64, UInt64>>(count: 1 << 20)
        slots[1 << 19][63] = 1
        #expect(slots[1 << 19][63] == 1)
        #expect(slots[(1 << 20) - 1][0] == 0)
        // Of 512 MiB; other tests run meanwhile.
        #expect(try Self.residentBytes() - before < 256 << 20)
    }

    /// The second number of /proc/self/statm, proc(5).
    private static func residentBytes() throws -> Int {
        let text = try String(contentsOfFile: "/proc/self/statm", encoding: .utf8)
        return try #require(Int(text.split(separator: " ")[1])) * 4096
    }

    @Test func `an index outside ends the process`() async {
        await #expect(processExitsWith: .failure) {
            var slots = ZeroedSlots<UInt64>(count: 4)
            slots[4] = 1
        }
        await #expect(processExitsWith: .failure) {
            let slots = ZeroedSlots<UInt64>(count: 4)
            _ = slots[-1]
        }
    }
}
