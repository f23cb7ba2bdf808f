import Bytes
import Testing

@testable import Policy

@Suite struct RequestIDTests {
    @Test func `the text is a UUID of version 7 that begins with the time`() {
        let id = RequestID(milliseconds: 0x0188_1234_abcd, .max, .max)
        #expect(appended { id.append(to: &$0) } == "01881234-abcd-7fff-bfff-ffffffffffff")
        let zero = RequestID(milliseconds: 0, 0, 0)
        #expect(appended { zero.append(to: &$0) } == "00000000-0000-7000-8000-000000000000")
        let late = RequestID(milliseconds: .max, 0, 0)
        #expect(appended { late.append(to: &$0) } == "ffffffff-ffff-7000-8000-000000000000")
    }

    @Test func `every digit is written where the value has it`() {
        let id = RequestID(milliseconds: 0x0123_4567_89ab, 0xcde, 0x0123_4567_89ab_cdef << 2)
        #expect(appended { id.append(to: &$0) } == "01234567-89ab-7cde-8123-456789abcdef")
    }

    @Test func `ids of later milliseconds sort behind those of earlier ones`() {
        var random = RandomSource(seed: 1)
        var last = ""
        for milliseconds in stride(from: UInt64(1_700_000_000_000), to: 1_700_000_001_000, by: 7) {
            let id = RequestID(milliseconds: milliseconds, random.next(), random.next())
            let text = appended { id.append(to: &$0) }
            #expect(text > last)
            #expect(text.utf8.count == RequestID.textBytes)
            last = text
        }
    }

    @Test func `an own id would be kept of a peer`() {
        let text = Array(appended { RequestID(milliseconds: 1, 2, 3).append(to: &$0) }.utf8)
        let isAcceptable = RequestID.isAcceptable(text.span, ByteRange(0, text.count))
        #expect(isAcceptable)
    }
}

@Suite struct RandomSourceTests {
    @Test func `a seed gives the same numbers again, another seed others`() {
        var first = RandomSource(seed: 42)
        var second = RandomSource(seed: 42)
        var other = RandomSource(seed: 43)
        let numbers = (0..<100).map { _ in first.next() }
        #expect(numbers == (0..<100).map { _ in second.next() })
        #expect(numbers != (0..<100).map { _ in other.next() })
        #expect(Set(numbers).count == 100)
    }

    @Test func `the first numbers are those of the published algorithm`() {
        // SplitMix64 of seed 0 gives the state e220a8397b1dcdaf 6e789e6aa1b965f4 06c45d188009454f
        // f88bb8a8724c81ec.
        var random = RandomSource(seed: 0)
        #expect(random.next() == 0x99ec_5f36_cb75_f2b4)
        #expect(random.next() == 0xbf6e_1f78_4956_452a)
    }

    @Test func `every bit is set about half the time`() {
        var random = RandomSource(seed: 9)
        var counts = [Int](repeating: 0, count: 64)
        for _ in 0..<4096 {
            let number = random.next()
            for bit in 0..<64 where number >> UInt64(bit) & 1 == 1 { counts[bit] += 1 }
        }
        // Six standard deviations of 32 each.
        #expect(counts.allSatisfy { (2048 - 192...2048 + 192).contains($0) })
    }
}
