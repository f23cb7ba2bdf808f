import Glibc

/// The process's own numbers at one moment.
package struct ProcessSample: Sendable {
    /// User and system time together, since the start.
    package var cpuMicroseconds: UInt64
    /// Pages in memory now, times their size (proc(5), statm).
    package var residentBytes: UInt64
    /// Descriptors, the listeners' included.
    package var openFiles: UInt64
    /// The soft limit.
    package var maxFiles: UInt64
    /// Since the epoch.
    package var startMicroseconds: UInt64

    package init(
        cpuMicroseconds: UInt64, residentBytes: UInt64, openFiles: UInt64, maxFiles: UInt64,
        startMicroseconds: UInt64
    ) {
        self.cpuMicroseconds = cpuMicroseconds
        self.residentBytes = residentBytes
        self.openFiles = openFiles
        self.maxFiles = maxFiles
        self.startMicroseconds = startMicroseconds
    }

    /// Reads them, what cannot be read as 0, from some files: not for a loop with traffic.
    package static func read() -> ProcessSample {
        var usage = rusage()
        _ = unsafe getrusage(RUSAGE_SELF.rawValue, &usage)
        var limit = rlimit()
        _ = unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
        let pages = numbers(in: contents(of: "/proc/self/statm")).dropFirst().first ?? 0
        return ProcessSample(
            cpuMicroseconds: microseconds(usage.ru_utime) + microseconds(usage.ru_stime),
            residentBytes: pages * UInt64(clamping: sysconf(Int32(_SC_PAGESIZE))),
            openFiles: openFileCount(), maxFiles: UInt64(limit.rlim_cur),
            startMicroseconds: startTime())
    }

    /// Field 22 of stat, in ticks after the boot; the second field may hold anything but ends with
    /// `)`.
    private static func startTime() -> UInt64 {
        let status = contents(of: "/proc/self/stat")
        guard let name = status.lastIndex(of: 0x29) else { return 0 }
        let fields = status[name...].split(separator: 0x20)
        let system = contents(of: "/proc/stat").split(separator: 0x0A)
        let key = Array("btime ".utf8)
        guard fields.count > 20, let ticks = UInt64(decimal: fields[20]),
            let line = system.first(where: { $0.starts(with: key) }),
            let boot = UInt64(decimal: line.dropFirst(key.count))
        else { return 0 }
        let ticksASecond = UInt64(max(1, sysconf(Int32(_SC_CLK_TCK))))
        return boot * 1_000_000 + ticks * 1_000_000 / ticksASecond
    }

    private static func openFileCount() -> UInt64 {
        guard let directory = unsafe opendir("/proc/self/fd") else { return 0 }
        var count: UInt64 = 0
        while unsafe readdir(directory) != nil { count += 1 }
        unsafe closedir(directory)
        // `.`, `..` and the directory itself.
        return count > 3 ? count - 3 : 0
    }

    private static func microseconds(_ time: timeval) -> UInt64 {
        UInt64(clamping: time.tv_sec) * 1_000_000 + UInt64(clamping: time.tv_usec)
    }
}

/// The first 64 KiB of a file; nothing if it cannot be read.
private func contents(of path: String) -> [UInt8] {
    let file = unsafe open(path, O_RDONLY | O_CLOEXEC)
    guard file >= 0 else { return [] }
    defer { _ = close(file) }
    var bytes: [UInt8] = []
    var part = [UInt8](repeating: 0, count: 16_384)
    while bytes.count < 65_536 {
        let count = unsafe read(file, &part, part.count)
        if count <= 0 { break }
        bytes += part.prefix(count)
    }
    return bytes
}

private func numbers(in text: [UInt8]) -> [UInt64] {
    text.split { $0 == 0x20 || $0 == 0x0A }.compactMap { UInt64(decimal: $0) }
}

extension UInt64 {
    /// The number that decimal digits name; `nil` for anything else.
    fileprivate init?(decimal digits: ArraySlice<UInt8>) {
        guard !digits.isEmpty, digits.allSatisfy({ $0 >= 0x30 && $0 <= 0x39 }) else { return nil }
        self.init(String(decoding: digits, as: UTF8.self))
    }
}
