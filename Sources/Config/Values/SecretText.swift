extension Kind {
    /// A text that no message shows, not even as the file has it: a secret, or what stands where a
    /// secret could have been put by mistake.
    ///
    /// - Parameter isShown: For what cannot be one, such as a path.
    static func discreet(
        _ shape: Shape, isShown: @escaping @Sendable (String) -> Bool = { _ in false },
        parse: @escaping @Sendable (String) throws(Objection) -> Value
    ) -> Kind {
        Kind(shape: .discreet(shape, isShown: isShown)) { node, place in
            guard let scalar = place.scalar(node, expected: shape.expected) else { return nil }
            do throws(Objection) {
                return try parse(scalar.text)
            } catch {
                if isShown(scalar.text) {
                    place.object(error, to: scalar)
                } else {
                    place.error(at: scalar.position, error.what, hint: error.advice)
                }
                return nil
            }
        }
    }
}

/// Secrets that a configuration holds, or is given by the environment or a file.
enum SecretText {
    /// What makes a secret easy to guess, as the end of a sentence; `nil` if nothing does.
    ///
    /// It says nothing of the secret that somebody could use.
    static func weakness(of secret: String, charactersMin: Int) -> String? {
        if secret.count < charactersMin {
            return "is shorter than \(charactersMin) characters: \(remedy)"
        }
        let words = secret.lowercased().split { !($0.isLetter || $0.isNumber) }
        guard words.contains(where: { placeholders.contains(String($0)) }) else { return nil }
        return
            "holds test, dev, changeme or example, as one that was meant to be replaced: \(remedy)"
    }

    private static let placeholders: Set = ["test", "dev", "changeme", "example"]
    private static let remedy = "make one with openssl rand -hex 32"

    /// Refuses what no `Authorization: Bearer` can carry.
    static func bearer(_ secret: String) throws(Objection) -> String {
        guard !secret.isEmpty else { throw Objection("is empty") }
        guard secret.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw Objection("holds a space or another character that no Bearer token has")
        }
        guard secret.utf8.count <= 4096 else { throw Objection("is longer than 4096 bytes") }
        return secret
    }
}
