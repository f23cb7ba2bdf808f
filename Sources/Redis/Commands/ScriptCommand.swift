package import Bytes

/// A script, ready to be called by its digest or, where a server does not know it yet, by its text.
package struct ScriptCommand: Sendable {
    /// `EVALSHA` and the digest.
    private let short: [UInt8]
    /// `EVAL` and the text.
    private let long: [UInt8]

    /// - Parameters:
    ///   - text: In Lua.
    ///   - digest: The text's SHA-1 in lower-case hexadecimal: 40 bytes.
    package init(text: [UInt8], digest: [UInt8]) {
        precondition(digest.count == 40, "SHA-1 in hexadecimal")
        short = Array("$7\r\nEVALSHA\r\n$40\r\n".utf8) + digest + Array("\r\n".utf8)
        long =
            Array("$4\r\nEVAL\r\n$\(text.count)\r\n".utf8) + text + Array("\r\n".utf8)
    }

    /// What a call needs beside its tail, by digest.
    package var overhead: Int { short.count + Self.countBytesMax }
    /// What a call needs beside its tail, by text.
    package var overheadWithText: Int { long.count + Self.countBytesMax }

    /// `*`, the number of strings and a line end.
    private static var countBytesMax: Int { 16 }

    /// Appends `EVALSHA`.
    ///
    /// - Parameters:
    ///   - argumentCount: Strings in the tail, the number of keys included.
    ///   - tail: "numkeys key… argument…" as bulk strings.
    package func appendCall(
        to output: inout Buffer, argumentCount: Int, tail: borrowing Span<UInt8>
    ) {
        output.beginCommand(of: argumentCount &+ 2)
        output.append(short)
        output.append(tail)
    }

    /// Appends `EVAL`, after which the server knows the digest.
    package func appendText(
        to output: inout Buffer, argumentCount: Int, tail: borrowing Span<UInt8>
    ) {
        output.beginCommand(of: argumentCount &+ 2)
        output.append(long)
        output.append(tail)
    }
}
