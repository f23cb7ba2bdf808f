import Policy

/// From the names of webhooks in routes to webhooks by index, each looked at beside the route that
/// has it.
struct WebhookAssembly {
    private let webhooks: [Named<WebhookDraft>]
    private let memory: Int
    private let report: Report

    init(_ draft: Draft, report: Report) {
        webhooks = draft.webhooks
        memory = draft.limits.clients.heldBytesMax
        self.report = report
        checkMemory()
    }

    /// All of them; those that could not be read are missing, as their problems were reported.
    func settings() -> [WebhookSettings] {
        webhooks.compactMap { webhook in
            var settings = webhook.value?.settings
            settings?.name = webhook.name
            return settings
        }
    }

    /// The webhook of a route; what is wrong with it is reported.
    func index(of route: RouteDraft) -> Int? {
        guard let name = route.proof.webhook else { return nil }
        if case .settled = route.action {
            name.object(
                Objection("has nothing to verify for: this route has no upstream"), report: report)
        }
        // What is looked through streams to the app meanwhile; a delivery is there as a whole.
        for key in route.gate.settings.bodies.names {
            name.object(
                Objection(
                    "cannot stand beside \(key): a delivery goes to the app as it was signed"),
                report: report)
        }
        guard let index = webhooks.firstIndex(where: { $0.name == name.value }) else {
            name.refuse(as: "a webhook", among: webhooks.map(\.name), report: report)
            return nil
        }
        return index
    }

    /// Warns of what has no effect, in a file that is otherwise in order.
    func checkEffects(of routes: [Route]) {
        for (index, webhook) in webhooks.enumerated() {
            let path = Path.root.appending("webhooks").appending(webhook.name)
            let users = routes.filter { $0.webhook == index }
            guard !users.isEmpty else {
                report.warning(
                    at: webhook.position, path, "verifies nothing: no route names it as webhook")
                continue
            }
            guard let draft = webhook.value, draft.settings.challenge != nil else { continue }
            if !users.contains(where: { $0.match.methods?.contains("GET") ?? true }) {
                report.warning(
                    at: draft.challengePosition, path.appending("challenge"),
                    "is never asked for: no route of this webhook takes GET")
            }
        }
    }

    /// A body for which there is never memory would be refused each time, as if it were busy.
    private func checkMemory() {
        for webhook in webhooks {
            guard let draft = webhook.value, draft.settings.bodyBytesMax > memory else { continue }
            report.error(
                at: draft.bodySizePosition,
                Path.root.appending("webhooks").appending(webhook.name).appending("max_body"),
                "is more than limits.webhooks_memory, which is "
                    + SizeText.format(UInt64(memory)))
        }
    }
}

extension BodySettings {
    /// The keys of a route that look through bodies.
    fileprivate var names: [String] {
        [(jsonDepthMax != nil, "json"), (upload != nil, "upload")].filter(\.0).map(\.1)
    }
}
