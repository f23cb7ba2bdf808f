package import Bytes

/// How large a head may be.
///
/// Absence of a limit cannot be said: there always is one.
package struct HeadLimits: Sendable {
    /// Bytes of the first line without its line end; more is 414 for a request.
    package var startLineBytesMax: Int
    /// Bytes of all field lines with their line ends; more is 431.
    package var fieldBytesMax: Int
    /// Field lines; more is 431.
    package var fieldCountMax: Int

    /// The two lengths together are what a head that never ends makes a connection hold: they must
    /// stay below a buffer's size.
    package init(startLineBytesMax: Int, fieldBytesMax: Int, fieldCountMax: Int) {
        self.startLineBytesMax = startLineBytesMax
        self.fieldBytesMax = fieldBytesMax
        self.fieldCountMax = fieldCountMax
    }
}

/// What a reader made of the bytes it was given.
@usableFromInline package enum HeadProgress: Equatable, Sendable {
    /// The head is not complete; read again with more bytes after these.
    case needsMore
    /// The head is in the value that was passed.
    case complete

    /// A pattern, since `==` calls through a witness from other modules.
    @inlinable package var isComplete: Bool { if case .complete = self { true } else { false } }
}

/// What stands next in a body.
package enum BodyProgress: Equatable, Sendable {
    /// Forget so many bytes and come again with more.
    case needsMore(consumed: Int)
    /// These bytes are data; forget all up to the end of the range and come again.
    case data(ByteRange)
    /// The body ends; so many bytes are to be forgotten, what follows belongs to the next message.
    case end(consumed: Int)
}
