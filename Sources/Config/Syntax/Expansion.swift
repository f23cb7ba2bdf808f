/// Puts the environment and files into scalars: `${NAME}`, `${NAME:-default}`, `${file:/path}`,
/// `$${`.
///
/// Done after YAML was read, so that a value can never become structure. Keys are left alone.
struct Expansion {
    /// Of one file behind `${file:}`.
    static let fileBytesMax = 64 << 10
    /// Of all that is put in, over the whole configuration: a short file must not ask for
    /// gigabytes.
    static let totalBytesMax = 4 << 20

    private let environment: [String: String]
    private let report: Report
    private var bytesLeft = Expansion.totalBytesMax
    /// Each file is read once, however often it is named.
    private var files: [String: Result<String, FileReading.Failure>] = [:]

    init(environment: [String: String], report: Report) {
        self.environment = environment
        self.report = report
    }

    /// The same tree with every scalar expanded; what cannot be is reported and has no value.
    mutating func expand(_ node: SyntaxNode, at path: Path) -> SyntaxNode {
        switch node {
        case .scalar(let scalar): return .scalar(expand(scalar, at: path))
        case .sequence(let nodes, let position):
            var expanded: [SyntaxNode] = []
            for (index, node) in nodes.enumerated() {
                expanded.append(expand(node, at: path.appending(index)))
            }
            return .sequence(expanded, at: position)
        case .mapping(let entries, let position):
            var expanded = entries
            for index in entries.indices {
                let entry = entries[index]
                expanded[index].value = expand(entry.value, at: path.appending(entry.key))
            }
            return .mapping(expanded, at: position)
        }
    }

    /// One pass from left to right: what was put in is not looked at again.
    private mutating func expand(_ scalar: Scalar, at path: Path) -> Scalar {
        var expanded = scalar
        var text = ""
        for piece in Self.pieces(of: scalar.written) {
            switch piece {
            case .literal(let literal): text += literal
            case .reference(let reference):
                let value = value(of: reference, for: scalar, at: path)
                // Without a value, what else the scalar asks for is still looked at and told.
                if expanded.origin != .missing {
                    expanded.origin = value == nil ? .missing : .outside
                }
                text += value ?? ""
            case .unclosed:
                report.error(
                    at: scalar.position, path, "holds a ${ without its }",
                    hint: "write $${ for the characters themselves")
                expanded.origin = .missing
                return expanded
            }
        }
        expanded.text = text
        return expanded
    }

    /// What stands for the text between `${` and `}`; `nil` after a problem was reported.
    private mutating func value(of reference: String, for scalar: Scalar, at path: Path) -> String?
    {
        let found: String?
        if let file = Self.file(of: reference) {
            found = content(of: file, for: scalar, at: path)
        } else {
            found = variable(reference, for: scalar, at: path)
        }
        guard let found else { return nil }
        let wasExhausted = bytesLeft < 0
        bytesLeft -= found.utf8.count
        guard bytesLeft >= 0 else {
            guard !wasExhausted else { return nil }
            let limit = SizeText.format(UInt64(Self.totalBytesMax))
            report.error(
                at: scalar.position, path, "the values put in are more than \(limit) in all")
            return nil
        }
        return found
    }

    /// A variable of the environment, or its default.
    private func variable(_ reference: String, for scalar: Scalar, at path: Path) -> String? {
        let name = Self.name(of: reference)
        guard Self.isName(name) else {
            report.error(
                at: scalar.position, path, "\(quoted("${\(reference)}")) does not name a variable",
                hint: "write ${NAME}, ${NAME:-default} or ${file:/path}; $${ for the characters")
            return nil
        }
        let value = Self.value(ofVariable: reference, in: environment)
        if value == nil {
            report.error(
                at: scalar.position, path, "the environment variable \(name) is not set",
                hint: "${\(name):-default} gives it a default")
        }
        return value
    }

    /// A file's text, read once.
    private mutating func content(of file: String, for scalar: Scalar, at path: Path) -> String? {
        guard file.hasPrefix("/") else {
            report.error(
                at: scalar.position, path,
                "the path in ${file:…} must begin with /, not be \(quoted(file))")
            return nil
        }
        let content =
            files[file] ?? Result { () throws(FileReading.Failure) in try Self.text(of: file) }
        files[file] = content
        switch content {
        case .success(let text): return text
        case .failure(let failure):
            report.error(at: scalar.position, path, "the file \(quoted(file)) \(failure.reason)")
            return nil
        }
    }

    /// The content without the line end that most editors write behind a secret.
    static func text(of file: String) throws(FileReading.Failure) -> String {
        let bytes = try FileReading.read(file, .regular, bytesMax: fileBytesMax)
        guard let text = String(validating: bytes, as: UTF8.self), !bytes.contains(0) else {
            throw FileReading.Failure(reason: "does not hold text in UTF-8")
        }
        // CR LF is one character to Swift.
        return text.last == "\n" || text.last == "\r\n" ? String(text.dropLast()) : text
    }

    /// Whether a shell would take it for the name of a variable.
    private static func isName(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(UInt8(ascii: "0")...UInt8(ascii: "9")).contains(first)
        else { return false }
        return name.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }
}
