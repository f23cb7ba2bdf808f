import CLinux
import Glibc

/// Why a system call failed (errno(3)).
package struct Errno: Error, Equatable, Sendable {
    /// A number of <errno.h>, as the call left it.
    package let code: Int32

    @inlinable package init(_ code: Int32) { self.code = code }

    /// The failure of the call that just returned -1.
    ///
    /// A bad descriptor, address or argument is our own fault and would repeat for ever: it traps.
    package static func last() -> Errno {
        let code = errno
        precondition(
            code != EBADF && code != EFAULT && code != ENOTSOCK,
            "a system call was given a descriptor or address that is not ours")
        return Errno(code)
    }

    /// Nothing can be moved now; `EWOULDBLOCK` is the same number on Linux.
    package static let wouldBlock = Errno(EAGAIN)
    /// A signal came before anything was done.
    package static let interrupted = Errno(EINTR)
    /// This process is at its limit of descriptors (`RLIMIT_NOFILE`).
    package static let tooManyOpenFiles = Errno(EMFILE)
    /// The machine is at its limit of open files.
    package static let tooManyOpenFilesInSystem = Errno(ENFILE)
    /// The kernel has no memory for a socket's buffers.
    package static let noBufferSpace = Errno(ENOBUFS)
    /// The kernel has no memory for a structure of its own.
    package static let outOfMemory = Errno(ENOMEM)
    /// A connect goes on by itself; writability tells that it has ended (connect(2)).
    package static let inProgress = Errno(EINPROGRESS)
    /// Somebody listens there already, perhaps an older process of ours.
    package static let addressInUse = Errno(EADDRINUSE)
    /// Nobody listens there, or its queue is full and it says so.
    package static let connectionRefused = Errno(ECONNREFUSED)
    /// The peer gave the connection up; what it had not read is lost.
    package static let connectionReset = Errno(ECONNRESET)
    /// A connection that waited to be accepted has gone (accept(2)).
    package static let connectionAborted = Errno(ECONNABORTED)
    /// The peer reads no more; without `MSG_NOSIGNAL` it would be SIGPIPE.
    package static let brokenPipe = Errno(EPIPE)
    /// No file of that path; for a unix socket: nobody has bound it.
    package static let notFound = Errno(ENOENT)
    /// The peer answered nothing: a connect, or data that was sent again and again (tcp(7)).
    package static let timedOut = Errno(ETIMEDOUT)
    /// The peer does not keep to what is spoken on top of TCP; no call on a socket says so.
    package static let protocolViolated = Errno(EPROTO)
    /// There is no way to the address from here.
    package static let networkUnreachable = Errno(ENETUNREACH)
    /// A router on the way, or the own link, says that the host cannot be reached.
    package static let hostUnreachable = Errno(EHOSTUNREACH)

    /// What strerror(3) says, for logs.
    package var text: String {
        guard let words = unsafe strerror(code) else { return "error \(code)" }
        return unsafe String(cString: words)
    }
}

/// How a read or a write on a socket that does not block ended.
package enum IOResult: Equatable, Sendable {
    /// So many bytes moved, at least one.
    case bytes(Int)
    /// Nothing moved; the poller will report when something can.
    case wouldBlock
    /// The peer has sent its last byte. Reads only.
    case ended
    case failed(Errno)
}
