import Bytes

/// `upload` of a route, made ready for questions.
final class UploadRules: Sendable {
    let partCountMax: Int
    let partBytesMax: UInt64
    /// Whether the types of files are compared at all.
    let hasTypes: Bool
    /// In lower case, wildcards replaced by what they stand for.
    private let names: [[UInt8]]
    /// One for each name.
    private let checks: [ContentCheck]
    /// Of files that do not say what they are: RFC 7578 §4.4 takes them for plain text.
    ///
    /// `nil` where that is not among `types`.
    let checkOfUntyped: ContentCheck?

    init(_ settings: UploadSettings) {
        partCountMax = settings.partCountMax
        partBytesMax = settings.partBytesMax
        hasTypes = settings.types != nil
        let types = (settings.types ?? []).flatMap(MediaSignatures.expand)
        names = types.map { Array($0.utf8) }
        checks = types.map(MediaSignatures.check)
        let untyped = "text/plain"
        checkOfUntyped = types.contains(untyped) ? MediaSignatures.check(of: untyped) : nil
    }

    /// How the content of a type is checked; `nil` for a type that is not among `types`.
    func check(of type: ByteRange, in bytes: borrowing Span<UInt8>) -> ContentCheck? {
        guard hasTypes else { return ContentCheck(kind: .any) }
        var index = 0
        for name in names {
            if bytes.holdsFolded(name.span, at: type) { return checks[index] }
            index += 1
        }
        return nil
    }

}
