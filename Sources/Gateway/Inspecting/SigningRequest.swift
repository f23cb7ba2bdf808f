package import Config
package import Policy

/// A delivery to be signed as its provider would, in the words of who wants to send it.
package struct SigningRequest: Sendable {
    /// Whose signature it is.
    package enum Signer: Sendable {
        /// A provider of the table, and the secret that it shares.
        case provider(String, secret: String)
        /// A webhook of a configuration, by its first secret.
        case webhook(String, provider: String, Snapshot)
    }

    package var signer: Signer
    /// `http://…` or `https://…`: as the provider knows it.
    package var url: String
    /// Any token.
    package var method = "POST"
    package var body: [UInt8] = []
    /// Seconds since 1970; `nil` for now.
    package var timestamp: Int64?
    /// The event's; `nil` for a new one.
    package var id: String?

    package init(_ signer: Signer, url: String) {
        self.signer = signer
        self.url = url
    }
}

/// Why a delivery cannot be signed.
package enum SigningProblem: Error, Equatable {
    case request(InquiryProblem)
    case providerNotKnown(String, known: [String])
    case webhookNotKnown(String, known: [String])
    /// It is another one that a webhook is of.
    case providerOther(String)
    /// It says no time, or the body does.
    case timestampNotSent(String)
    /// It says no id, or the body does.
    case idNotSent(String)
    case idMalformed
    case secret(WebhookKeyProblem)
    case notSigned(String, WebhookSignerProblem)

    /// One line that names what is wrong.
    package var text: String {
        switch self {
        case .request(let problem): problem.text
        case .providerNotKnown("generic", _):
            "generic signs as a webhook of the configuration says: name it with --webhook"
        case .providerNotKnown(let name, let known):
            "there is no provider \(InquiryProblem.quoted(name)): there are "
                + known.joined(separator: ", ")
        case .webhookNotKnown(let name, let known):
            "there is no webhook \(InquiryProblem.quoted(name)): the configuration has "
                + (known.isEmpty ? "none" : known.joined(separator: ", "))
        case .providerOther(let provider): "the provider of the webhook is \(provider)"
        case .timestampNotSent(let provider):
            "\(provider) sends no timestamp beside the body: leave --timestamp out"
        case .idNotSent(let provider):
            "\(provider) sends no id beside the body: leave --id out"
        case .idMalformed: "the id is not up to 128 visible characters of ASCII"
        case .secret(let problem): "the secret \(problem.reason)"
        case .notSigned(let provider, let problem):
            "\(provider) cannot be stood in for: \(problem.reason)"
        }
    }
}
