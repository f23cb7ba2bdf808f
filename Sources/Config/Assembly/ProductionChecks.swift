import Policy

/// What is unsafe enough to be an error in production, and a warning elsewhere.
struct ProductionChecks {
    let draft: Draft
    let report: Report

    func check() {
        checkHeaders(draft.securityHeaders)
        for route in draft.routes {
            if let preset = route.securityHeaders { checkHeaders(preset) }
            for doubt in route.auth?.doubts ?? [] {
                object(doubt.position, doubt.path, doubt.message)
            }
        }
        checkAdmin()
    }

    private func checkHeaders(_ preset: Located<SecurityPreset>) {
        guard preset.value == .none else { return }
        object(preset.position, preset.path, "none leaves responses without security headers")
    }

    /// Anybody on the network reads what the admin listener shows; a socket file has permissions.
    private func checkAdmin() {
        guard let admin = draft.admin, case .ip(let address, _) = admin.value.bind,
            !address.isLoopback
        else { return }
        object(
            admin.position, admin.path,
            "whoever reaches this address reads metrics and status: it needs a loopback address"
        )
    }

    private func object(_ position: Position, _ path: Path, _ message: String) {
        switch draft.environment {
        case .production: report.error(at: position, path, message)
        case .development, .staging:
            report.warning(at: position, path, message, hint: "an error in production")
        }
    }
}
