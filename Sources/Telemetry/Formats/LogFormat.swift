package import Bytes

/// How lines are written out.
///
/// Loops make every line as JSON, whatever the format; the writer's thread makes the others of it,
/// so that no format costs a loop anything.
package enum LogFormat: Sendable, Equatable {
    /// One JSON object a line, as it was made.
    case json
    /// `key=value` pairs, quoted where need be.
    case logfmt
    /// For the eyes; colours only where a terminal shows them.
    case text(Colouring)
    /// JSON with the names of the Elastic Common Schema.
    case ecs

    /// Whether a terminal's escapes are used.
    package enum Colouring: Sendable { case plain, coloured }

    /// Bytes that the longest line may take in any format: what JSON takes, names and colours.
    package static let lineBytesMax = 2 * AccessLine.bytesMax

    /// Appends a line in this format; one that is no line of ours is copied as it is.
    ///
    /// - Parameter line: One JSON line with its end, as ``AccessLine`` and ``LineBuilder`` make it.
    package func append(_ line: borrowing Span<UInt8>, to output: inout Buffer) {
        guard self != .json, LineMembers.canRead(line) else { return output.append(line) }
        switch self {
        case .json: break
        case .logfmt: LogfmtLine.append(line, to: &output)
        case .text(let colouring):
            var text = TextLine(isColoured: colouring == .coloured)
            text.append(line, to: &output)
        case .ecs: ECSLine.append(line, to: &output)
        }
    }
}
