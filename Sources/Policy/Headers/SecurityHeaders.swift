package import Bytes
package import HTTP

/// The security headers of one preset, compiled into a block that is copied at once.
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
    /// The fields that an app's response loses: those set here, CSP and Cache-Control apart, and
    /// those that tell what the app is made of.
    ///
    /// Empty for the preset `none`.
    package let removed: FieldNameTable

    /// Whether an answer of the gateway itself gets a `Cache-Control` from here.
    package var saysCacheControl: Bool { cspEnd < block.count }

    /// Compiles a preset, at load.
    package init(_ preset: SecurityPreset) {
        let headers = preset.headers
        func lines(_ part: [SecurityHeader]) -> [UInt8] {
            part.flatMap { Array("\($0.name): \($0.value)\r\n".utf8) }
        }
        let hsts = lines(headers.filter { $0.condition == .secure })
        let always = lines(headers.filter { $0.condition == .always })
        let csp = lines(headers.filter { $0.condition == .unlessAppHasPolicy })
        let cache = lines(headers.filter { $0.condition == .unlessAppHasCaching })
        block = hsts + always + csp + cache
        hstsEnd = hsts.count
        alwaysEnd = hstsEnd + always.count
        cspEnd = alwaysEnd + csp.count
        let own = headers.filter { $0.condition == .always || $0.condition == .secure }
        removed = FieldNameTable(
            preset == .none ? [] : own.map(\.name) + DisclosureHeaders.names)
    }

    /// Stamps a response of an app: what it has of CSP and Cache-Control stays its own.
    ///
    /// - Parameters:
    ///   - isSecure: Whether the client speaks HTTPS, without which HSTS must not be sent (RFC 6797
    ///     §7.2).
    ///   - appHas: The known names in the app's response.
    package func append(to buffer: inout Buffer, isSecure: Bool, appHas: FieldNameSet) {
        let block = block
        let start = isSecure ? 0 : hstsEnd
        let tail = appHas.contains(.cacheControl) ? cspEnd : block.count
        guard appHas.intersects(Self.contentPolicies) else {
            buffer.append(block.span, ByteRange(start, tail))
            return
        }
        buffer.append(block.span, ByteRange(start, alwaysEnd))
        buffer.append(block.span, ByteRange(cspEnd, max(tail, cspEnd)))
    }

    private static var contentPolicies: FieldNameSet {
        FieldNameSet(
            bits: 1 << UInt64(FieldName.contentSecurityPolicy.rawValue)
                | 1 << UInt64(FieldName.contentSecurityPolicyReportOnly.rawValue))
    }

    /// Stamps an answer of the gateway itself: everything applies.
    package func appendAll(to buffer: inout Buffer, isSecure: Bool) {
        append(to: &buffer, isSecure: isSecure, appHas: [])
    }
}
