import Policy

/// What is unsafe enough to be an error in production, and a warning elsewhere.
struct ProductionChecks {
    let draft: Draft
    let report: Report

    func check() {
        checkHeaders(draft.answers.securityHeaders)
        for route in draft.routes {
            if let headers = route.securityHeaders { checkHeaders(headers) }
            for doubt in route.auth?.doubts ?? [] { object(doubt) }
        }
        for doubt in draft.webhooks.flatMap({ $0.value?.doubts ?? [] }) { object(doubt) }
        for policy in draft.answers.cors {
            if let wildcard = policy.value?.wildcard { checkWildcard(wildcard) }
        }
        for upstream in draft.upstreams {
            if let doubt = upstream.value?.doubt { object(doubt) }
        }
        if let doubt = draft.limits.redis?.doubt { object(doubt) }
        checkAdmin()
    }

    private func checkHeaders(_ headers: Located<SecurityHeadersDraft>) {
        guard let preset = headers.value.preset, preset.value == .none else { return }
        object(preset.position, preset.path, "none leaves responses without security headers")
    }

    /// Whatever a page can reach by name, the pages of strangers then read through it.
    private func checkWildcard(_ wildcard: Located<AllowedOrigin>) {
        object(
            wildcard.position, wildcard.path,
            "* lets every page on the web read the responses: list the origins that should")
    }

    /// Anybody on the network reads what the admin listener shows; a socket file has permissions.
    private func checkAdmin() {
        guard let admin = draft.admin else { return }
        if let doubt = admin.doubt { object(doubt) }
        let settings = admin.settings
        guard settings.value.token == nil, case .ip(let address, _) = settings.value.bind,
            !address.isLoopback
        else { return }
        object(
            settings.position, settings.path,
            "whoever reaches this address reads metrics and status: it needs a loopback address,"
                + " or a token")
    }

    private func object(_ doubt: Doubt) {
        object(doubt.position, doubt.path, doubt.message)
    }

    private func object(_ position: Position, _ path: Path, _ message: String) {
        switch draft.environment {
        case .production: report.error(at: position, path, message)
        case .development, .staging:
            report.warning(at: position, path, message, hint: "an error in production")
        }
    }
}
