/// Lists of ciphers as OpenSSL takes them (ciphers(1)): names and groups with colons between them.
///
/// Which names there are the library knows; here is told what none can be, and what nobody should
/// offer.
enum CipherText {
    /// What makes a cipher one that protects nothing, or not for long.
    private static let broken: Set = [
        "ALL", "COMPLEMENTOFALL", "NULL", "ENULL", "ANULL", "ADH", "AECDH", "EXP", "EXPORT", "LOW",
        "RC2", "RC4", "DES", "3DES", "IDEA", "SEED", "MD5",
    ]

    static func check(_ text: String) throws(Objection) {
        guard text.utf8.count <= 2048 else { throw Objection("is longer than 2048 bytes") }
        guard !text.contains(","), !text.contains(" ") else {
            throw Objection("has a comma or a space", advice: "colons stand between ciphers")
        }
        for entry in text.split(separator: ":", omittingEmptySubsequences: false) {
            try check(entry: entry)
        }
    }

    private static func check(entry: Substring) throws(Objection) {
        let isRemoval = entry.hasPrefix("!") || entry.hasPrefix("-")
        let name = isRemoval || entry.hasPrefix("+") ? entry.dropFirst() : entry
        guard !name.isEmpty else { throw Objection("has an empty place between its colons") }
        guard !name.hasPrefix("@") else {
            throw Objection("has a command of OpenSSL behind an @, of which none is taken")
        }
        guard name.utf8.allSatisfy({ isNameByte($0) || $0 == UInt8(ascii: "+") }) else {
            throw Objection("holds a character that no cipher's name has")
        }
        guard !name.hasPrefix("TLS_") else {
            throw Objection(
                "names a cipher of TLS 1.3, all of which are offered",
                advice: "for TLS 1.2 as in ECDHE-RSA-AES128-GCM-SHA256")
        }
        guard !isRemoval else { return }
        let words = name.uppercased().split { $0 == "-" || $0 == "+" }
        guard !words.contains(where: { broken.contains(String($0)) }) else {
            throw Objection("offers ciphers that are broken, or none at all")
        }
    }
}
