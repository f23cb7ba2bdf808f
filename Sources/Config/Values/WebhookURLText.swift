/// The URL by which a provider knows a webhook.
enum WebhookURLText {
    private static let bytesMax = 2048

    /// The text as it is: providers sign it to the letter.
    static func parse(_ text: String) throws(Objection) -> String {
        let url: ClientURL
        do throws(ClientURLProblem) {
            url = try ClientURL(text)
        } catch {
            throw objection(to: error)
        }
        guard url.hasValidHost else { throw objection(to: .host) }
        guard text.utf8.count <= bytesMax else {
            throw Objection("is longer than \(bytesMax) bytes")
        }
        return text
    }

    private static func objection(to problem: ClientURLProblem) -> Objection {
        switch problem {
        case .character:
            Objection("holds what no URL does", advice: "non-ASCII and controls are %-escaped")
        case .scheme: Objection("does not begin with http:// or https://")
        case .fragment: Objection("has a fragment, which no request has")
        case .userInformation: Objection("has a user name, which no request says")
        case .host: Objection("has no valid host", advice: "as in https://api.example.com")
        }
    }

    static let kind = Kind<String>(
        .text(expected: "a URL such as https://api.example.com", pattern: "https?://.+"),
        format: { $0 }, parse: parse
    ).located
}
