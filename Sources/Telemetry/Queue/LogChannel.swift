import Glibc

/// One output of the writer and the rings that go there.
struct LogChannel: ~Copyable {
    /// What came of a round.
    enum Progress {
        case nothing, wrote, full
        case failed(Int32)

        /// Whether the output takes nothing.
        var isStuck: Bool {
            switch self {
            case .nothing, .wrote: false
            case .full, .failed: true
            }
        }
    }

    private let rings: [LogQueue]
    private var destination: LogDestination
    /// Bytes written of the line at the begin of ring `current`, which must be finished first.
    private var cutBytes = 0
    private var current = 0

    /// Bytes of one write, so that a ring gets room again before all of it is written.
    private static var writeBytesMax: Int { 1 << 18 }

    init(_ rings: [LogQueue], to destination: consuming LogDestination) {
        self.rings = rings
        self.destination = destination
    }

    /// Becomes writable when an output that is full takes bytes again.
    var descriptor: Int32 { destination.descriptor }

    /// Writes all that is published now, beginning where a line was cut.
    mutating func write() -> Progress {
        var result = Progress.nothing
        for _ in rings {
            switch write(rings[current]) {
            case .nothing: break
            case .wrote: result = .wrote
            case .full: return .full
            case .failed(let error): return .failed(error)
            }
            current = (current + 1) % rings.count
        }
        return result
    }

    /// Opens a file anew.
    ///
    /// A line that the old file has only a part of is finished there or, where that cannot be,
    /// written whole to the new one.
    mutating func reopen() throws(LogProblem) {
        if cutBytes > 0 { _ = write(rings[current]) }
        try destination.reopen()
        cutBytes = 0
    }

    /// Writes one ring up to where it ended at the call, so that no ring is kept waiting for
    /// another.
    private mutating func write(_ queue: LogQueue) -> Progress {
        let end = queue.publishedEnd
        var start = queue.releasedEnd
        if start == end { return .nothing }
        while start < end {
            let place = start + cutBytes
            var lineEnd = 0
            let result = unsafe queue.withRun(from: place, to: end) { run in
                let part = unsafe UnsafeBufferPointer(rebasing: run.prefix(Self.writeBytesMax))
                let result = unsafe destination.write(part)
                if case .wrote(let count) = result {
                    lineEnd = unsafe endOfLastLine(part, count)
                }
                return result
            }
            // Bytes are given back line by line: the begin of a cut one may be needed once more.
            switch result {
            case .full: return .full
            case .failed(let error): return .failed(error)
            case .wrote(let count) where lineEnd > 0:
                start = place + lineEnd
                cutBytes = count - lineEnd
                queue.release(upTo: start)
            case .wrote(let count): cutBytes += count
            }
        }
        return .wrote
    }
}

/// The offset after the last line end among the first `count` bytes; 0 without one.
private func endOfLastLine(_ bytes: UnsafeBufferPointer<UInt8>, _ count: Int) -> Int {
    var offset = count
    while offset > 0, unsafe bytes[offset - 1] != 0x0A { offset -= 1 }
    return offset
}
