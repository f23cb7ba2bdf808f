/// A request that somebody asks about, in that person's words.
package struct Inquiry: Sendable {
    /// Any token, in the case that the client would use.
    package var method: String
    /// `http://…` or `https://…`: as the client would name it.
    package var url: String
    /// `Name: value`, in order.
    package var fields: [String]
    /// An IP address, or `unix`; `nil` for ``clientByDefault``, or `unix` on a unix listener.
    package var client: String?
    /// A listener's name; `nil` for the first one.
    package var listener: String?
    /// When it is asked, in nanoseconds since 1970: what a token claims about time depends on it.
    package var now: UInt64

    package init(
        method: String, url: String, fields: [String], client: String?, listener: String?,
        now: UInt64
    ) {
        self.method = method
        self.url = url
        self.fields = fields
        self.client = client
        self.listener = listener
        self.now = now
    }

    /// An address that nobody has (RFC 5737), as that of a stranger.
    package static let clientByDefault = "192.0.2.1"
}

/// Why an inquiry is about nothing that a client could send.
package enum InquiryProblem: Error, Equatable {
    case methodNotToken(String)
    case urlScheme(String)
    case urlHost(String)
    case urlCharacter(String)
    case urlFragment(String)
    case urlUserInformation(String)
    case fieldColonMissing(String)
    case fieldNameNotToken(String)
    case fieldCharacter(String)
    case clientNotAddress(String)
    case listenerNotKnown(String, known: [String])

    /// One line that names what is wrong and what would be right.
    package var text: String {
        switch self {
        case .methodNotToken(let method):
            "the method \(Self.quoted(method)) is no method: write one such as GET"
        case .urlScheme(let url):
            "the URL \(Self.quoted(url)) must begin with http:// or https://"
        case .urlHost(let url):
            "the URL \(Self.quoted(url)) has no valid host: "
                + "write one such as https://example.com/"
        case .urlCharacter(let url):
            "the URL \(Self.quoted(url)) holds a space, a control character or one beyond ASCII: "
                + "write it percent-encoded"
        case .urlFragment(let url):
            "the URL \(Self.quoted(url)) has a fragment, which no client sends: leave it out"
        case .urlUserInformation(let url):
            "the URL \(Self.quoted(url)) has a user name, which no client sends: "
                + "write -H 'Authorization: …'"
        case .fieldColonMissing(let field):
            "the header \(Self.quoted(field)) has no colon: write -H 'Name: value'"
        case .fieldNameNotToken(let field):
            "the header \(Self.quoted(field)) has no valid name: write -H 'Name: value'"
        case .fieldCharacter(let field):
            "the header \(Self.quoted(field)) holds a line break or another control character"
        case .clientNotAddress(let text):
            "the client \(Self.quoted(text)) is no IP address: "
                + "write one such as 203.0.113.7, or unix"
        case .listenerNotKnown(let name, let known):
            "there is no listener \(Self.quoted(name)): the configuration has "
                + known.joined(separator: ", ")
        }
    }

    /// Keeps what was typed from driving the terminal.
    static func quoted(_ text: String) -> String {
        let shown = text.unicodeScalars.map { scalar -> Character in
            scalar.value < 0x20 || scalar.value == 0x7f ? "?" : Character(scalar)
        }
        return "\"\(String(shown))\""
    }
}
