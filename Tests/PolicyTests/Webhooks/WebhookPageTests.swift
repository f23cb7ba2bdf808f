import Foundation
import Testing

@testable import Policy

/// docs/webhooks.md tells of each provider what its entry says.
///
/// Regenerate with `APUS_REGENERATE=1 swift test --filter WebhookPageTests`.
@Suite struct WebhookPageTests {
    private static let page = URL(filePath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../docs/webhooks.md")

    @Test func `the tables are those of the entries`() throws {
        let held = try String(contentsOf: Self.page, encoding: .utf8)
        var page = Self.replacing("providers", with: Self.providers, in: held)
        page = Self.replacing("refusals", with: Self.refusals, in: page)
        if ProcessInfo.processInfo.environment["APUS_REGENERATE"] == "1" {
            try page.write(to: Self.page, atomically: true, encoding: .utf8)
            return
        }
        #expect(page == held, "APUS_REGENERATE=1 swift test --filter WebhookPageTests")
    }

    private static func replacing(_ name: String, with text: String, in page: String) -> String {
        guard let start = page.range(of: "<!-- \(name) -->\n")?.upperBound,
            let end = page.range(of: "<!-- end -->", range: start..<page.endIndex)?.lowerBound
        else { return "" }
        return page.replacingCharacters(in: start..<end, with: text)
    }

    private static var providers: String {
        var text =
            "| `provider` | signature | signed | timestamp within | id | secret | tries again |"
            + " known for | note | source |\n|---|---|---|---|---|---|---|---|---|---|\n"
        for provider in WebhookProvider.table {
            for (index, scheme) in provider.scheme.all.enumerated() {
                let isFirst = index == 0
                let cells = [
                    isFirst ? "`\(provider.name)`" : "or", signature(scheme), signed(scheme),
                    timestamp(scheme, provider.tolerance), id(scheme),
                    isFirst ? provider.notes.secret : "", isFirst ? provider.notes.retries : "",
                    isFirst ? kept(provider) : "", isFirst ? provider.notes.remark : "",
                    isFirst ? provider.notes.source : "",
                ]
                text += "| " + cells.joined(separator: " | ") + " |\n"
            }
        }
        return text
    }

    private static func signature(_ scheme: WebhookScheme) -> String {
        let place: String
        switch scheme.signature {
        case .field(let names), .list(let names, _):
            place = names.map { "`\($0)`" }.joined(separator: " or ")
        case .pairs(let name, _, _): place = "`\(name)`"
        case .json(let path): place = "`\(path.joined(separator: "."))` of the body"
        }
        return place + ": "
            + scheme.forms.map { form in
                let mark = form.mark.isEmpty ? "" : " behind `\(form.mark)`"
                let encoding = form.encoding == .text ? "" : ", \(form.encoding.rawValue)"
                return name(form.algorithm) + encoding + mark
            }.joined(separator: "; ")
    }

    private static func name(_ algorithm: SignatureForm.Algorithm) -> String {
        switch algorithm {
        case .hmac(let digest): "HMAC-\("\(digest)".uppercased())"
        case .ed25519: "Ed25519"
        case .ecdsaP256: "ECDSA P-256"
        case .rsaSHA256: "RSA with SHA-256"
        case .token: "the token itself"
        }
    }

    private static func signed(_ scheme: WebhookScheme) -> String {
        if case .token? = scheme.forms.first?.algorithm { return "nothing" }
        let parts = scheme.signed.map { part in
            switch part {
            case .literal(let text): text.replacing("|", with: "\\|")
            case .body: "{body}"
            case .timestamp: "{ts}"
            case .id: "{id}"
            case .url, .registeredURL: "{url}"
            case .method: "{method}"
            case .header(let name): "{header:\(name)}"
            case .json(let path): "{json:\(path.joined(separator: "."))}"
            case .webhookID: "{webhook_id}"
            case .bodyCRC32: "{CRC-32 of the body}"
            case .twilioForm: "{parameters}"
            }
        }
        return "`\(parts.joined())`"
    }

    private static func timestamp(_ scheme: WebhookScheme, _ tolerance: Int64?) -> String {
        guard let timestamp = scheme.timestamp, let tolerance else { return "–" }
        let place =
            switch timestamp.place {
            case .field(let names): names.map { "`\($0)`" }.joined(separator: " or ")
            case .pair(let name): "`\(name)`"
            case .json(let path): "`\(path.joined(separator: "."))` of the body"
            }
        let unit =
            switch timestamp.unit {
            case .seconds: ""
            case .milliseconds: ", ms"
            case .date: ", RFC 3339"
            }
        return "\(tolerance) s: \(place)\(unit)"
    }

    private static func id(_ scheme: WebhookScheme) -> String {
        guard let id = scheme.id else { return "–; a digest" }
        let place =
            switch id.place {
            case .field(let names): names.map { "`\($0)`" }.joined(separator: " or ")
            case .json(let paths):
                paths.map { "`\($0.joined(separator: "."))`" }.joined(separator: " or ")
                    + " of the body"
            }
        return id.isSigned ? place : "(\(place)); a digest"
    }

    private static func kept(_ provider: WebhookProvider) -> String {
        "\(provider.secondsKept / 86_400) d"
    }

    private static var refusals: String {
        var text = "| result | reasons |\n|---|---|\n"
        for kind in WebhookRefusal.Kind.allCases {
            let reasons = WebhookRefusal.allCases.filter { $0.kind == kind }
            text +=
                "| `\(kind.rawValue)` | "
                + reasons.map { "`\($0.token)`" }.joined(separator: ", ") + " |\n"
        }
        return text
    }
}
