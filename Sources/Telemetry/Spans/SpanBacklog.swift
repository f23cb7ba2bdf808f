/// Spans that were taken out of the rings, cut into batches.
///
/// No more is taken while something is left, so it holds what one ring does at most.
package struct SpanBacklog: Sendable {
    private var bytes: [UInt8] = []
    /// Where the first span stands that is in no batch yet.
    private var start = 0

    package init() {}

    /// Whether every span was in a batch.
    package var isEmpty: Bool { start >= bytes.count }

    /// Takes spans over, each framed as ``SpanWriter`` does it; nothing must be left before.
    package mutating func fill(_ spans: [UInt8]) {
        precondition(isEmpty, "what is left comes first")
        bytes = spans
        start = 0
    }

    /// Moves spans into a batch until it is full or no more are left.
    package mutating func move(to batch: inout SpanBatch) {
        while start < bytes.count, batch.count < SpanBatch.countMax {
            guard let end = end(ofSpanAt: start) else {
                // Rings hold whole spans: nothing that follows could be told apart.
                start = bytes.count
                break
            }
            let size = end - start
            if batch.count > 0, batch.bytes.count + size > SpanBatch.bytesMax { return }
            batch.add(bytes[start..<end])
            start = end
        }
        if isEmpty {
            bytes = []
            start = 0
        }
    }

    private func end(ofSpanAt place: Int) -> Int? {
        var cursor = ProtobufReader(bytes[place...])
        guard let field = cursor.next(), field.number == SpanField.inScope, field.isBytes else {
            return nil
        }
        return cursor.place
    }
}

/// Spans that are sent together.
package struct SpanBatch: Sendable {
    /// Spans of a batch at most.
    package static let countMax = 512
    /// Their bytes at most, but for a single span that is longer.
    package static let bytesMax = 1 << 20

    fileprivate(set) package var count = 0
    fileprivate(set) var bytes: [UInt8] = []

    package init() {}

    /// Whether nothing more fits.
    package var isFull: Bool { count >= Self.countMax || bytes.count >= Self.bytesMax }

    fileprivate mutating func add(_ span: ArraySlice<UInt8>) {
        bytes += span
        count += 1
    }
}
