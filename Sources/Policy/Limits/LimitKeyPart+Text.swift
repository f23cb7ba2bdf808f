extension LimitKeyPart: CustomStringConvertible {
    /// As configurations write it: `client_ip`, `json:user.id`.
    package var description: String {
        switch self {
        case .clientIP: "client_ip"
        case .host: "host"
        case .path: "path"
        case .header(let name): "header:\(name)"
        case .cookie(let name): "cookie:\(name)"
        case .query(let name): "query:\(name)"
        case .form(let name): "form:\(name)"
        case .json(let steps): "json:\(Self.joined(steps))"
        case .jwt(let steps): "jwt:\(Self.joined(steps))"
        case .auth: "auth"
        case .clientCertificate: "client_cert"
        }
    }

    /// Names of members with dots between them, those within a name escaped.
    private static func joined(_ steps: [String]) -> String {
        steps.map { step in
            step.replacing("\\", with: "\\\\").replacing(".", with: "\\.")
        }.joined(separator: ".")
    }
}
