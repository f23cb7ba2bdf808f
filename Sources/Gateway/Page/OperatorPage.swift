import Bytes
import Crypto
import Policy

/// The page at `/` of the admin listener: one document, with its style and its script in it.
///
/// It is made of the files beside this one, which the compiler puts into the binary. They are
/// joined once, and the content policy names what was joined by its digests: neither can be changed
/// without the other, and a browser runs nothing else.
struct OperatorPage: Sendable {
    let document: [UInt8]
    /// Content-Security-Policy: its own style and script, its own events, nothing else.
    let contentPolicy: String
    /// Those of the `api` preset, but for the content policy.
    let security: SecurityHeaders

    static let whole = OperatorPage(
        markup: PackageResources.page_html,
        style: [
            PackageResources.page_css, PackageResources.tables_css, PackageResources.narrow_css,
        ],
        script: [
            PackageResources.texts_js, PackageResources.elements_js, PackageResources.table_js,
            PackageResources.tables_js, PackageResources.history_js, PackageResources.changes_js,
            PackageResources.feed_js, PackageResources.page_js,
        ])

    /// - Parameters:
    ///   - markup: With one empty `style` and one empty `script`.
    ///   - style: Parts of it, in their order.
    ///   - script: Likewise; one module, as if it were one file.
    init(markup: [UInt8], style: [[UInt8]], script: [[UInt8]]) {
        let style = Self.joined(style)
        let script = Self.joined(script)
        document = Self.filled(Self.filled(markup, "</style>", style), "</script>", script)
        contentPolicy = [
            "default-src 'none'", "style-src '\(Self.digest(style))'",
            "script-src '\(Self.digest(script))'", "connect-src 'self'", "img-src data:",
            "base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'",
            // Nothing is ever made markup or code out of a text.
            "require-trusted-types-for 'script'", "trusted-types 'none'",
        ].joined(separator: "; ")
        security = SecurityHeaders(
            SecurityHeaderSettings(
                .api, set: [SetHeader(name: "Content-Security-Policy", value: contentPolicy)],
                remove: []), removing: [])
    }

    /// Each part begins on a line of its own.
    private static func joined(_ parts: [[UInt8]]) -> [UInt8] {
        Array(parts.joined(separator: [0x0A]))
    }

    /// Puts a text before the first place of a tag; without the tag nothing changes.
    private static func filled(_ markup: [UInt8], _ tag: String, _ text: [UInt8]) -> [UInt8] {
        let tag = Array(tag.utf8)
        let place = markup.indices.first { markup[$0...].starts(with: tag) }
        guard let place else { return markup }
        return markup[..<place] + text + markup[place...]
    }

    /// As a content policy names a text (CSP Level 3, §2.3.1).
    static func digest(_ text: [UInt8]) -> String {
        var digester = Digester()
        let digest = digester.digest(of: text.span, .sha256)
        var output = Buffer(capacity: 64)
        output.append("sha256-")
        Base64.appendText(
            of: digest.bytes.span.extracting(0..<digest.count), .standard, to: &output)
        return String(decoding: output.copy(), as: UTF8.self)
    }
}
