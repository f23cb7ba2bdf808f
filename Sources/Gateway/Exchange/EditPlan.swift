import Bytes
import HTTP
import Policy

/// What a route changes of requests, made ready and merged with what every request loses.
///
/// What it changes of responses is in its ``ResponseStamp``.
final class EditPlan: Sendable {
    /// Dropped of requests beside what every request loses: of trusted peers, and of others.
    let requestDropped: FieldNameTable
    let requestDroppedOfStrangers: FieldNameTable
    /// Field lines that every request gets.
    let requestLines: [UInt8]
    private let strippedPrefix: [UInt8]
    /// Whether the app's errors give way to answers of the gateway.
    let replacesErrors: Bool

    private static let dropped = FieldNameTable(Forwarding.namesDropped)
    private static let droppedOfStrangers = dropped.adding(Forwarding.namesOfUntrusted)

    init(_ edits: RouteEdits) {
        let names = edits.request.droppedNames
        requestDropped = names.isEmpty ? Self.dropped : Self.dropped.adding(names)
        requestDroppedOfStrangers =
            names.isEmpty ? Self.droppedOfStrangers : Self.droppedOfStrangers.adding(names)
        requestLines = edits.request.lines
        strippedPrefix = Array(edits.strippedPrefix.utf8)
        replacesErrors = edits.replacesErrors
    }

    /// The path that goes upstream: what is left behind the prefix, or all.
    ///
    /// It may be empty: whoever writes it puts a slash there.
    ///
    /// - Parameter bytes: What the head's ranges refer to.
    func path(of head: borrowing RequestHead, in bytes: borrowing Span<UInt8>) -> ByteRange {
        guard !strippedPrefix.isEmpty, head.path.count >= strippedPrefix.count else {
            return head.path
        }
        let path = head.path
        for (offset, byte) in strippedPrefix.enumerated()
        where bytes[path.start + offset] != byte { return path }
        let rest = ByteRange(path.start + strippedPrefix.count, path.end)
        // Whole segments alone: `/api` is no part of `/apix`.
        guard rest.isEmpty || bytes[rest.start] == 0x2f else { return path }
        return rest
    }
}
