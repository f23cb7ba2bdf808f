package import Bytes
package import HTTP

/// `redirect_https` of a listener: its clients are sent to the same address over HTTPS.
package struct HTTPSRedirect: Sendable, Equatable {
    /// Where clients find HTTPS; 443 is not written, as it is what `https` means.
    package var port: UInt16

    package init(port: UInt16) { self.port = port }

    /// Of the answer; the method and the body stay (RFC 9110 §15.4.9).
    package static let status: UInt16 = 308
    /// A longer `Location` line is refused.
    package static let locationBytesMax = 32 << 10

    /// Appends the field line `Location: https://…` with its line end.
    ///
    /// - Parameters:
    ///   - host: Without port, in `bytes`, as a reader admitted it.
    ///   - bytes: What the head's ranges refer to.
    package func append(
        to buffer: inout Buffer, host: ByteRange, head: borrowing RequestHead,
        in bytes: borrowing Span<UInt8>
    ) {
        buffer.append("Location: https://")
        buffer.append(bytes, host)
        if port != 443 {
            buffer.append(":")
            buffer.append(decimal: UInt64(port))
        }
        if head.path.isEmpty {
            buffer.append("/")
        } else {
            URLByte.append(to: &buffer, bytes, head.path)
        }
        if !head.query.isEmpty {
            buffer.append("?")
            URLByte.append(to: &buffer, bytes, head.query.withoutFirst)
        }
        buffer.append("\r\n")
    }

    /// Whether the line is no longer than ``locationBytesMax``.
    static func fits(
        _ host: ByteRange, _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>
    ) -> Bool {
        let fixed = "Location: https://:65535/\r\n".utf8.count
        let target = URLByte.count(bytes, head.path) + URLByte.count(bytes, head.query)
        return fixed + host.count + target <= locationBytesMax
    }

    /// Whether a path is where an ACME server looks for its challenge (RFC 8555 §8.3): it does so
    /// over plain HTTP, before there is a certificate.
    ///
    /// The token has no bytes but those of base64url, so that the path has one reading only.
    static func isChallenge(_ path: ByteRange, in bytes: borrowing Span<UInt8>) -> Bool {
        guard path.count > challenge.count else { return false }
        let start = ByteRange(start: path.start, count: challenge.count)
        guard bytes.holds(challenge.span, at: start) else { return false }
        for index in start.end..<path.end where !tokenBytes.contains(bytes[index]) { return false }
        return true
    }

    private static let challenge = Array("/.well-known/acme-challenge/".utf8)
    private static let tokenBytes = ByteSet(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
}
