import Policy

extension Worker where Kernel: ~Copyable {
    /// Verifies with other keys from here on.
    mutating func adopt(_ verifiers: [WebhookVerifier]) {
        desk.webhooks.verifiers = verifiers
    }
}
