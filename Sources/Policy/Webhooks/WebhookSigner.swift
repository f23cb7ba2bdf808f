/// A request of a provider's, to be signed.
package struct WebhookDelivery: Sendable, Equatable {
    package var method: String
    /// Absolute.
    package var url: String
    package var body: [UInt8]
    /// Of the body; `nil` if there is none.
    package var contentType: String?
    /// Seconds since 1970.
    package var timestamp: Int64
    package var id: String

    package init(
        method: String, url: String, body: [UInt8], contentType: String?, timestamp: Int64,
        id: String
    ) {
        self.method = method
        self.url = url
        self.body = body
        self.contentType = contentType
        self.timestamp = timestamp
        self.id = id
    }
}

/// What a provider adds to a request when it signs it.
package struct SignedDelivery: Sendable, Equatable {
    /// As it was, or with what the provider puts into its query.
    package var url: String
    package var headers: [Header]

    package struct Header: Sendable, Equatable {
        package let name: String
        package let value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }
}

/// Why a request cannot be signed here.
package enum WebhookSignerProblem: Error, Equatable, Sendable {
    /// The provider signs with a key that only it has.
    case privateKey
    /// The signature stands in the body, which is the sender's business.
    case signatureInBody
    /// The body has no such value, or more than one.
    case bodyLacks(path: [String])
    /// A part that is signed cannot be made up: this header.
    case headerUnknown(String)
    case urlUnreadable

    /// For whoever asked.
    package var reason: String {
        switch self {
        case .privateKey: "its signatures are made with a private key that only the provider has"
        case .signatureInBody: "its signatures stand in the body"
        case .bodyLacks(let path): "the body has no \(path.joined(separator: "."))"
        case .headerUnknown(let name): "what \(name) holds is signed, and not known here"
        case .urlUnreadable: "the URL is none"
        }
    }
}

/// Signs as providers do, to try out a route by hand.
package enum WebhookSigner {
    /// The fields that the provider would send, by the first of the webhook's keys.
    package static func sign(
        _ delivery: WebhookDelivery, for settings: WebhookSettings
    ) throws(WebhookSignerProblem) -> SignedDelivery {
        throw .privateKey
    }
}
