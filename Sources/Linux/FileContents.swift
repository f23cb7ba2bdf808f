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
        var content: [UInt8] = []
        while content.count <= bytesMax {
            let room = bytesMax + 1 - content.count
            var failure: Errno?
            let part = unsafe [UInt8](unsafeUninitializedCapacity: min(room, 64 << 10)) {
                let count = unsafe Glibc.read(number, $0.baseAddress, $0.count)
                if count < 0 { failure = Errno.last() }
                $1 = max(0, count)
            }
            if failure == .interrupted { continue }
            guard failure == nil else { throw Failure(reason: "cannot be read") }
            guard !part.isEmpty else {
                bytes = content
                return
            }
            content += part
        }
        throw Failure(reason: "is larger than \(bytesMax / 1024)KiB")
    }

    private static func reason(_ error: Errno) -> String {
        switch error {
        case .notFound: "does not exist"
        case Errno(EACCES): "cannot be opened: no permission to read it"
        default: "cannot be opened: \(error.text)"
        }
    }
}
