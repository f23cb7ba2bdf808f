/// `METHOD URL`, a request as one text.
enum RequestText {
    static func parse(_ text: String) throws(Objection) -> TestedRequest {
        let parts = text.split(separator: " ", omittingEmptySubsequences: false)
        guard parts.count == 2, FieldText.isToken(String(parts[0])) else {
            throw Objection(
                "is not METHOD URL", suggestion: suggestion(for: text),
                advice: "as in GET https://example.com/")
        }
        let request = TestedRequest(method: String(parts[0]), url: String(parts[1]))
        do throws(ClientURLProblem) {
            _ = try ClientURL(request.url)
        } catch {
            throw objection(to: error)
        }
        return request
    }

    /// A URL alone is most often meant to be got; another space is one too many.
    private static func suggestion(for text: String) -> String? {
        let parts = text.split(separator: " ")
        let isURL = (try? ClientURL(parts.last.map(String.init) ?? "")) != nil
        guard isURL else { return nil }
        switch parts.count {
        case 1: return "GET \(parts[0])"
        case 2 where FieldText.isToken(String(parts[0])): return "\(parts[0]) \(parts[1])"
        default: return nil
        }
    }

    private static func objection(to problem: ClientURLProblem) -> Objection {
        switch problem {
        case .character:
            Objection("holds what no URL does", advice: "non-ASCII and controls are %-escaped")
        case .scheme: Objection("has a URL that does not begin with http:// or https://")
        case .fragment: Objection("has a fragment, which no client sends")
        case .userInformation:
            Objection("has a user name, which no client sends", advice: "write Authorization")
        case .host: noHost
        }
    }

    static let noHost = Objection(
        "has no valid host", advice: "as in GET https://example.com/")
}

/// The first line of a test, as far as it is no matter of headers.
struct TestedRequest: Sendable {
    let method: String
    let url: String

    /// Whether the URL's host is one; a `Host` among the headers would take its place.
    var hasValidHost: Bool { (try? ClientURL(url))?.hasValidHost ?? false }
}
