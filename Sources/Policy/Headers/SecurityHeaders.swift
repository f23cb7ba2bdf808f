package import Bytes

/// What an app's response has already, so that the gateway leaves it.
package struct AppHeaders: OptionSet, Sendable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) { self.rawValue = rawValue }

    /// `Content-Security-Policy` or its `-Report-Only` kind.
    package static let contentSecurityPolicy = AppHeaders(rawValue: 1)
    package static let cacheControl = AppHeaders(rawValue: 2)
}

/// The security headers of one preset, compiled into a block that is copied at once.
package struct SecurityHeaders: Sendable {
    /// Field lines: HSTS, those that always apply, CSP, Cache-Control.
    private let block: [UInt8]
    /// Where HSTS, the second, the third and the fourth part of ``block`` end.
    private let hstsEnd: Int
    private let alwaysEnd: Int
    private let cspEnd: Int
    /// The names that an app's response loses: those set here, CSP and Cache-Control apart, and those that tell
    /// what the app is made of.
    package let removedNames: [String]

    /// Whether an answer of the gateway itself gets a `Cache-Control` from here.
    package var saysCacheControl: Bool { cspEnd < block.count }

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
        removedNames = preset == .none ? [] : own.map(\.name) + DisclosureHeaders.names
    }

    /// Stamps a response of an app: what it has of CSP and Cache-Control stays its own.
    ///
    /// - Parameter isSecure: Whether the client speaks HTTPS, without which HSTS must not be sent (RFC 6797 §7.2).
    package func append(to buffer: inout Buffer, isSecure: Bool, appHas: AppHeaders) {
        let start = isSecure ? 0 : hstsEnd
        let tail = appHas.contains(.cacheControl) ? cspEnd : block.count
        guard appHas.contains(.contentSecurityPolicy) else {
            buffer.append(block.span, ByteRange(start, tail))
            return
        }
        buffer.append(block.span, ByteRange(start, alwaysEnd))
        buffer.append(block.span, ByteRange(cspEnd, max(tail, cspEnd)))
    }

    /// Stamps an answer of the gateway itself: everything applies.
    package func appendAll(to buffer: inout Buffer, isSecure: Bool) {
        append(to: &buffer, isSecure: isSecure, appHas: [])
    }
}
