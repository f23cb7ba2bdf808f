import CLinux
import Glibc

/// A socket that connections are accepted from, by number: whoever holds it calls ``close()`` once.
package struct ListeningSocket: Equatable, Sendable {
    /// The descriptor: for the poller to watch, never to be closed but by ``close()``.
    package let number: Int32

    /// Whether several loops may each have a socket of their own on the address.
    package enum Sharing: Sendable { case alone, oneEachLoop }

    /// Takes over a socket that listens already (systemd's socket activation).
    package init(owning number: Int32) { self.number = number }

    /// Binds and listens.
    ///
    /// - Parameter backlog: Connections that may wait; the kernel caps it at `net.core.somaxconn`.
    /// - Throws: What socket(2), bind(2) or listen(2) say; `.addressInUse` above all.
    package init(
        on address: SocketAddress, sharing: Sharing, backlog: Int32
    ) throws(Errno) {
        let kind = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
        let number = Glibc.socket(address.family, kind | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard number >= 0 else { throw Errno.last() }
        let descriptor = Descriptor(owning: number)
        if address.isInternet {
            Self.set(SO_REUSEADDR, on: number, level: SOL_SOCKET)
            if sharing == .oneEachLoop { Self.set(SO_REUSEPORT, on: number, level: SOL_SOCKET) }
            // An IPv6 wildcard would else take the IPv4 port as well, or fail if that is taken.
            if case .ipv6 = address {
                Self.set(IPV6_V6ONLY, on: number, level: Int32(IPPROTO_IPV6))
            }
            // Inherited by accepted sockets: one call a listener instead of one a connection.
            Socket(number: number).setNoDelay()
        }
        let bound = unsafe address.withKernelForm { form, size in unsafe bind(number, form, size) }
        guard bound == 0, listen(number, backlog) == 0 else { throw Errno.last() }
        self.number = descriptor.release()
    }

    /// Closes the socket; connections that wait in its queue are reset by the kernel (close(2)).
    ///
    /// A ``duplicate()`` keeps the queue alive.
    package func close() { _ = Glibc.close(number) }

    /// The address bound, with the port that the kernel chose for port 0.
    package func boundPort() -> UInt16? {
        var storage = sockaddr_storage()
        var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
        let result = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                unsafe getsockname(number, $0, &size)
            }
        }
        guard result == 0, let address = SocketAddress(kernelForm: storage) else { return nil }
        switch address {
        case .ipv4(_, let port), .ipv6(_, _, let port, _): return port
        case .unix: return nil
        }
    }

    /// Another descriptor of the same socket, for another loop (dup(2)).
    package func duplicate() throws(Errno) -> ListeningSocket {
        let copy = fcntl(number, F_DUPFD_CLOEXEC, 0)
        guard copy >= 0 else { throw Errno.last() }
        return ListeningSocket(owning: copy)
    }

    /// Accepts one connection that waits.
    ///
    /// - Returns: `nil` if none does. A connection that died while it waited is passed over.
    /// - Throws: `.tooManyOpenFiles` and its kin: the connection stays in the queue.
    /// - SeeAlso: accept4(2).
    package func accept() throws(Errno) -> (socket: Socket, peer: SocketAddress)? {
        while true {
            var storage = sockaddr_storage()
            var size = socklen_t(MemoryLayout<sockaddr_storage>.size)
            let accepted = unsafe withUnsafeMutablePointer(to: &storage) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe accept4(
                        number, $0, &size,
                        Int32(SOCK_NONBLOCK.rawValue) | Int32(SOCK_CLOEXEC.rawValue))
                }
            }
            if accepted >= 0 {
                let socket = Socket(number: accepted)
                return (socket, SocketAddress(kernelForm: storage) ?? .unix(path: ""))
            }
            let error = Errno.last()
            switch error.code {
            case EAGAIN: return nil
            // A pending network error of the new socket is reported here (accept(2), "Error
            // handling").
            case EINTR, ECONNABORTED, EPROTO, ENETDOWN, ENOPROTOOPT, EHOSTDOWN, ENONET,
                EHOSTUNREACH, EOPNOTSUPP, ENETUNREACH:
                continue
            default: throw error
            }
        }
    }

    private static func set(_ option: Int32, on number: Int32, level: Int32) {
        var on: Int32 = 1
        unsafe setsockopt(number, level, option, &on, socklen_t(MemoryLayout<Int32>.size))
    }
}

extension ListeningSocket {
    /// Makes a socket that was handed to this process behave like one of its own.
    ///
    /// - Throws: Whatever says that it is none, as `EBADF` does.
    package func prepare() throws(Errno) {
        let flags = fcntl(number, F_GETFL)
        guard flags >= 0, fcntl(number, F_SETFL, flags | O_NONBLOCK) == 0,
            fcntl(number, F_SETFD, FD_CLOEXEC) == 0
        else { throw Errno(errno) }
    }
}
