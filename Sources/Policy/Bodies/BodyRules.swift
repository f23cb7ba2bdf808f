package import Bytes
import HTTP

/// How a body is looked through while it passes.
package enum BodyReading: Sendable, Equatable {
    /// Not at all.
    case unread
    /// Its nesting is counted.
    case json
    /// Its parts are judged.
    ///
    /// - `boundary`: 1 to 70 bytes of the head, without quotes.
    case multipart(boundary: ByteRange)

    /// Whether the body passes unseen.
    package var isUnread: Bool { if case .unread = self { true } else { false } }
}

/// What one route asks of request bodies, made ready for questions.
///
/// Heads are judged here, bodies by the ``BodyInspectors`` that the gateway keeps.
package final class BodyRules: Sendable {
    let jsonDepthMax: UInt16?
    let upload: UploadRules?

    /// - Returns: `nil` where every body passes unseen.
    init?(_ settings: BodySettings) {
        guard settings != .none else { return nil }
        jsonDepthMax = settings.jsonDepthMax.map { UInt16(clamping: $0) }
        upload = settings.upload.map(UploadRules.init)
    }

    /// Settles how the body of a request is to be read.
    ///
    /// - Throws: Why no byte of it may pass: it is no upload, or in an encoding that cannot be
    ///   looked through.
    func reading(
        of head: borrowing RequestHead, _ bytes: borrowing Span<UInt8>
    ) throws(RefusalReason) -> BodyReading {
        if case .length(0) = head.framing { return .unread }
        guard !head.framing.isNone else { return .unread }
        guard let value = try Self.contentType(of: head) else {
            if upload != nil { throw .uploadNotMultipart }
            return .unread
        }
        guard let type = MediaType(bytes, value) else { throw .contentTypeRefused }
        if jsonDepthMax != nil, type.isJSON(bytes) {
            try Self.checkCoding(of: head, bytes)
            guard type.isUnicodeText(bytes) else { throw .jsonCharset }
            return .json
        }
        guard upload != nil else { return .unread }
        guard bytes.holdsFolded(Self.formData.span, at: type.name) else {
            throw .uploadNotMultipart
        }
        try Self.checkCoding(of: head, bytes)
        return .multipart(boundary: try type.boundary(bytes))
    }

    /// The one `Content-Type`: with two of them, two readers may take one each.
    static func contentType(
        of head: borrowing RequestHead
    ) throws(RefusalReason) -> ByteRange? {
        var value: ByteRange?
        for index in head.fields.indices {
            let field = head.fields[index]
            guard case .contentType = field.id, !field.isDisguised else { continue }
            guard value == nil else { throw .contentTypeRefused }
            value = field.value
        }
        return value
    }

    /// Refuses a body that was compressed: what is in it would pass unseen.
    static func checkCoding(
        of head: borrowing RequestHead, _ bytes: borrowing Span<UInt8>
    ) throws(RefusalReason) {
        for index in head.fields.indices {
            let field = head.fields[index]
            guard case .other = field.id, isContentEncoding(field.name, bytes) else { continue }
            guard bytes.holdsFolded(identity.span, at: field.value) else { throw .bodyEncoded }
        }
    }

    /// Also where `_` or `.` stands for `-`, which some apps do not tell apart.
    private static func isContentEncoding(_ name: ByteRange, _ bytes: borrowing Span<UInt8>) -> Bool
    {
        let wanted = contentEncoding
        guard name.count == wanted.count else { return false }
        for offset in 0..<wanted.count {
            let byte = bytes[name.start + offset]
            let isHyphen = byte == 0x2d || byte == 0x5f || byte == 0x2e
            guard (isHyphen ? 0x2d : byte | 0x20) == wanted[offset] else { return false }
        }
        return true
    }

    private static let formData = Array("multipart/form-data".utf8)
    private static let contentEncoding = Array("content-encoding".utf8)
    private static let identity = Array("identity".utf8)
}
