import CLinux
import Glibc

/// Wakes a poller from another thread (eventfd(2)).
package struct Wakeup: ~Copyable, Sendable {
    private let descriptor: Descriptor

    /// - Throws: `.tooManyOpenFiles` and its kin, or `.outOfMemory`.
    package init() throws(Errno) {
        let number = eventfd(0, Int32(EFD_NONBLOCK) | Int32(EFD_CLOEXEC))
        guard number >= 0 else { throw Errno.last() }
        descriptor = Descriptor(owning: number)
    }

    /// The descriptor, readable from ``signal()`` to ``clear()``.
    package var number: Int32 { descriptor.number }

    /// Makes the descriptor readable.
    ///
    /// Any thread may call it.
    package func signal() {
        var one: UInt64 = 1
        // Fails only when the counter is full, and then the poller is awake already.
        _ = unsafe write(number, &one, 8)
    }

    /// Blocks the calling thread until somebody has signalled, or time is up (poll(2)).
    package func wait(milliseconds: Int32) {
        var request = pollfd(fd: number, events: Int16(POLLIN), revents: 0)
        _ = unsafe poll(&request, 1, milliseconds)
    }

    /// Makes the descriptor quiet again.
    package func clear() {
        var count: UInt64 = 0
        _ = unsafe read(number, &count, 8)
    }
}
