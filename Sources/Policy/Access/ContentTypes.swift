import Bytes
import HTTP

/// The media types that a route takes (`content_types`), made ready for questions.
final class ContentTypes: Sendable {
    /// In lower case: `type/subtype`, or `type/` for all of a type.
    private let names: [[UInt8]]

    /// - Parameter types: `type/subtype` or `type/*`, in any case, without parameters.
    init(_ types: [String]) {
        names = types.map { type in
            let lowered = type.lowercased()
            return Array((lowered.hasSuffix("/*") ? String(lowered.dropLast()) : lowered).utf8)
        }
    }

    /// Whether the body of a request, if it has one, is of one of the types.
    ///
    /// A body that does not say what it is, or says two things, is of none.
    func admit(_ head: borrowing RequestHead, _ bytes: borrowing Span<UInt8>) -> Bool {
        if case .length(0) = head.framing { return true }
        guard !head.framing.isNone else { return true }
        var isTold = false
        for index in head.fields.indices {
            let field = head.fields[index]
            guard case .contentType = field.id, !field.isDisguised else { continue }
            guard !isTold, admit(field.value, bytes) else { return false }
            isTold = true
        }
        return isTold
    }

    /// Compares `type/subtype` without regard to case; parameters do not matter (RFC 9110 §8.3.1).
    private func admit(_ value: ByteRange, _ bytes: borrowing Span<UInt8>) -> Bool {
        var end = value.start
        // A comma would be a second type for a reader that joins lines.
        while end < value.end, bytes[end] != 0x3b, bytes[end] != 0x2c { end += 1 }
        guard end == value.end || bytes[end] == 0x3b else { return false }
        let type = bytes.trimmed(ByteRange(value.start, end))
        for name in names {
            let isGroup = name.last == 0x2f
            guard isGroup ? type.count > name.count : type.count == name.count else { continue }
            let start = ByteRange(start: type.start, count: name.count)
            if bytes.holdsFolded(name.span, at: start) { return true }
        }
        return false
    }
}
