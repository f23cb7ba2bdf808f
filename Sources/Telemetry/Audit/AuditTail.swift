import Glibc

/// Where the chain in a file stands, read from its end: a run of the process continues the one
/// before.
struct AuditTail {
    /// Of the last chained line; `nil` without one.
    private(set) var link: AuditLink?
    /// Whether the file ends within a line, as after a loss of power.
    private(set) var endsInLine = false

    /// Bytes that are looked through for a chained line, so that a huge log does not delay a start.
    private static var bytesMax: Int { 1 << 30 }
    private static var windowBytes: Int { 1 << 20 }
    /// Bytes that two windows share: no chained line is longer.
    private static var overlapBytes: Int { LogFormat.lineBytesMax }

    /// Reads what is there; nothing of what is no regular file or may not be read.
    init(of target: LogTarget) {
        let path =
            switch target {
            case .descriptor(let number): "/proc/self/fd/\(number)"
            case .file(let path): path
            }
        let file = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)
        guard file >= 0 else { return }
        defer { _ = close(file) }
        var status = stat()
        guard unsafe fstat(file, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return }
        readBack(file, from: Int(status.st_size))
    }

    private mutating func readBack(_ file: Int32, from size: Int) {
        var end = size
        while end > 0, size - end < Self.bytesMax {
            let start = max(0, end - Self.windowBytes)
            guard let bytes = Self.read(file, start, end - start) else { return }
            if end == size { endsInLine = bytes.last != 0x0A }
            link = Self.lastLink(bytes)
            if link != nil || start == 0 { return }
            end = start + Self.overlapBytes
        }
    }

    private static func lastLink(_ bytes: [UInt8]) -> AuditLink? {
        var end = bytes.count
        while let newline = bytes[..<end].lastIndex(of: 0x0A) {
            let before = bytes[..<newline].lastIndex(of: 0x0A)
            let line = bytes.span.extracting((before.map { $0 + 1 } ?? 0)..<(newline + 1))
            if let suffix = AuditSuffix(line) { return suffix.link(line) }
            end = newline
        }
        return nil
    }

    private static func read(_ file: Int32, _ start: Int, _ count: Int) -> [UInt8]? {
        var bytes = [UInt8](repeating: 0, count: count)
        return unsafe pread(file, &bytes, count, start) == count ? bytes : nil
    }
}
