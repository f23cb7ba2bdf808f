import Bytes
import HTTP

/// What a request offers as proof of who sent it: where it stands, not whether it holds.
enum Credentials: Equatable {
    case missing
    /// Two where one is asked for, or one that cannot be: two readers could take different ones.
    case malformed
    /// Never empty.
    case found(ByteRange)

    /// Why a request without usable credentials is refused.
    var reason: RefusalReason {
        if case .missing = self { .authMissing } else { .authMalformed }
    }

    /// The key in `X-API-Key`, else the one in `Authorization: Bearer`.
    static func apiKey(
        of head: borrowing RequestHead, in bytes: borrowing Span<UInt8>
    ) -> Credentials {
        var key = Credentials.missing
        for index in head.fields.indices {
            let field = head.fields[index]
            guard field.id == .other, field.name.count == 9,
                bytes.holdsFolded("x-api-key", at: field.name)
            else { continue }
            guard case .missing = key, !field.value.isEmpty else { return .malformed }
            key = .found(field.value)
        }
        if case .missing = key { return bearer(of: head, in: bytes) }
        return key
    }

    /// The token of `Authorization: Bearer` (RFC 6750 §2.1); another scheme counts as none.
    static func bearer(
        of head: borrowing RequestHead, in bytes: borrowing Span<UInt8>
    ) -> Credentials {
        var token = Credentials.missing
        var isRepeated = false
        for index in head.fields.indices {
            let field = head.fields[index]
            guard field.id == .authorization, !field.isDisguised else { continue }
            if isRepeated { return .malformed }
            isRepeated = true
            token = bearer(in: bytes, field.value)
        }
        return token
    }

    private static func bearer(
        in bytes: borrowing Span<UInt8>, _ value: ByteRange
    ) -> Credentials {
        guard bytes.beginsFolded("bearer", at: value) else { return .missing }
        var start = value.start &+ 6
        guard start < value.end else { return .malformed }
        // A longer word is another scheme.
        guard bytes[start] == 0x20 else { return .missing }
        while start < value.end, bytes[start] == 0x20 { start &+= 1 }
        let token = ByteRange(start, value.end)
        return !token.isEmpty && bytes.isVisible(token) ? .found(token) : .malformed
    }

    /// The value of a cookie (RFC 6265 §4.2.1), without the quotes that may be around it.
    static func cookie(
        _ name: [UInt8], of head: borrowing RequestHead, in bytes: borrowing Span<UInt8>
    ) -> Credentials {
        var cookie = Credentials.missing
        for index in head.fields.indices {
            let field = head.fields[index]
            guard field.id == .cookie, !field.isDisguised else { continue }
            var place = field.value.start
            while place < field.value.end {
                var end = place
                while end < field.value.end, bytes[end] != 0x3b { end &+= 1 }
                if let value = value(of: name, in: bytes, bytes.trimmed(ByteRange(place, end))) {
                    // A neighbouring host can set a second one of the name.
                    guard case .missing = cookie, !value.isEmpty else { return .malformed }
                    cookie = .found(value)
                }
                place = end &+ 1
            }
        }
        return cookie
    }

    /// The value of `name=value`; `nil` if the pair has another name.
    static func value(
        of name: [UInt8], in bytes: borrowing Span<UInt8>, _ pair: ByteRange
    ) -> ByteRange? {
        guard pair.count > name.count, bytes[pair.start &+ name.count] == 0x3d,
            bytes.holds(name.span, at: ByteRange(start: pair.start, count: name.count))
        else { return nil }
        let value = ByteRange(pair.start &+ name.count &+ 1, pair.end)
        guard value.count >= 2, bytes[value.start] == 0x22, bytes[value.end &- 1] == 0x22 else {
            return value
        }
        return ByteRange(value.start &+ 1, value.end &- 1)
    }
}

extension Span<UInt8> {
    /// Whether all bytes at `range` are visible ASCII characters.
    fileprivate func isVisible(_ range: ByteRange) -> Bool {
        var place = range.start
        while place < range.end {
            let word = Word.padded(word(at: place), range.end &- place)
            if Word.marks(outside: 0x21, in: word) != 0 { return false }
            place &+= 8
        }
        return true
    }
}
