import Glibc

/// The writer's output: a descriptor that is never waited on in a write.
///
/// Pipes and terminals are opened once more through /proc, so that they can be non-blocking here
/// without being so for others who share them. Where that cannot be, no more is written than is
/// sure to pass.
struct LogDestination: ~Copyable {
    /// What came of one write.
    enum Result {
        case wrote(Int)
        /// Nothing passes now; `descriptor` becomes writable when it does.
        case full
        /// Nothing passes, and nobody tells when it will: errno(3).
        case failed(Int32)
    }

    private enum Manner {
        /// write(2) on a regular file or a non-blocking descriptor.
        case plain
        /// send(2) with MSG_DONTWAIT.
        case socket
        /// write(2) of at most PIPE_BUF bytes after poll(2).
        case cautious
    }

    let target: LogTarget
    private(set) var descriptor: Int32
    private let manner: Manner
    /// Whether the descriptor was opened here and is to be closed here.
    private let isOwned: Bool

    /// Bytes that a pipe takes at once if it takes any (PIPE_BUF of Linux).
    private static var cautiousBytesMax: Int { 4096 }

    init(_ target: LogTarget) throws(LogProblem) {
        self.target = target
        switch target {
        case .descriptor(let shared):
            (descriptor, manner) = Self.share(shared)
            isOwned = descriptor != shared
        case .file(let path):
            descriptor = try Self.open(path)
            manner = .plain
            isOwned = true
        }
    }

    deinit { if isOwned { _ = close(descriptor) } }

    /// Whether somebody looks on (isatty(3)).
    var isTerminal: Bool { isatty(descriptor) == 1 }

    /// Opens a file target's path anew; on failure the old file stays in use.
    mutating func reopen() throws(LogProblem) {
        guard case .file(let path) = target else { return }
        let newDescriptor = try Self.open(path)
        _ = close(descriptor)
        descriptor = newDescriptor
    }

    /// Writes as many bytes as pass at once.
    func write(_ bytes: UnsafeBufferPointer<UInt8>) -> Result {
        var count = bytes.count
        var written: Int
        switch manner {
        case .plain: written = unsafe Glibc.write(descriptor, bytes.baseAddress, count)
        case .socket:
            let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
            written = unsafe send(descriptor, bytes.baseAddress, count, flags)
        case .cautious:
            guard isWritable() else { return .full }
            count = min(count, Self.cautiousBytesMax)
            written = unsafe Glibc.write(descriptor, bytes.baseAddress, count)
        }
        if written > 0 { return .wrote(written) }
        if written < 0, errno == EINTR { return .wrote(0) }
        if written < 0, errno == EAGAIN || errno == EWOULDBLOCK { return .full }
        return .failed(written < 0 ? errno : EIO)
    }

    private func isWritable() -> Bool {
        var polled = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return unsafe poll(&polled, 1, 0) > 0
    }

    private static func open(_ path: String) throws(LogProblem) -> Int32 {
        let flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK
        let descriptor = unsafe Glibc.open(path, flags, 0o640)
        guard descriptor >= 0 else { throw LogProblem(.open(path: path), errno: errno) }
        return descriptor
    }

    /// Finds how to write to a descriptor that others share.
    private static func share(_ descriptor: Int32) -> (Int32, Manner) {
        var status = stat()
        guard unsafe fstat(descriptor, &status) == 0 else { return (descriptor, .cautious) }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return (descriptor, .plain)
        case S_IFSOCK: return (descriptor, .socket)
        default:
            let flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK
            let own = unsafe Glibc.open("/proc/self/fd/\(descriptor)", flags)
            return own >= 0 ? (own, .plain) : (descriptor, .cautious)
        }
    }
}
