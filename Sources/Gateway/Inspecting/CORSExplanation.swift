import Bytes
import HTTP
import Policy

extension ExplanationPage {
    /// Adds what a route's CORS policy makes of a request, and why.
    mutating func add(
        _ verdict: Verdict, of policy: CORSPolicy, _ head: borrowing RequestHead,
        in bytes: borrowing Span<UInt8>
    ) {
        section("cors")
        let origin = head.first(.origin).map { field in
            String(decoding: field.value.indices.map { bytes[$0] }, as: UTF8.self)
        }
        rows([
            ["policy", policy.rules.name],
            ["origin", origin ?? "none: the request is not of another page"],
            ["verdict", Self.text(verdict)],
        ])
    }

    private static func text(_ verdict: Verdict) -> String {
        var reason: RefusalReason?
        if case .refuse(let refusal) = verdict.action { reason = refusal.reason }
        switch verdict.cors.standing {
        case .none: return "none"
        case .own: return "none: the origin is the one that is asked"
        case .allowed: return "allowed"
        case .preflight: return "preflight granted"
        case .foreign:
            if case .foreignOrigin = reason { return "refused: the origin is not in the list" }
            return "refused, but served without CORS fields: the origin is not in the list"
        case .preflightRefused:
            switch reason {
            case .preflightMethod: return "preflight refused: the method is not in the list"
            case .preflightHeaders: return "preflight refused: a header is not in the list"
            default: return "preflight refused: the origin is not in the list"
            }
        }
    }
}
