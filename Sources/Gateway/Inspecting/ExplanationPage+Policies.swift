import HTTP
import Policy

extension ExplanationPage {
    /// Adds what the policies of the route that takes a request make of it.
    mutating func add(_ route: Route, _ verdict: Verdict) {
        addReport(verdict)
        guard let auth = route.auth else { return }
        section("auth")
        if case .refuse(let refusal) = verdict.action, refusal.code == .unauthorized {
            rows([[auth.name, "no", "\(refusal.reason.token)"]])
        } else {
            rows([[auth.name, "yes", "admitted"]])
        }
    }

    /// Adds what the route only reports, where it could refuse.
    private mutating func addReport(_ verdict: Verdict) {
        guard let reason = verdict.reported else { return }
        section("reported")
        line("passes, but is reported: enforced, the route would refuse it (\(reason.token))")
    }

    /// Adds what the route makes of the app's responses beside adding fields and taking them out.
    mutating func add(_ edits: RouteEdits) {
        var changes: [String] = []
        if case .harden(let except) = edits.cookies {
            changes.append(
                "Set-Cookie gets Secure (over HTTPS), HttpOnly and SameSite=Lax where missing"
                    + (except.isEmpty ? "" : ", but not for \(except.joined(separator: ", "))"))
        }
        if edits.replacesErrors {
            changes.append("the app's errors, 500 and above, give way to answers of the gateway")
        }
        guard !changes.isEmpty else { return }
        section("changed in the response")
        for change in changes { line(change) }
    }
}

extension AuthSettings {
    /// The key of the configuration.
    fileprivate var name: String {
        switch self {
        case .apiKeys: "api_keys"
        case .bearer: "bearer"
        case .jwt: "jwt"
        }
    }
}
