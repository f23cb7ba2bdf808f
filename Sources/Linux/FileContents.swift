import Glibc

/// What a small file holds, and who may read it.
package struct FileContents: Sendable {
    package let bytes: [UInt8]
    /// Whether users may read it who are neither its owner nor of its group (inode(7)).
    package let isOpenToOthers: Bool

    /// Why there is nothing, as the end of a sentence about the file.
    package struct Failure: Error, Equatable, Sendable {
        package let reason: String
    }

    /// Reads a file whole.
    ///
    /// - Parameter bytesMax: More than so many are a failure.
    /// - SeeAlso: open(2), fstat(2), read(2). Pipes and devices are refused: one could block.
    package init(of path: String, bytesMax: Int) throws(Failure) {
        // Nothing is waited for until it is known to be a file.
        let number = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard number >= 0 else { throw Failure(reason: Self.reason(Errno.last())) }
        defer { _ = close(number) }
        var status = stat()
        guard unsafe fstat(number, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw Failure(reason: "is not a regular file")
        }
        isOpenToOthers = status.st_mode & S_IROTH != 0
        guard status.st_size <= bytesMax else {
            throw Failure(reason: "is larger than \(bytesMax / 1024)KiB")
        }
        var failure: Errno?
        // One array, so that no other holds a part of what may be a secret.
        bytes = unsafe [UInt8](unsafeUninitializedCapacity: Int(status.st_size)) { room, count in
            while count < room.count {
                let rest = unsafe UnsafeMutableRawBufferPointer(
                    rebasing: UnsafeMutableRawBufferPointer(room)[count...])
                let moved = unsafe Glibc.read(number, rest.baseAddress, rest.count)
                if moved > 0 {
                    count += moved
                } else if moved == 0 {
                    return
                } else if Errno.last() != .interrupted {
                    failure = Errno.last()
                    return
                }
            }
        }
        guard failure == nil else { throw Failure(reason: "cannot be read") }
    }

    /// Gives the bytes to one who may overwrite them.
    package consuming func take() -> [UInt8] { bytes }

    private static func reason(_ error: Errno) -> String {
        switch error {
        case .notFound: "does not exist"
        case Errno(EACCES): "cannot be opened: no permission to read it"
        default: "cannot be opened: \(error.text)"
        }
    }
}
