package import Bytes
package import HTTP

/// The security headers of one route, compiled into a block that is copied at once.
///
/// A class, so
/// that whoever holds one copies a reference.
package final class SecurityHeaders: Sendable {
    /// Field lines: HSTS, those that always apply, CSP, Cache-Control.
    private let block: [UInt8]
    /// Where HSTS, the second, the third and the fourth part of ``block`` end.
    private let hstsEnd: Int
    private let alwaysEnd: Int
    private let cspEnd: Int
    /// The fields that an app's response loses: those set here, and those that tell what the app is
    /// made of.
    ///
    /// CSP and Cache-Control are not among them where they are the preset's.
    package let removed: FieldNameTable

    /// Whether the operator settled what `Content-Security-Policy` says, or that nothing does.
    package let settlesContentPolicy: Bool

    /// Whether an answer of the gateway itself gets a `Cache-Control` from here.
    package var saysCacheControl: Bool { cspEnd < block.count }

    /// No call appends more.
    package var bytesMax: Int { block.count }

    /// Compiles a preset as it is, at load.
    package convenience init(_ preset: SecurityPreset) {
        self.init(SecurityHeaderSettings(preset), removing: [])
    }

    /// Compiles settings, at load.
    ///
    /// - Parameter others: Further names that an app's response loses.
    package init(_ settings: SecurityHeaderSettings, removing others: [String]) {
        let headers = settings.headers
        func lines(_ condition: SecurityHeader.Condition) -> [UInt8] {
            headers.filter { $0.condition == condition }
                .flatMap { Array("\($0.name): \($0.value)\r\n".utf8) }
        }
        let hsts = lines(.secure)
        let always = lines(.always)
        let csp = lines(.unlessAppHasPolicy)
        block = hsts + always + csp + lines(.unlessAppHasCaching)
        hstsEnd = hsts.count
        alwaysEnd = hstsEnd + always.count
        cspEnd = alwaysEnd + csp.count
        removed = FieldNameTable(settings.removed + others)
        let settled = settings.set.map(\.name) + settings.remove
        settlesContentPolicy = settled.contains { $0.lowercased() == "content-security-policy" }
    }

    /// Stamps a response: what it has of CSP and Cache-Control stays its own.
    ///
    /// - Parameters:
    ///   - isSecure: Whether the client speaks HTTPS, without which HSTS must not be sent (RFC 6797
    ///     §7.2).
    ///   - has: The known names in the response, those of ``removed`` left out.
    package func append(to buffer: inout Buffer, isSecure: Bool, responseHas has: FieldNameSet) {
        let start = isSecure ? 0 : hstsEnd
        let tail = has.contains(.cacheControl) ? cspEnd : block.count
        guard has.intersects(Self.contentPolicies) else {
            buffer.append(block, ByteRange(start, tail))
            return
        }
        buffer.append(block, ByteRange(start, alwaysEnd))
        buffer.append(block, ByteRange(cspEnd, max(tail, cspEnd)))
    }

    private static var contentPolicies: FieldNameSet {
        FieldNameSet(
            bits: 1 << UInt64(FieldName.contentSecurityPolicy.rawValue)
                | 1 << UInt64(FieldName.contentSecurityPolicyReportOnly.rawValue))
    }

    /// Stamps an answer of the gateway itself: everything applies.
    package func appendAll(to buffer: inout Buffer, isSecure: Bool) {
        append(to: &buffer, isSecure: isSecure, responseHas: [])
    }
}
