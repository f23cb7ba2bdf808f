/// What a text consists of before anything is put into it.
extension Expansion {
    /// A part of a text as written.
    enum Piece: Equatable {
        case literal(Substring)
        /// What stands between `${` and `}`.
        case reference(String)
        /// A `${` without its `}`, which is the last of the pieces.
        case unclosed
    }

    /// The pieces of a text from left to right; `$${` is a literal `${`.
    static func pieces(of written: String) -> [Piece] {
        var pieces: [Piece] = []
        var rest = written[...]
        while let opening = rest.firstRange(of: "${") {
            let literal = rest[..<opening.lowerBound]
            pieces.append(.literal(literal))
            rest = rest[opening.upperBound...]
            if literal.last == "$" {
                pieces.append(.literal("{"))
                continue
            }
            guard let closing = rest.firstIndex(of: "}") else { return pieces + [.unclosed] }
            pieces.append(.reference(String(rest[..<closing])))
            rest = rest[rest.index(after: closing)...]
        }
        return pieces + [.literal(rest)]
    }

    /// The path of a reference to a file; `nil` for a variable.
    static func file(of reference: String) -> String? {
        reference.hasPrefix("file:") ? String(reference.dropFirst(5)) : nil
    }

    /// The name in a reference to a variable.
    static func name(of reference: String) -> String {
        let separator = reference.firstRange(of: ":-")
        return String(reference[..<(separator?.lowerBound ?? reference.endIndex)])
    }

    /// A variable, or its default; as in a shell, that also stands in for one that is empty.
    static func value(
        ofVariable reference: String, in environment: [String: String]
    ) -> String? {
        let value = environment[name(of: reference)]
        guard let separator = reference.firstRange(of: ":-") else { return value }
        return value.flatMap { $0.isEmpty ? nil : $0 } ?? String(reference[separator.upperBound...])
    }

    /// The paths of all files that texts name, each once.
    static func files(in texts: [String]) -> [String] {
        var seen: Set<String> = []
        return texts.flatMap(pieces).compactMap { piece in
            guard case .reference(let reference) = piece, let file = file(of: reference),
                seen.insert(file).inserted
            else { return nil }
            return file
        }
    }
}
