package import Bytes

/// `errors.pages`: an operator's own words for errors of the gateway, by status.
///
/// A class, so that whoever holds it copies a reference.
package final class ErrorPages: Sendable {
    private let pages: [UInt16: ErrorPage]

    /// - Returns: `nil` if there is no page.
    package init?(_ pages: [UInt16: ErrorPage]) {
        guard !pages.isEmpty else { return nil }
        self.pages = pages
    }

    /// The page that tells of an error in place of the gateway's words; those of another format
    /// stay.
    package func page(for problem: ProblemBody) -> ErrorPage? {
        guard let page = pages[problem.status], page.format == problem.format else { return nil }
        return page
    }
}

/// One page of an operator.
///
/// `{request_id}` in it stands for the request's id, all else for itself.
package final class ErrorPage: Sendable, Equatable {
    /// The format of errors whose place it takes, and what it is sent as.
    package let format: ProblemFormat
    /// The parts before, between and behind ids.
    private let parts: [[UInt8]]

    package static let placeholder = "{request_id}"

    /// Cuts the text up, at load.
    package init(_ text: String, format: ProblemFormat) {
        self.format = format
        parts = text.split(separator: Self.placeholder, omittingEmptySubsequences: false)
            .map { Array($0.utf8) }
    }

    /// No body is longer, whatever the id.
    package var bytesMax: Int {
        parts.reduce(0) { $0 + $1.count } + (parts.count - 1) * RequestID.bytesMax
    }

    /// JSON of an operator need not be a problem of RFC 9457.
    package var contentType: StaticString {
        format == .json ? "application/json" : format.contentType
    }

    /// Appends the body.
    ///
    /// - Parameter requestID: Left out unless ``RequestID/isAcceptable(_:_:)``, which no format
    ///   has to escape.
    package func append(to buffer: inout Buffer, requestID: borrowing Span<UInt8>) {
        let range = ByteRange(start: 0, count: requestID.count)
        let id = RequestID.isAcceptable(requestID, range) ? range : .empty
        for (index, part) in parts.enumerated() {
            if index > 0 { buffer.append(requestID, id) }
            buffer.append(part)
        }
    }

    package static func == (one: ErrorPage, other: ErrorPage) -> Bool {
        one.format == other.format && one.parts == other.parts
    }
}
