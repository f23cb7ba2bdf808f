import Bytes
import HTTP
import Policy
import Telemetry

/// Events about requests that look like attacks, or that a policy refuses.
extension Sight {
    /// - Parameter journal: Of the request that was refused.
    mutating func noteSmuggling(_ error: WireError, _ journal: borrowing Journal) {
        guard begin(.warn, .security, "request can be read in two ways") else { return }
        event.add("kind", "request_smuggling")
        addAsker(journal)
        event.add("reason", error.token)
        queue.append(&event)
    }

    /// Counts what a CORS policy made of a request, and tells of it if that was a refusal.
    ///
    /// - Parameter origin: Where the request's first `Origin` stands.
    mutating func note(
        _ verdict: Verdict, of policy: CORSPolicy, _ journal: borrowing Journal, origin: ByteRange?
    ) {
        let standing = verdict.cors.standing
        metrics.corsJudged(
            policy.index,
            standing.isRefused ? .refused : standing.isPreflight ? .preflight : .allowed)
        var reason = RefusalReason.foreignOrigin
        if case .refuse(let refusal) = verdict.action {
            switch refusal.reason {
            // Whoever may not ask at all is refused before the policy's place in the order.
            case .accessDenied, .certificateRefused: return
            case .preflightOrigin, .preflightMethod, .preflightHeaders: reason = refusal.reason
            // Of a later stage: a request that goes on is only told nothing.
            default: break
            }
        }
        guard standing.isRefused,
            begin(.warn, .security, "origin is not allowed what it asks for")
        else { return }
        event.add("kind", "cors_refused")
        addAsker(journal)
        if let origin {
            journal.text.withReadable { (bytes: borrowing Span<UInt8>) in
                if labels.hides(.origin) {
                    event.add("origin", "[redacted]" as StaticString)
                } else {
                    event.add("origin", url: bytes.extracting(origin.indices), hiding: labels)
                }
            }
        }
        event.add("policy", policy.rules.name)
        event.add("reason", reason.token)
        queue.append(&event)
    }

    /// - Parameters:
    ///   - journal: Of a request that another site's page had a browser send.
    ///   - isRefused: Whether its route refused it, and does not only report.
    mutating func noteCrossSite(_ journal: borrowing Journal, isRefused: Bool) {
        guard begin(.warn, .security, "request comes from another site") else { return }
        event.add("kind", "fetch_metadata")
        addAsker(journal)
        if isRefused { event.add("mode", "enforce") } else { event.add("mode", "report") }
        queue.append(&event)
    }

    /// - Parameters:
    ///   - limit: The name of one that refuses a request.
    ///   - suppressed: Such refusals that went untold since the last line.
    mutating func noteRateLimited(
        _ limit: String, _ journal: borrowing Journal, suppressed: Int
    ) {
        guard begin(.warn, .security, "request exceeds a rate limit") else { return }
        event.add("kind", "rate_limited")
        addAsker(journal)
        event.add("limit", limit)
        if suppressed > 0 { event.add("suppressed", suppressed) }
        queue.append(&event)
    }

    /// Counts and tells of a delivery that is not what the webhook wants.
    ///
    /// - Parameters:
    ///   - name: Of the webhook, as `webhook` is its index.
    ///   - isLetPass: Whether it went to the app nevertheless.
    mutating func noteWebhookRejected(
        _ webhook: Int, _ name: String, _ result: WebhookResult, _ reason: StaticString,
        _ journal: borrowing Journal, isLetPass: Bool
    ) {
        metrics.webhookJudged(webhook, result)
        guard begin(.warn, .security, "webhook is not what it should be") else { return }
        event.add("kind", "webhook_rejected")
        addAsker(journal)
        event.add("webhook", name)
        event.add("reason", reason)
        if isLetPass { event.add("mode", "shadow") }
        queue.append(&event)
    }

    /// Counts and tells of an event that the app has answered before.
    ///
    mutating func noteWebhookReplayed(
        _ webhook: Int, _ name: String, _ journal: borrowing Journal, isLetPass: Bool
    ) {
        metrics.webhookJudged(webhook, .replayed)
        guard begin(.info, .security, "webhook was delivered before") else { return }
        event.add("kind", "webhook_replayed")
        addAsker(journal)
        event.add("webhook", name)
        if !journal.webhookID.isEmpty {
            journal.text.withReadable { (bytes: borrowing Span<UInt8>) in
                event.add("id", bytes.extracting(journal.webhookID.indices))
            }
        }
        if isLetPass { event.add("mode", "shadow") }
        queue.append(&event)
    }

    /// Adds whose request a security event is about.
    private mutating func addAsker(_ journal: borrowing Journal) {
        journal.text.withReadable { (bytes: borrowing Span<UInt8>) in
            event.add("request_id", bytes.extracting(journal.request.requestID.indices))
            event.add("client_ip", bytes.extracting(journal.request.clientIP.indices))
        }
    }
}
