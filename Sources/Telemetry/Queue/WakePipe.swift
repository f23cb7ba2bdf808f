import Glibc

/// A pipe to oneself: one end is written to, whoever polls the other wakes.
final class WakePipe: Sendable {
    private let readEnd: Int32
    private let writeEnd: Int32

    init() throws(LogProblem) {
        var ends: [Int32] = [-1, -1]
        guard unsafe Glibc.pipe(&ends) == 0 else { throw LogProblem(.wakeUp, errno: errno) }
        (readEnd, writeEnd) = (ends[0], ends[1])
        for end in ends {
            _ = fcntl(end, F_SETFD, FD_CLOEXEC)
            _ = fcntl(end, F_SETFL, O_NONBLOCK)
        }
    }

    deinit {
        _ = close(readEnd)
        _ = close(writeEnd)
    }

    /// The descriptor to poll.
    var number: Int32 { readEnd }

    /// A full pipe is as good as one more byte: the other end is readable.
    func signal() {
        var byte: UInt8 = 1
        _ = unsafe write(writeEnd, &byte, 1)
    }

    /// Waits for a signal and forgets it.
    ///
    /// - Parameters:
    ///   - output: A descriptor whose being writable ends the wait too; -1 for none.
    ///   - milliseconds: -1 waits without end.
    /// - Returns: Whether anything happened before the time was over.
    @discardableResult
    func wait(orWritable output: Int32, milliseconds: Int32) -> Bool {
        var polled = [
            pollfd(fd: readEnd, events: Int16(POLLIN), revents: 0),
            pollfd(fd: output, events: Int16(POLLOUT), revents: 0),
        ]
        let count = unsafe poll(&polled, 2, milliseconds)
        if count > 0, polled[0].revents != 0 { forget() }
        return count > 0
    }

    /// Takes out all signals.
    func forget() {
        var bytes: InlineArray<64, UInt8> = .init(repeating: 0)
        while unsafe read(readEnd, &bytes, 64) == 64 {}
    }
}
