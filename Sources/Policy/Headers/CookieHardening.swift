import Bytes
import HTTP

/// `cookies` of a route, as configured.
package enum CookieSettings: Sendable, Equatable {
    /// As the app sets them.
    case pass
    /// With the attributes that they lack, but for cookies of these names.
    case harden(except: [String])
}

/// Gives the cookies that an app sets the attributes that they lack: `Secure` over HTTPS,
/// `HttpOnly`, `SameSite=Lax`.
///
/// What an app says of a cookie stands: `SameSite=None` stays. Lines are read as browsers read them
/// (RFC 6265bis §5.6): attributes end at semicolons, names have no case, the last one of a name
/// holds.
final class CookieHardening: Sendable {
    /// Names of cookies that stay as they are, compared exactly.
    private let exempt: [[UInt8]]

    /// - Returns: `nil` if cookies pass as they are.
    init?(_ settings: CookieSettings) {
        guard case .harden(let names) = settings else { return nil }
        exempt = names.map { Array($0.utf8) }
    }

    /// A line gains no more.
    static let addedBytesMax =
        secure.utf8CodeUnitCount + httpOnly.utf8CodeUnitCount + sameSite.utf8CodeUnitCount

    private static let secure: StaticString = "; Secure"
    private static let httpOnly: StaticString = "; HttpOnly"
    private static let sameSite: StaticString = "; SameSite=Lax"

    /// Appends the `Set-Cookie` lines of a response, in their order.
    ///
    /// - Parameters:
    ///   - bytes: What the head's ranges refer to.
    ///   - isSecure: Whether the client speaks HTTPS.
    func append(
        _ head: borrowing ResponseHead, of bytes: borrowing Span<UInt8>, isSecure: Bool,
        to output: inout Buffer
    ) {
        for index in head.fields.indices where head.fields[index].id == .setCookie {
            let field = head.fields[index]
            guard !field.isWithheld else { continue }
            output.append("Set-Cookie: ")
            output.append(bytes, field.value)
            append(missing: field.value, in: bytes, isSecure: isSecure, to: &output)
            output.append("\r\n")
        }
    }

    private func append(
        missing line: ByteRange, in bytes: borrowing Span<UInt8>, isSecure: Bool,
        to output: inout Buffer
    ) {
        let cookie = CookieLine(line, in: bytes)
        if !exempt.isEmpty {
            let name = cookie.name(in: bytes)
            if exempt.contains(where: { bytes.holds($0.span, at: name) }) { return }
        }
        // Browsers refuse cookies of some names without it, over whatever they came.
        if !cookie.isSecure, isSecure || cookie.demandsSecure(in: bytes) {
            output.append(Self.secure)
        }
        if !cookie.isHTTPOnly { output.append(Self.httpOnly) }
        if !cookie.hasSameSite { output.append(Self.sameSite) }
    }
}

/// What a `Set-Cookie` line says of its cookie.
private struct CookieLine {
    /// `name=value`, or a value without a name.
    private let pair: ByteRange
    private(set) var isSecure = false
    private(set) var isHTTPOnly = false
    /// Whether the last `SameSite` says something that browsers know.
    private(set) var hasSameSite = false

    init(_ line: ByteRange, in bytes: borrowing Span<UInt8>) {
        var end = bytes.first(UInt8(ascii: ";"), in: line)
        pair = ByteRange(line.start, end)
        while end < line.end {
            var start = end &+ 1
            while start < line.end, ASCIIByte.isBlank(bytes[start]) { start &+= 1 }
            end = bytes.first(UInt8(ascii: ";"), in: ByteRange(start, line.end))
            note(ByteRange(start, end), in: bytes)
        }
    }

    /// - Parameter attribute: Without blanks before it.
    private mutating func note(_ attribute: ByteRange, in bytes: borrowing Span<UInt8>) {
        guard !attribute.isEmpty else { return }
        // Most attributes are none of the three, which their first letters tell.
        switch bytes[attribute.start] | 0x20 {
        case UInt8(ascii: "s"), UInt8(ascii: "h"): break
        default: return
        }
        // Names without a value, as nearly always.
        if bytes.holdsFolded("secure", at: attribute) {
            isSecure = true
            return
        }
        if bytes.holdsFolded("httponly", at: attribute) {
            isHTTPOnly = true
            return
        }
        let equals = bytes.first(UInt8(ascii: "="), in: attribute)
        let name = bytes.trimmed(ByteRange(attribute.start, equals))
        if bytes.holdsFolded("samesite", at: name) {
            let value = ByteRange(min(equals &+ 1, attribute.end), attribute.end)
            hasSameSite = Self.isKnown(bytes.trimmed(value), in: bytes)
        }
        if bytes.holdsFolded("secure", at: name) { isSecure = true }
        if bytes.holdsFolded("httponly", at: name) { isHTTPOnly = true }
    }

    private static func isKnown(_ sameSite: ByteRange, in bytes: borrowing Span<UInt8>) -> Bool {
        bytes.holdsFolded("lax", at: sameSite) || bytes.holdsFolded("strict", at: sameSite)
            || bytes.holdsFolded("none", at: sameSite)
    }

    /// Empty for a cookie without a name.
    func name(in bytes: borrowing Span<UInt8>) -> ByteRange {
        let equals = bytes.first(UInt8(ascii: "="), in: pair)
        return equals < pair.end ? bytes.trimmed(ByteRange(pair.start, equals)) : .empty
    }

    /// Whether the name is one of those that promise `Secure` (RFC 6265bis §4.1.3).
    func demandsSecure(in bytes: borrowing Span<UInt8>) -> Bool {
        let name = name(in: bytes)
        return bytes.beginsFolded("__secure-", at: name) || bytes.beginsFolded("__host-", at: name)
    }
}
