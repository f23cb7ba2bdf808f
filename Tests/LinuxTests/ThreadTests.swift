import Foundation
import Synchronization
import Testing

@testable import Linux

struct ThreadTests {
    /// KiB of addresses that this process has.
    private static func addressedKiB() throws -> Int {
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmSize:") }
        return try #require(
            line?.split(whereSeparator: \.isWhitespace).dropFirst().first.flatMap { Int($0) })
    }

    private final class Count: Sendable { let value = Atomic(0) }

    @Test func `a thread that nobody waits for leaves no stack behind`() throws {
        let before = try Self.addressedKiB()
        let count = Count()
        for number in 1...300 {
            _ = try Linux.Thread(name: "test") {
                count.value.add(1, ordering: .sequentiallyConsistent)
            }
            while count.value.load(ordering: .sequentiallyConsistent) < number {
                Linux.Thread.pause(milliseconds: 1)
            }
        }
        // A stack is 8 MiB; other tests have some of their own meanwhile.
        #expect(try Self.addressedKiB() < before + (1 << 20))
    }
}
