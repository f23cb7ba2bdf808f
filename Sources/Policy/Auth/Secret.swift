/// A text that must not be seen: printing, interpolating or dumping it shows `[redacted]`.
package struct Secret: Sendable, Equatable, CustomStringConvertible, CustomReflectable {
    /// The secret itself, in UTF-8.
    package let bytes: [UInt8]

    /// Keeps the text as it is: nothing is decoded.
    package init(_ text: String) { bytes = Array(text.utf8) }

    package var description: String { "[redacted]" }
    package var customMirror: Mirror { Mirror(self, children: []) }
}
