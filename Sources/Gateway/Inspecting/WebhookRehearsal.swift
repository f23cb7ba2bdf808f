import Bytes
import Config
import HTTP
import Policy

/// What a webhook makes of a request as far as its head tells.
///
/// What could be genuine is taken for it, as only the body tells.
struct WebhookRehearsal {
    enum Ruling {
        case genuine
        /// It is no delivery of the provider's, whatever its body is: answered 401.
        case refused(WebhookRefusal)
        /// The same, where the webhook passes on what it would refuse.
        case letPass(WebhookRefusal)
        /// It asks whether the address is the operator's: the type and body of the answer.
        case answered(StaticString, [UInt8])
    }

    let settings: WebhookSettings
    let ruling: Ruling

    init(
        _ settings: WebhookSettings, _ head: borrowing RequestHead,
        in bytes: borrowing Span<UInt8>, from identity: ClientIdentity, at now: UInt64
    ) {
        self.settings = settings
        let verifier = WebhookVerifier(settings)
        var scratch = WebhookScratch()
        var judged = verifier.challenge(head, in: bytes, scratch: &scratch)
        if case .verified? = judged { judged = .handshake }
        if case .handshake? = judged {
            ruling = .answered(scratch.answerType, scratch.answer.copy())
            return
        }
        let nothing: [UInt8] = []
        let ruling =
            judged
            ?? verifier.verify(
                head, in: bytes, body: nothing.span, from: identity, at: now, scratch: &scratch)
        guard case .refused(let refusal) = ruling, judged != nil || settings.tells(refusal) else {
            self.ruling = .genuine
            return
        }
        let isShadow = if case .shadow = settings.mode { judged == nil } else { false }
        self.ruling = isShadow ? .letPass(refusal) : .refused(refusal)
    }

    /// Whether the request comes no further.
    var endsRequest: Bool {
        switch ruling {
        case .genuine, .letPass: false
        case .refused, .answered: true
        }
    }

    /// What the request is answered with that comes no further.
    func content(_ format: ProblemFormat) -> OwnAnswer.Content {
        if case .answered(let type, _) = ruling { return .composed(ComposedBody(type)) }
        return .problem(.webhookRejected, format)
    }

    /// The body of an answer that is there already.
    var body: [UInt8] { if case .answered(_, let body) = ruling { body } else { [] } }

    /// Keeps what the app is told of a genuine delivery, an id standing for what its body has.
    func note(in journal: inout Journal) {
        guard case .genuine = ruling else { return }
        let id: [UInt8] = settings.scheme.id == nil ? [] : Array("<id>".utf8)
        journal.note(webhookOf: settings.provider, id: id.span)
    }
}

extension WebhookSettings {
    /// Whether a request would be refused so whatever its body is.
    fileprivate func tells(_ refusal: WebhookRefusal) -> Bool {
        switch refusal {
        case .signatureMissing, .signatureRepeated, .signatureTooLong, .signatureUnreadable:
            if case .json = scheme.signature { false } else { true }
        case .certificateURLMissing, .certificateURLRepeated, .certificateURLUnreadable: true
        case .timestampMissing, .timestampRepeated, .timestampUnreadable:
            if case .json? = scheme.timestamp?.place { false } else { true }
        case .idMissing, .idRepeated, .idUnreadable:
            if case .json? = scheme.id?.place { false } else { true }
        case .partMissing, .partRepeated, .partUnreadable, .bodyUnreadable, .bodyUnsigned,
            .challengeUnreadable, .signatureWrong, .bodyDigestWrong, .certificateNotValid,
            .certificateNotTrusted,
            .challengeTokenWrong, .timestampPast, .timestampFuture:
            false
        }
    }
}

extension WebhookRehearsal {
    /// Of the webhook that a verdict awaits; `nil` if its route has none.
    init?(
        of verdict: Verdict, _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>,
        _ snapshot: Snapshot, at now: UInt64
    ) {
        guard let route = verdict.route, let webhook = snapshot.routes[route].webhook else {
            return nil
        }
        self.init(
            snapshot.webhooks[webhook], head, in: bytes, from: verdict.identity, at: now)
    }
}
