package import Bytes
import CLinux
import Glibc

/// A connected or connecting stream socket, by number.
///
/// A plain value, so that connections can live in slabs: whoever holds the slab entry owns the
/// socket and calls ``close()`` exactly once. None of the calls below blocks.
package struct Socket: Equatable, Sendable {
    /// The descriptor: never negative; the kernel gives it to somebody else once it is closed.
    package let number: Int32

    /// - Parameter number: Of a stream socket in non-blocking mode, with close-on-exec.
    package init(number: Int32) { self.number = number }

    /// Reads once into the buffer's free bytes.
    ///
    /// - Precondition: The buffer has room.
    /// - SeeAlso: recv(2). `EINTR` cannot happen on a socket that does not block, but is retried.
    package func receive(into buffer: inout Buffer) -> IOResult {
        var result = IOResult.ended
        _ = unsafe buffer.fill { (free: UnsafeMutableRawBufferPointer) -> Int in
            let count = Self.retrying { unsafe apus_receive(number, free.baseAddress, free.count) }
            if count < 0 { result = Self.failure() }
            guard count > 0 else { return 0 }
            result = .bytes(count)
            return count
        }
        return result
    }

    /// Writes the first `count` bytes that wait in `buffer`, which keeps them.
    ///
    /// - Parameter isLast: ``shutdownWrites()`` follows at once: the kernel may hold back what
    ///   fills no packet, for up to 200 ms, so that it leaves in one with the end.
    /// - SeeAlso: send(2), `MSG_MORE`.
    package func send(
        _ count: Int, of buffer: borrowing Buffer, isLast: Bool = false
    ) -> IOResult {
        let sent = buffer.withReadable { (bytes: borrowing Span<UInt8>) -> Int in
            let part = bytes.extracting(0..<count)
            return unsafe part.withUnsafeBytes { raw in
                Self.retrying {
                    unsafe apus_send(
                        number, raw.baseAddress, raw.count, Self.flags(isLast: isLast))
                }
            }
        }
        return sent >= 0 ? .bytes(sent) : Self.failure()
    }

    /// Reads once into memory that the caller lends for the call.
    ///
    /// - Parameter memory: At least one byte.
    package func receive(into memory: UnsafeMutableRawBufferPointer) -> IOResult {
        let count = Self.retrying {
            unsafe apus_receive(number, memory.baseAddress, memory.count)
        }
        if count < 0 { return Self.failure() }
        return count == 0 ? .ended : .bytes(count)
    }

    /// Writes memory that the caller lends for the call.
    ///
    /// - Parameter isLast: As in ``send(_:of:isLast:)``.
    package func send(_ memory: UnsafeRawBufferPointer, isLast: Bool = false) -> IOResult {
        let count = Self.retrying {
            unsafe apus_send(number, memory.baseAddress, memory.count, Self.flags(isLast: isLast))
        }
        return count >= 0 ? .bytes(count) : Self.failure()
    }

    /// Writes the waiting bytes of `head`, then the first `tailCount` of `tail`, in one call.
    ///
    /// - SeeAlso: sendmsg(2); `MSG_NOSIGNAL` turns SIGPIPE into `EPIPE`.
    package func send(
        _ head: borrowing Buffer, then tailCount: Int, of tail: borrowing Buffer,
        isLast: Bool = false
    ) -> IOResult {
        let sent = head.withReadable { (head: borrowing Span<UInt8>) -> Int in
            tail.withReadable { (tail: borrowing Span<UInt8>) -> Int in
                Self.gather(
                    head, tail.extracting(0..<tailCount), Self.flags(isLast: isLast), on: number)
            }
        }
        return sent >= 0 ? .bytes(sent) : Self.failure()
    }

    private static func flags(isLast: Bool) -> Int32 {
        Int32(MSG_NOSIGNAL) | (isLast ? Int32(MSG_MORE) : 0)
    }

    private static func gather(
        _ first: borrowing Span<UInt8>, _ second: borrowing Span<UInt8>, _ flags: Int32,
        on number: Int32
    ) -> Int {
        unsafe first.withUnsafeBytes { first in
            unsafe second.withUnsafeBytes { second in
                var parts = unsafe (
                    iovec(
                        iov_base: UnsafeMutableRawPointer(mutating: first.baseAddress),
                        iov_len: first.count),
                    iovec(
                        iov_base: UnsafeMutableRawPointer(mutating: second.baseAddress),
                        iov_len: second.count)
                )
                return unsafe withUnsafeMutablePointer(to: &parts) { pair in
                    unsafe pair.withMemoryRebound(to: iovec.self, capacity: 2) { parts in
                        var message = unsafe msghdr()
                        unsafe message.msg_iov = parts
                        unsafe message.msg_iovlen = 2
                        return retrying {
                            unsafe sendmsg(number, &message, flags)
                        }
                    }
                }
            }
        }
    }

    /// Says that no more bytes will follow (shutdown(2), `SHUT_WR`).
    ///
    /// Failure means the peer is gone
    /// already.
    package func shutdownWrites() {
        _ = shutdown(number, Int32(SHUT_WR))
    }

    /// Ends both directions, for whoever else waits on the socket (shutdown(2), `SHUT_RDWR`).
    package func shutdownBoth() {
        _ = shutdown(number, Int32(SHUT_RDWR))
    }

    /// Closes the socket; what was sent still goes out unless ``setResetOnClose()`` was called
    /// (close(2)).
    ///
    /// The descriptor is gone even if the call fails, so nothing is reported and nothing repeated.
    package func close() {
        _ = Glibc.close(number)
    }

    /// Makes ``close()`` reset the connection instead of ending it in order (socket(7),
    /// `SO_LINGER`).
    package func setResetOnClose() {
        var value = linger(l_onoff: 1, l_linger: 0)
        unsafe setsockopt(
            number, SOL_SOCKET, SO_LINGER, &value, socklen_t(MemoryLayout<linger>.size))
    }

    /// Why a connect that was in progress ended: `nil` if it succeeded (socket(7), `SO_ERROR`).
    package func connectError() -> Errno? {
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        guard unsafe getsockopt(number, SOL_SOCKET, SO_ERROR, &code, &size) == 0 else {
            return Errno.last()
        }
        return code == 0 ? nil : Errno(code)
    }

    /// Starts a connection.
    ///
    /// - Returns: The socket, and whether it is connected already (a unix socket is at once).
    /// - Throws: What socket(2) or connect(2) say; nothing is left open then.
    package static func connect(
        to address: SocketAddress
    ) throws(Errno) -> (socket: Socket, isConnected: Bool) {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let number = Glibc.socket(address.family, kind | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw Errno.last() }
        let socket = Socket(number: number)
        if address.isInternet { socket.setNoDelay() }
        let result = unsafe address.withKernelForm { form, size in
            unsafe Glibc.connect(number, form, size)
        }
        guard result != 0 else { return (socket, true) }
        let error = Errno.last()
        if error == .inProgress { return (socket, false) }
        socket.close()
        throw error
    }

    /// Sends small writes at once (tcp(7), `TCP_NODELAY`): every write here is a whole message
    /// part.
    func setNoDelay() {
        var on: Int32 = 1
        unsafe setsockopt(
            number, Int32(IPPROTO_TCP), TCP_NODELAY, &on,
            socklen_t(MemoryLayout<Int32>.size))
    }

    private static func retrying(_ call: () -> Int) -> Int {
        while true {
            let count = call()
            if count >= 0 || errno != EINTR { return count }
        }
    }

    private static func failure() -> IOResult {
        let error = Errno.last()
        return error == .wouldBlock ? .wouldBlock : .failed(error)
    }
}
