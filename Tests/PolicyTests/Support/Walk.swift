import Testing

/// The lines that name a request's hops, and the client that a walk over them finds.
struct Walk: CustomTestStringConvertible {
    let lines: [String]
    let client: String
    var testDescription: String { lines.joined(separator: " | ") }

    init(_ lines: String..., client: String) {
        self.lines = lines
        self.client = client
    }
}
