import Bytes
import HTTP
import Policy

/// A route's ``RouteEdits`` made ready, and merged with what is dropped of every message.
final class EditPlan: Sendable {
    /// Dropped of requests beside what every request loses: of trusted peers, and of others.
    let requestDropped: FieldNameTable
    let requestDroppedOfStrangers: FieldNameTable
    /// Field lines that every request gets.
    let requestLines: [UInt8]
    /// Dropped of the app's responses; holds what the security headers replace.
    let responseDropped: FieldNameTable
    /// Field lines that every response gets.
    let responseLines: [UInt8]
    /// The known names among them, which a preset need not say again.
    let responseGiven: FieldNameSet
    private let strippedPrefix: [UInt8]

    init(_ edits: RouteEdits, _ security: SecurityHeaders) {
        let names = edits.request.droppedNames
        requestDropped = FieldNameTable(names)
        requestDroppedOfStrangers =
            names.isEmpty
            ? Forwarding.namesOfUntrusted : Forwarding.namesOfUntrusted.adding(names)
        requestLines = edits.request.lines
        let responseNames = edits.response.droppedNames
        responseDropped =
            responseNames.isEmpty ? security.removed : security.removed.adding(responseNames)
        responseLines = edits.response.lines
        responseGiven = edits.response.givenNames
        strippedPrefix = Array(edits.strippedPrefix.utf8)
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
