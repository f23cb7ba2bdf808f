import Glibc

/// What tells that a file is another one, or was written to, without reading it (stat(2)).
package struct FileStamp: Equatable, Sendable {
    private let device: UInt64
    private let inode: UInt64
    private let byteCount: Int64
    private let modified: Int64
    private let modifiedNanoseconds: Int64
    /// Unlike the others it tells of new permissions, and no program can set it back.
    private let changed: Int64
    private let changedNanoseconds: Int64

    /// Of what a path leads to, links followed.
    ///
    /// - Returns: `nil` if there is nothing, or nothing that may be looked at.
    package init?(of path: String) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        byteCount = Int64(status.st_size)
        modified = Int64(status.st_mtim.tv_sec)
        modifiedNanoseconds = Int64(status.st_mtim.tv_nsec)
        changed = Int64(status.st_ctim.tv_sec)
        changedNanoseconds = Int64(status.st_ctim.tv_nsec)
    }
}
