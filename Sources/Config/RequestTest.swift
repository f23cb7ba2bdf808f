/// One entry of `tests`: a request, and what is to become of it.
package struct RequestTest: Sendable {
    /// Of the file, where the entry begins.
    package var line: Int
    /// `METHOD URL` as the file has it, without what was put in for `${…}`.
    package var title: String
    package var method: String
    /// Begins with http:// or https://.
    package var url: String
    /// `Name: value`, in the order of the file.
    package var fields: [String]
    /// An IP address or `unix`; `nil` for a stranger's.
    package var client: String?
    /// `nil` for the first one.
    package var listener: String?
    /// At least one, in the order of the documentation.
    package var expectations: [Expectation]

    package init(
        line: Int, title: String, method: String, url: String, fields: [String], client: String?,
        listener: String?, expectations: [Expectation]
    ) {
        self.line = line
        self.title = title
        self.method = method
        self.url = url
        self.fields = fields
        self.client = client
        self.listener = listener
        self.expectations = expectations
    }
}

/// One thing that a test expects.
package enum Expectation: Sendable, Equatable {
    /// A route's name; `nil` for `none`.
    case route(String?)
    /// An upstream's name; `nil` for `none`: the gateway answers.
    case upstream(String?)
    case status(UInt16)
    /// The field's value, its lines joined by a comma and a space.
    case header(String, String)
    case headerMatches(String, ValuePattern)
    /// No field of this name.
    case noHeader(String)
    case cors(CORSExpectation)
    /// The names of all limits that hold for the request, in any order.
    case limits([String])
}

/// What a route's policy makes of the request's `Origin`.
package enum CORSExpectation: String, CaseIterable, Sendable { case allowed, refused, none }

/// A regular expression that a field's value is searched for.
///
/// Kept as text: Swift's `Regex` is not `Sendable`.
package struct ValuePattern: Sendable, Equatable {
    /// One that can be read.
    package let text: String

    /// - Throws: What is wrong with the expression, which may repeat parts of it.
    init(_ text: String) throws {
        _ = try Regex(text)
        self.text = text
    }

    /// Whether a part of the value matches; `^` and `$` stand for its ends.
    package func matches(_ value: String) -> Bool {
        guard let expression = try? Regex(text) else { return false }
        return (try? expression.firstMatch(in: value)) != nil
    }
}
