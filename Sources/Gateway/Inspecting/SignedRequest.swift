package import Policy

/// A delivery with its signature, for curl.
package struct SignedRequest: Sendable, Equatable {
    package let method: String
    /// As it was asked for, or with what the provider puts into its query.
    package let url: String
    package let headers: [SignedDelivery.Header]

    /// `-H 'Name: value'` for each header, as a shell reads them.
    package var arguments: String {
        headers.map { "-H " + Self.quoted("\($0.name): \($0.value)") }.joined(separator: " ")
    }

    /// A whole command line that sends it.
    ///
    /// - Parameter bodyFile: The file with the body; `nil` for none.
    package func curl(bodyFile: String?) -> String {
        var words = ["curl"]
        // curl takes these for patterns, and dots of a path away.
        if url.contains(where: { "[]{}".contains($0) }) { words.append("--globoff") }
        if url.contains("/.") { words.append("--path-as-is") }
        words += method == "HEAD" ? ["--head"] : ["-X", Self.word(method)]
        if !headers.isEmpty { words.append(arguments) }
        if let bodyFile { words.append("--data-binary " + Self.quoted("@\(bodyFile)")) }
        words.append(Self.quoted(url))
        return words.joined(separator: " ")
    }

    /// Within single quotes a shell leaves every byte alone but the quote itself (POSIX XCU 2.2.2).
    private static func quoted(_ text: String) -> String {
        "'" + text.replacing("'", with: #"'\''"#) + "'"
    }

    /// Bare where that is safe.
    private static func word(_ text: String) -> String {
        text.utf8.allSatisfy { 0x41...0x5a ~= $0 } ? text : quoted(text)
    }
}
