/// A provider whose webhooks are known here: an entry of a table, out of which all is made.
package struct WebhookProvider: Sendable {
    /// As `provider` has it.
    package let name: String
    /// As the provider calls itself.
    package let title: String
    package let scheme: WebhookScheme
    /// Seconds by which a timestamp may be off, either way; `nil` where there is none.
    package let tolerance: Int64?
    /// How long an event is known after it was accepted: the provider's retry span in seconds, 24 h
    /// at least, and where it is not known.
    package let secondsKept: Int64
    /// What else is to be known, for the documentation.
    package let notes: ProviderNotes

    init(
        _ name: String, _ title: String, tolerance: Int64?, kept secondsKept: Int64,
        _ notes: ProviderNotes, _ scheme: WebhookScheme
    ) {
        self.name = name
        self.title = title
        self.scheme = scheme
        self.tolerance = tolerance
        self.secondsKept = secondsKept
        self.notes = notes
    }

    /// Whether ``WebhookSigner`` can do what the provider does.
    package var isSignable: Bool {
        guard let form = scheme.forms.first else { return false }
        if case .json = scheme.signature { return false }
        return form.algorithm.signatureScheme == nil
    }

    /// Finds an entry of the table; `generic` is none.
    package static func named(_ name: String) -> WebhookProvider? {
        table.first { $0.name == name }
    }

    /// In the order of the documentation.
    package static let table: [WebhookProvider] = open + commerce + work + messages
}

/// What the documentation says of a provider.
package struct ProviderNotes: Sendable {
    /// What its secret is, and where one gets it.
    package let secret: String
    /// How it tries again what was not accepted.
    package let retries: String
    /// What is unlike others; may be empty.
    package let remark: String
    /// Where it says how it signs.
    package let source: String

    package init(secret: String, retries: String, remark: String, source: String) {
        self.secret = secret
        self.retries = retries
        self.remark = remark
        self.source = source
    }
}
