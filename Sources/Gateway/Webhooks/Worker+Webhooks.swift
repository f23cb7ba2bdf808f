import Bytes
import Config
import HTTP
import Linux
import Policy
import Telemetry

/// Deliveries to webhooks: verified while their bodies are held, then passed on as they came.
extension Worker where Kernel: ~Copyable {
    /// The webhook of an exchange's route, whose verification its verdict awaits.
    ///
    /// Called rather than inlined, the worker would be copied whole to be lent; the same is true of
    /// its neighbours that change nothing.
    @inline(__always) private func webhook(of x: UInt32) -> Int {
        plan.route(exchanges[x].plan.verdict.route).webhook?.index ?? 0
    }

    /// Answers a GET that asks for what a provider wants to hear of a webhook, if it is one.
    ///
    /// - Returns: Whether the exchange ended with it.
    mutating func answerChallenge(_ x: UInt32) -> Bool {
        let webhook = webhook(of: x)
        let verifier = desk.webhooks.verifiers[webhook]
        guard verifier.settings.challenge != nil else { return false }
        let journal = exchanges[x].journal.take()
        let ruling = journal.text.withReadable { (bytes: borrowing Span<UInt8>) in
            verifier.challenge(desk.requestHead, in: bytes, scratch: &desk.webhooks.scratch)
        }
        exchanges[x].journal = journal
        if case .shadow = verifier.settings.mode {
            // Of one that is refused its verification tells, for want of a signature.
            guard case .handshake? = ruling else { return false }
            sight.metrics.webhookJudged(webhook, .handshake)
            leave(x)
            passLimits(x)
            return true
        }
        switch ruling {
        case nil: return false
        case .refused(let refusal)?: reject(x, refusal)
        // Asking takes no signature.
        case .verified?, .handshake?, .needsCertificate?, .certificateUnavailable?:
            answerHandshake(x)
        }
        return true
    }

    /// Verifies a delivery whose body is in `desk.limits.body`.
    mutating func verifyWebhook(_ x: UInt32) -> StageRuling {
        let webhook = webhook(of: x)
        let verifier = desk.webhooks.verifiers[webhook]
        let identity = exchanges[x].plan.verdict.identity
        let journal = exchanges[x].journal.take()
        let body = desk.limits.body.take()
        let ruling = journal.text.withReadable { (bytes: borrowing Span<UInt8>) in
            body.withReadable { (body: borrowing Span<UInt8>) in
                verifier.verify(
                    desk.requestHead, in: bytes, body: body, from: identity,
                    at: transport.wallTime, scratch: &desk.webhooks.scratch)
            }
        }
        desk.limits.body = body
        desk.limits.body.removeAll()
        exchanges[x].journal = journal
        switch ruling {
        case .verified: return deliver(x, by: verifier)
        case .handshake:
            if case .shadow = verifier.settings.mode {
                sight.metrics.webhookJudged(webhook, .handshake)
                return .admitted
            }
            answerHandshake(x)
        case .needsCertificate: return awaitCertificate(x)
        case .certificateUnavailable: return endUnjudged(x)
        case .refused(let refusal):
            if case .shadow = verifier.settings.mode {
                sight.noteWebhookRejected(
                    webhook, verifier.settings.name, WebhookResult(refusal), refusal.token,
                    exchanges[x].journal, isLetPass: true)
                return .admitted
            }
            reject(x, refusal)
        }
        return .awaited
    }

    /// Lets a body pass that is too long to be held, where the webhook only tells what it would
    /// refuse.
    ///
    /// - Returns: Whether it does.
    mutating func passOversized(_ x: UInt32) -> Bool {
        guard case .webhook? = exchanges[x].plan.verdict.awaits else { return false }
        let webhook = webhook(of: x)
        let settings = desk.webhooks.verifiers[webhook].settings
        var isLetPass = false
        if case .shadow = settings.mode { isLetPass = true }
        sight.noteWebhookRejected(
            webhook, settings.name, .tooLarge, "webhook_too_large", exchanges[x].journal,
            isLetPass: isLetPass)
        guard isLetPass else { return false }
        endHolding(x)
        exchanges[x].admission.held = .max
        leave(x)
        passLimits(x)
        return true
    }

    /// Ends a request that is not what the webhook wants: who sent it is told nothing of the
    /// reason.
    private mutating func reject(_ x: UInt32, _ refusal: WebhookRefusal) {
        let webhook = webhook(of: x)
        sight.noteWebhookRejected(
            webhook, desk.webhooks.verifiers[webhook].settings.name, WebhookResult(refusal),
            refusal.token,
            exchanges[x].journal, isLetPass: false)
        exchanges[x].record.outcome = .webhookRejected
        exchanges[x].record.reason = refusal.token
        settle(x, with: .problem(.webhookRejected, problemFormat(of: x)))
    }

    private mutating func answerHandshake(_ x: UInt32) {
        sight.metrics.webhookJudged(webhook(of: x), .handshake)
        exchanges[x].record.outcome = .answered
        exchanges[x].record.reason = "webhook_handshake"
        desk.answerBody.removeAll()
        desk.answerBody.append(desk.webhooks.scratch.answer)
        settle(x, with: .composed(ComposedBody(desk.webhooks.scratch.answerType)))
    }

    /// Goes on with a delivery that is genuine.
    private mutating func deliver(_ x: UInt32, by verifier: WebhookVerifier) -> StageRuling {
        let settings = verifier.settings
        var journal = exchanges[x].journal.take()
        desk.webhooks.scratch.id.withReadable { (id: borrowing Span<UInt8>) in
            journal.note(webhookOf: settings.provider, id: id)
        }
        exchanges[x].journal = journal
        guard let replay = settings.replay,
            let use = plan.route(exchanges[x].plan.verdict.route).webhook
        else {
            sight.metrics.webhookJudged(webhook(of: x), .verified)
            return .admitted
        }
        return beginDelivery(x, use, replay)
    }
}

extension WebhookResult {
    /// How a refusal is counted.
    fileprivate init(_ refusal: WebhookRefusal) {
        switch refusal.kind {
        case .missing: self = .missing
        case .malformed: self = .malformed
        case .badSignature: self = .badSignature
        case .stale: self = .stale
        }
    }
}
