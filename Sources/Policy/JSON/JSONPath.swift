import Bytes

/// The names of members that lead to a value, from one object into the next.
struct JSONPath: Sendable {
    /// In UTF-8.
    private let steps: [[UInt8]]

    init(_ steps: [String]) { self.steps = steps.map { Array($0.utf8) } }

    /// The value at the end of the path.
    ///
    /// - Parameters:
    ///   - bytes: The whole document.
    ///   - depthMax: Values within one another.
    /// - Returns: `nil` if there is none, if the document is not JSON that is read here, or if a
    ///   name on the way stands twice in its object: of the two, readers take either.
    func value(
        in bytes: borrowing Span<UInt8>, depthMax: Int = JSONReader.depthMax
    ) -> JSONValue? {
        guard
            var value = try? JSONReader.value(
                of: ByteRange(0, bytes.count), in: bytes, depthMax: depthMax)
        else { return nil }
        for index in steps.indices {
            let step = steps[index]
            guard case .object(let object) = value,
                let member = Self.member(step, of: object, in: bytes, depthMax)
            else { return nil }
            value = member
        }
        return value
    }

    /// The first value that the path leads to, in a document that somebody trusted wrote.
    ///
    /// What stands behind it is not read.
    ///
    /// - Returns: `nil` if there is none before the document's end, or before what is no JSON.
    func firstValue(in bytes: borrowing Span<UInt8>, depthMax: Int) -> JSONValue? {
        var start = 0
        while start < bytes.count, bytes[start] <= 0x20 { start &+= 1 }
        guard start < bytes.count, bytes[start] == 0x7b else { return nil }
        // As if the last brace stood behind the end: what is before it is read as it comes.
        var value = JSONValue.object(ByteRange(start, bytes.count &+ 1))
        for index in steps.indices {
            let step = steps[index]
            guard case .object(let object) = value else { return nil }
            var members = JSONReader(inside: object, depthMax: depthMax)
            var found: JSONValue?
            while found == nil, let member = (try? members.nextMember(in: bytes)) ?? nil {
                if member.name.equals(step.span, in: bytes) { found = member.value }
            }
            guard let found else { return nil }
            value = found
        }
        return value
    }

    private static func member(
        _ name: [UInt8], of object: ByteRange, in bytes: borrowing Span<UInt8>, _ depthMax: Int
    ) -> JSONValue? {
        var found: JSONValue?
        var members = JSONReader(inside: object, depthMax: depthMax)
        // What is in a document that was read can be read.
        while let member = (try? members.nextMember(in: bytes)) ?? nil {
            guard member.name.equals(name.span, in: bytes) else { continue }
            guard found == nil else { return nil }
            found = member.value
        }
        return found
    }
}
