import Glibc

/// Sockets that systemd has bound for this process (sd_listen_fds(3)).
package enum PassedSockets {
    private static var first: Int32 { 3 }

    /// The passed socket of that name; with a single one any name will do.
    package static func take(_ name: String) throws(Errno) -> ListeningSocket {
        guard variable("LISTEN_PID").flatMap({ Int32($0) }) == getpid(),
            let count = variable("LISTEN_FDS").flatMap({ Int32($0) }), count > 0, count <= 1024
        else { throw .notFound }
        let names = variable("LISTEN_FDNAMES")?.split(
            separator: ":", omittingEmptySubsequences: false)
        for index in 0..<count
        where names.map({ $0.dropFirst(Int(index)).first == name[...] }) ?? true {
            let socket = ListeningSocket(owning: first + index)
            try socket.prepare()
            return socket
        }
        throw .notFound
    }

    private static func variable(_ name: String) -> String? {
        guard let value = unsafe getenv(name) else { return nil }
        return unsafe String(cString: value)
    }
}

/// The file of a unix socket.
package enum SocketFile {
    /// Removes it; it may be gone already (unlink(2)).
    package static func remove(_ path: String) { _ = unsafe unlink(path) }

    /// Whether there is a socket, and not a file that somebody would miss (lstat(2)).
    package static func exists(_ path: String) -> Bool {
        var status = stat()
        return unsafe lstat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFSOCK
    }
}
