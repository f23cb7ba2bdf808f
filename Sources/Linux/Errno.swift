import CLinux
import Glibc

/// Why a system call failed (errno(3)).
package struct Errno: Error, Equatable, Sendable {
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

    package static let wouldBlock = Errno(EAGAIN)
    package static let interrupted = Errno(EINTR)
    package static let tooManyOpenFiles = Errno(EMFILE)
    package static let tooManyOpenFilesInSystem = Errno(ENFILE)
    package static let noBufferSpace = Errno(ENOBUFS)
    package static let outOfMemory = Errno(ENOMEM)
    package static let inProgress = Errno(EINPROGRESS)
    package static let addressInUse = Errno(EADDRINUSE)
    package static let connectionRefused = Errno(ECONNREFUSED)
    package static let connectionReset = Errno(ECONNRESET)
    package static let connectionAborted = Errno(ECONNABORTED)
    package static let brokenPipe = Errno(EPIPE)
    package static let notFound = Errno(ENOENT)
    package static let timedOut = Errno(ETIMEDOUT)
    package static let networkUnreachable = Errno(ENETUNREACH)
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
