/// Paths of files that are opened later, by whoever knows what they hold.
enum FilePathText {
    /// The path of a file of which nothing is said that could be a secret.
    static func kind(of what: String) -> Kind<String> {
        .text("the path of \(what)", check: check)
    }

    /// The path of a file with a private key: whoever pastes the key itself has it shown to nobody.
    static let privateKey = Kind<String>.discreet(
        .text(expected: "the path of a private key in PEM", pattern: nil),
        isShown: { !$0.contains("-----") },
        parse: { text throws(Objection) in
            try check(text)
            return text
        })

    private static func check(_ text: String) throws(Objection) {
        guard !text.isEmpty else { throw Objection("is empty") }
        guard !text.contains("-----BEGIN ") else {
            throw Objection("is the content of a file", advice: "write its path")
        }
        guard text.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7f }) else {
            throw Objection("holds a control character")
        }
        guard text.utf8.count <= 4096 else { throw Objection("is longer than 4096 bytes") }
        guard !text.hasSuffix("/") else { throw Objection("is a folder") }
    }
}
