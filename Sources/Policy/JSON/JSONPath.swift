import Bytes

/// The names of members that lead to a value, from one object into the next.
struct JSONPath: Sendable {
    /// In UTF-8.
    private let steps: [[UInt8]]

    init(_ steps: [String]) { self.steps = steps.map { Array($0.utf8) } }

    /// The value at the end of the path.
    ///
    /// - Parameter bytes: The whole document.
    /// - Returns: `nil` if there is none, if the document is not JSON that is read here, or if a
    ///   name on the way stands twice in its object: of the two, readers take either.
    func value(in bytes: borrowing Span<UInt8>) -> JSONValue? {
        guard var value = try? JSONReader.value(of: ByteRange(0, bytes.count), in: bytes) else {
            return nil
        }
        for index in steps.indices {
            let step = steps[index]
            guard case .object(let object) = value,
                let member = Self.member(step, of: object, in: bytes)
            else { return nil }
            value = member
        }
        return value
    }

    private static func member(
        _ name: [UInt8], of object: ByteRange, in bytes: borrowing Span<UInt8>
    ) -> JSONValue? {
        var found: JSONValue?
        var members = JSONReader(inside: object)
        // What is in a document that was read can be read.
        while let member = (try? members.nextMember(in: bytes)) ?? nil {
            guard member.name.equals(name.span, in: bytes) else { continue }
            guard found == nil else { return nil }
            found = member.value
        }
        return found
    }
}
