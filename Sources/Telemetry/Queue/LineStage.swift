import Bytes

/// Lines on their way from the loops' rings to a channel that wants them otherwise: in another
/// format, or chained.
///
/// It belongs to the writer's thread. Its own ring is as large as a loop's; where that has no room,
/// lines stay where they are, so that memory does not grow.
struct LineStage: ~Copyable {
    /// What a channel writes out.
    let ring = LogQueue(capacity: LogPipeline.queueBytes)
    private let sources: [LogQueue]
    private let format: LogFormat
    private var chain: AuditChain?
    private var line = Buffer(capacity: LogFormat.lineBytesMax)
    private var output = Buffer(capacity: 2 * LogFormat.lineBytesMax)
    /// Whether the last call left lines behind as the ring had no room for them.
    private(set) var isHeldUp = false
    /// Lines dropped by the sources that were told of within a line; only chains tell of them.
    private var toldDrops: UInt64 = 0
    private var first = 0

    init(_ sources: [LogQueue], format: LogFormat, chain: consuming AuditChain?) {
        self.sources = sources
        self.format = format
        self.chain = chain
    }

    /// Ends the line that a file ends within, so that the next begins on its own.
    func endLine() {
        var end = Buffer(capacity: 1)
        end.append("\n")
        _ = ring.publish(end)
    }

    /// Takes lines up to where the sources end now, as far as there is room.
    mutating func move() {
        isHeldUp = false
        for index in sources.indices {
            // Another one comes first each time, so that none is kept waiting for the others.
            if !move(sources[(first + index) % sources.count]) { break }
        }
        first = (first + 1) % sources.count
    }

    /// - Returns: Whether the source was taken as a whole.
    private mutating func move(_ source: LogQueue) -> Bool {
        let end = source.publishedEnd
        while source.releasedEnd < end {
            guard ring.room >= output.capacity else {
                isHeldUp = true
                return false
            }
            line.removeAll()
            let next = source.copyLine(upTo: end, to: &line)
            if chain != nil { addLost(source.droppedCount) }
            publishLine()
            source.release(upTo: next)
        }
        return true
    }

    /// Adds how many audit lines before this one were dropped.
    private mutating func addLost(_ dropped: UInt64) {
        guard dropped > toldDrops, line.count > 2 else { return }
        line.dropLast(2)
        line.append(",\"lost\":")
        line.append(decimal: dropped - toldDrops)
        line.append("}\n")
        toldDrops = dropped
    }

    private mutating func publishLine() {
        output.removeAll()
        line.withReadable { format.append($0, to: &output) }
        if let chained = chained() { output = chained }
        _ = ring.publish(output)
    }

    private mutating func chained() -> Buffer? {
        guard chain != nil else { return nil }
        var result = Buffer(capacity: output.capacity)
        output.withReadable { chain?.append($0, to: &result) }
        return result
    }
}
