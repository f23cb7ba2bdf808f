import Policy

/// Keys of webhooks that stand in files of their own.
enum WebhookKeyText {
    /// The key of a certificate in a file.
    static func certificate(
        inFile path: String, _ scheme: WebhookScheme
    ) throws(Objection) -> WebhookKey {
        let text = String(decoding: try KeyText.content(of: path), as: UTF8.self)
        do throws(WebhookKeyProblem) {
            return try WebhookKey(text, for: scheme)
        } catch {
            throw Objection(error.reason)
        }
    }
}
