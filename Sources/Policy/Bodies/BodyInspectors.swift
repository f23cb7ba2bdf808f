import Bytes

/// Looks through bodies while they pass: a place for each, used again when a body has ended.
///
/// One a loop. A body that needs no looking through has no place, and costs nothing here.
package struct BodyInspectors: ~Copyable {
    private struct Inspector {
        var isJSON = false
        var json = JSONDepth(depthMax: 0)
        var multipart = MultipartReader()
    }

    private var inspectors: [Inspector] = []
    /// Places that no body has.
    private var free: [UInt32] = []

    /// The place of a body that passes unseen.
    package static var none: UInt32 { .max }

    /// As many places as bodies at once come to be looked through.
    package init() {}

    /// Bodies that have a place.
    package var count: Int { inspectors.count - free.count }

    /// Finds a place for a body.
    ///
    /// - Parameters:
    ///   - bytes: What the reading's range refers to.
    ///   - rules: Of the route that settled the reading.
    /// - Returns: Its place, to be given back with ``end(_:)``; ``none`` for one that is not read.
    package mutating func begin(
        _ reading: BodyReading, of bytes: borrowing Span<UInt8>, by rules: BodyRules?
    ) -> UInt32 {
        guard !reading.isUnread, let rules else { return Self.none }
        let place = free.popLast() ?? UInt32(truncatingIfNeeded: inspectors.count)
        if Int(place) == inspectors.count { inspectors.append(Inspector()) }
        switch reading {
        case .unread: break
        case .json:
            inspectors[Int(place)].isJSON = true
            inspectors[Int(place)].json = JSONDepth(depthMax: rules.jsonDepthMax ?? 0)
        case .multipart(let boundary):
            inspectors[Int(place)].isJSON = false
            if let upload = rules.upload {
                inspectors[Int(place)].multipart.begin(boundary, of: bytes, by: upload)
            }
        }
        return place
    }

    /// Reads the next bytes of a body, once each and in order, before they go out.
    ///
    /// - Throws: Why they must not.
    package mutating func read(
        _ bytes: borrowing Span<UInt8>, at place: UInt32
    ) throws(RefusalReason) {
        if inspectors[Int(place)].isJSON {
            try inspectors[Int(place)].json.read(bytes)
        } else {
            try inspectors[Int(place)].multipart.read(bytes)
        }
    }

    /// Takes note of a body's end, before anything goes out that tells it.
    ///
    /// - Throws: Why the body must not be seen to end here.
    package func finish(at place: UInt32) throws(RefusalReason) {
        guard !inspectors[Int(place)].isJSON else { return }
        try inspectors[Int(place)].multipart.finish()
    }

    /// Gives a place back; ``none`` is none.
    package mutating func end(_ place: UInt32) {
        guard place != Self.none else { return }
        inspectors[Int(place)].multipart.end()
        free.append(place)
    }
}
