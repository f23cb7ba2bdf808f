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
        guard !exempt.contains(where: { bytes.holds($0.span, at: cookie.name) }) else { return }
        // Browsers refuse cookies of these names without it, over whatever they came.
        if !cookie.isSecure, isSecure || cookie.demandsSecure(in: bytes) {
            output.append(Self.secure)
        }
        if !cookie.isHTTPOnly { output.append(Self.httpOnly) }
        if !cookie.hasSameSite { output.append(Self.sameSite) }
    }
}

/// What a `Set-Cookie` line says of its cookie.
private struct CookieLine {
    /// Empty for a cookie without a name.
    private(set) var name = ByteRange.empty
    private(set) var isSecure = false
    private(set) var isHTTPOnly = false
    /// Whether the last `SameSite` says something that browsers know.
    private(set) var hasSameSite = false

    init(_ line: ByteRange, in bytes: borrowing Span<UInt8>) {
        var start = line.start
        var isPair = true
        while start <= line.end {
            var end = start
            while end < line.end, bytes[end] != UInt8(ascii: ";") { end += 1 }
            var nameEnd = start
            while nameEnd < end, bytes[nameEnd] != UInt8(ascii: "=") { nameEnd += 1 }
            if !isPair {
                note(
                    bytes.trimmed(ByteRange(start, nameEnd)),
                    bytes.trimmed(ByteRange(min(nameEnd + 1, end), end)), in: bytes)
            } else if nameEnd < end {
                name = bytes.trimmed(ByteRange(start, nameEnd))
            }
            isPair = false
            start = end + 1
        }
    }

    private mutating func note(
        _ attribute: ByteRange, _ value: ByteRange, in bytes: borrowing Span<UInt8>
    ) {
        if bytes.holdsFolded("secure", at: attribute) {
            isSecure = true
        } else if bytes.holdsFolded("httponly", at: attribute) {
            isHTTPOnly = true
        } else if bytes.holdsFolded("samesite", at: attribute) {
            hasSameSite =
                bytes.holdsFolded("lax", at: value) || bytes.holdsFolded("strict", at: value)
                || bytes.holdsFolded("none", at: value)
        }
    }

    /// Whether the name is one of those that promise `Secure` (RFC 6265bis §4.1.3).
    func demandsSecure(in bytes: borrowing Span<UInt8>) -> Bool {
        bytes.beginsFolded("__secure-", at: name) || bytes.beginsFolded("__host-", at: name)
    }
}
