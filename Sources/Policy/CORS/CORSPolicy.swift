import Bytes
import HTTP

/// A CORS policy, compiled when the configuration is loaded (Fetch, "HTTP CORS protocol").
///
/// It says two things: what a browser is told, by ``append(to:for:in:)``, and which requests end
/// here, by ``judge(_:in:_:)``. A class, so that the routes that use one share it.
package final class CORSPolicy: Sendable {
    package let rules: CORSRules
    /// Among the policies of the configuration, for metrics.
    package let index: Int
    let origins: OriginTable
    /// Listed methods, without those that need no listing.
    let methods: [[UInt8]]
    /// Listed request fields, in lower case.
    let headers: [[UInt8]]
    let admitsAnyMethod: Bool
    let admitsAnyHeader: Bool
    /// Lines behind `Access-Control-Allow-Origin`: of every response, and of granted preflights.
    private let shared: [UInt8]
    private let response: [UInt8]
    private let preflight: [UInt8]

    /// What scripts may read on every route with a policy, besides what Fetch always lets them.
    package static let exposedByDefault = [
        "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-ID",
    ]

    /// What an app may not say of its own where a policy speaks for it.
    static let spoken = [
        "Access-Control-Allow-Origin", "Access-Control-Allow-Credentials",
        "Access-Control-Expose-Headers", "Access-Control-Allow-Methods",
        "Access-Control-Allow-Headers", "Access-Control-Max-Age",
        "Access-Control-Allow-Private-Network",
    ]

    private static let freeMethods = ["GET", "HEAD", "POST"]

    /// Compiles rules, at load.
    package init(_ rules: CORSRules, index: Int) {
        self.rules = rules
        self.index = index
        origins = OriginTable(rules.origins)
        let listed = rules.methods.filter { $0 != "*" && !Self.freeMethods.contains($0) }
        methods = listed.map { Array($0.utf8) }
        headers = rules.headers.map { $0.utf8.map(ASCIIByte.lowered) }
        admitsAnyMethod = rules.methods.contains("*")
        admitsAnyHeader = rules.headers.contains("*")
        shared = Self.lines([
            ("Access-Control-Allow-Credentials", rules.allowsCredentials ? "true" : nil)
        ])
        let exposed = Self.exposedByDefault + rules.exposed
        response = Self.lines([("Access-Control-Expose-Headers", Self.list(exposed))])
        let allowed = admitsAnyMethod ? ["*"] : Self.freeMethods + listed
        preflight = Self.lines([
            ("Access-Control-Allow-Methods", allowed.joined(separator: ", ")),
            ("Access-Control-Allow-Headers", Self.list(rules.headers)),
            ("Access-Control-Max-Age", "\(rules.maxAge)"),
        ])
    }

    /// Whether responses differ by `Origin`, which caches must then know.
    ///
    /// Where all origins are allowed, all are told the same.
    package var variesByOrigin: Bool { !origins.admitsAny }

    /// No call of ``append(to:for:in:)`` appends more.
    package var bytesMax: Int {
        shared.count + max(response.count, preflight.count) + Self.originBytesMax + 40
    }

    /// The longest origin there is: scheme, the longest name, and a port.
    package static let originBytesMax = 300

    /// Appends what the browser is told; nothing for an origin that is not allowed.
    ///
    /// - Parameter text: What the verdict's origin refers to.
    func append(
        to buffer: inout Buffer, for verdict: CORSVerdict, in text: borrowing Span<UInt8>
    ) {
        if origins.admitsAny {
            // The same for all, so that caches may keep it: also without an `Origin`.
            if case .preflightRefused = verdict.standing { return }
            buffer.append("Access-Control-Allow-Origin: *\r\n")
        } else {
            if verdict.origin.isEmpty { return }
            buffer.append("Access-Control-Allow-Origin: ")
            buffer.append(text, verdict.origin)
            buffer.append("\r\n")
        }
        buffer.append(shared)
        if case .preflight = verdict.standing {
            buffer.append(preflight)
        } else {
            buffer.append(response)
        }
    }

    private static func lines(_ fields: [(name: String, value: String?)]) -> [UInt8] {
        fields.flatMap { name, value in value.map { Array("\(name): \($0)\r\n".utf8) } ?? [] }
    }

    /// Names joined, each once whatever its case; `nil` for none.
    private static func list(_ names: [String]) -> String? {
        var seen: Set<String> = []
        let once = names.filter { seen.insert($0.lowercased()).inserted }
        return once.isEmpty ? nil : once.joined(separator: ", ")
    }
}
