import CLinux
import Glibc

/// A signal that the process acts upon.
package enum Signal: Sendable {
    case terminate, interrupt, hangUp, user1

    var number: Int32 {
        switch self {
        case .terminate: SIGTERM
        case .interrupt: SIGINT
        case .hangUp: SIGHUP
        case .user1: SIGUSR1
        }
    }

    static let all: [Signal] = [.terminate, .interrupt, .hangUp, .user1]
}

/// Delivers signals as readable data (signalfd(2)).
package struct SignalQueue: ~Copyable, Sendable {
    private let descriptor: Descriptor

    /// Blocks the signals in this thread and all that it starts later, and ignores SIGPIPE.
    ///
    /// Called before any other thread exists: a signal goes to any thread that does not block it.
    package init() throws(Errno) {
        _ = signal(SIGPIPE, SIG_IGN)
        var set = sigset_t()
        unsafe sigemptyset(&set)
        for signal in Signal.all { unsafe sigaddset(&set, signal.number) }
        unsafe pthread_sigmask(SIG_BLOCK, &set, nil)
        let flags = Int32(SFD_NONBLOCK) | Int32(SFD_CLOEXEC)
        let number = unsafe signalfd(-1, &set, flags)
        guard number >= 0 else { throw Errno.last() }
        descriptor = Descriptor(owning: number)
    }

    /// The descriptor, readable while a signal waits.
    package var number: Int32 { descriptor.number }

    /// Takes the next signal that waits, or `nil`.
    package func next() -> Signal? {
        var record = signalfd_siginfo()
        let size = MemoryLayout<signalfd_siginfo>.size
        guard unsafe read(number, &record, size) == size else { return nil }
        return Signal.all.first { $0.number == Int32(record.ssi_signo) }
    }
}
