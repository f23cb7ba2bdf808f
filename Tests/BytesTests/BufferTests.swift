import Dice
import Testing

@testable import Bytes

/// All bytes that wait in a buffer.
private func waiting(_ buffer: borrowing Buffer) -> [UInt8] {
    buffer.withReadable { bytes in bytes.indices.map { bytes[$0] } }
}

private func text(_ write: (inout Buffer) -> Void) -> String {
    var buffer = Buffer(capacity: 64)
    write(&buffer)
    return String(decoding: waiting(buffer), as: UTF8.self)
}

/// What a buffer should do, done with an array.
private struct Model {
    let capacity: Int
    /// Bytes consumed and not yet moved over; they take room.
    var lostCount = 0
    var bytes: [UInt8] = []
    var hasOverflowed = false

    mutating func append(_ more: [UInt8]) {
        if lostCount + bytes.count + more.count <= capacity {
            bytes += more
        } else {
            hasOverflowed = true
        }
    }

    mutating func consume(_ count: Int) {
        bytes.removeFirst(count)
        lostCount = bytes.isEmpty ? 0 : lostCount + count
    }
}

@Suite struct BufferTests {
    @Test func `an append that does not fit leaves the bytes as they were and is remembered`() {
        var buffer = Buffer(capacity: 4)
        buffer.append("abc")
        buffer.append("de")
        let count = buffer.count
        let hasOverflowed = buffer.hasOverflowed
        #expect(count == 3)
        #expect(hasOverflowed)
    }

    @Test(arguments: 0..<20)
    func `any sequence of calls does what it does to an array`(seed: Int) {
        var dice = Dice(seed: UInt64(seed))
        let capacity = Int.random(in: 1...120, using: &dice)
        var buffer = Buffer(capacity: capacity)
        var model = Model(capacity: capacity)
        for _ in 0..<500 {
            step(&buffer, &model, &dice)
            let numbers = [buffer.count, buffer.room, buffer.isEmpty ? 1 : 0]
            let count = model.bytes.count
            let hasOverflowed = buffer.hasOverflowed
            #expect(waiting(buffer) == model.bytes)
            #expect(numbers == [count, capacity - model.lostCount - count, count == 0 ? 1 : 0])
            #expect(hasOverflowed == model.hasOverflowed)
        }
    }

    private func step(_ buffer: inout Buffer, _ model: inout Model, _ dice: inout Dice) {
        let bytes = dice.bytes(countMax: 12)
        switch dice.next() % 12 {
        case 0:
            buffer.removeAll()
            model = Model(capacity: model.capacity)
        case 1:
            buffer.moveToFront()
            model.lostCount = 0
        case 2, 3:
            let count = Int.random(in: 0...model.bytes.count, using: &dice)
            buffer.consume(count)
            model.consume(count)
        case 4:
            let count = Int.random(in: 0...model.bytes.count, using: &dice)
            buffer.dropLast(count)
            model.bytes.removeLast(count)
        case 5:
            buffer.append(bytes.span)
            model.append(bytes)
        case 6:
            buffer.append(bytes.span, ByteRange(start: bytes.count / 2, count: bytes.count / 4))
            model.append(Array(bytes[(bytes.count / 2)..<(bytes.count / 2 + bytes.count / 4)]))
        case 7:
            // Long enough that a short part of it has 32 bytes from its start on.
            let long = bytes + [UInt8](repeating: 0x78, count: 40)
            buffer.append(long.span, ByteRange(start: bytes.count / 2, count: bytes.count))
            model.append(Array(long[(bytes.count / 2)..<(bytes.count / 2 + bytes.count)]))
        case 8:
            let count = Int.random(in: 1...8, using: &dice)
            let word = dice.next()
            buffer.append(word, bytes: count)
            model.append((0..<count).map { UInt8(truncatingIfNeeded: word >> UInt64(8 * $0)) })
        case 9:
            var other = Buffer(capacity: 20)
            other.append(bytes)
            other.consume(bytes.count / 3)
            buffer.append(other)
            model.append(Array(bytes.dropFirst(bytes.count / 3)))
        default:
            for byte in bytes {
                buffer.append(byte)
                model.append([byte])
            }
        }
    }

    @Test(arguments: 0...70)
    func `a part of any length is copied whole or not at all`(count: Int) {
        let text = (0..<120).map { UInt8($0) }
        // At the source's end as well as before it, with room to spare and with none.
        for (start, spare) in [(0, 100), (0, 0), (120 - count, 100), (120 - count, 0), (7, 3)] {
            let part = Array(text[start..<start + count])
            let range = ByteRange(start: start, count: count)
            var buffer = Buffer(capacity: 1 + count + spare)
            buffer.append(0xff)
            buffer.append(text.span, range)
            #expect(buffer.copy() == [0xff] + part && !buffer.hasOverflowed)
            var narrow = Buffer(capacity: max(1, count))
            narrow.append(0xff)
            narrow.append(text, range)
            #expect(narrow.copy() == [0xff] && narrow.hasOverflowed == (count > 0))
        }
    }

    @Test func `a writer fills the room it is lent, and no more`() {
        var buffer = Buffer(capacity: 10)
        buffer.append("abcd")
        let filled = unsafe buffer.fill { room in
            let lent = room.count
            unsafe room[0] = 0x65
            return lent == 6 ? 1 : 0
        }
        #expect(filled == 1)
        #expect(waiting(buffer) == Array("abcde".utf8))
        let third = buffer[2]
        #expect(third == 0x63)
    }

    @Test(arguments: [0, 7, 10, 99, 100, 12_345, 18_446_744_073_709_551_615])
    func `numbers are written in decimal and hexadecimal without padding`(value: UInt64) {
        #expect(text { $0.append(decimal: value) } == "\(value)")
        #expect(text { $0.append(hexadecimal: value) } == String(value, radix: 16))
    }

    @Test func `every power of two and its neighbours have the right digits`() {
        for shift in 0..<64 as Range<UInt64> {
            for value in [1 << shift, (1 << shift) &- 1, (1 << shift) | 1] as [UInt64] {
                #expect(text { $0.append(decimal: value) } == "\(value)")
                #expect(text { $0.append(hexadecimal: value) } == String(value, radix: 16))
            }
        }
    }

    @Test func `numbers that do not fit leave nothing behind`() {
        var buffer = Buffer(capacity: 3)
        buffer.append(decimal: 1000)
        buffer.append(hexadecimal: 0x1000)
        let (isEmpty, hasOverflowed) = (buffer.isEmpty, buffer.hasOverflowed)
        #expect(isEmpty)
        #expect(hasOverflowed)
    }

    @Test func `consuming more than waits is a broken promise`() async {
        await #expect(processExitsWith: .failure) {
            var buffer = Buffer(capacity: 8)
            buffer.append("abc")
            buffer.consume(4)
        }
    }
}
