extension [Problem] {
    /// An array of objects with the members `file`, `line`, `column`, `severity`, `path`,
    /// `message` and, where there is advice, `hint`.
    package var json: String {
        JSONTree.list(map(\.json)).rendered()
    }
}

extension Problem {
    fileprivate var json: JSONTree {
        var members: [(String, JSONTree)] = [
            ("file", .text(file)), ("line", .integer(line)), ("column", .integer(column)),
            ("severity", .text(severity.rawValue)), ("path", .text(path)),
            ("message", .text(message)),
        ]
        if let hint { members.append(("hint", .text(hint))) }
        return .object(members)
    }
}
