import Bytes
import HTTP

/// Recognises a CORS preflight: `OPTIONS` with `Origin` and `Access-Control-Request-Method` (Fetch
/// §3.2.2).
enum Preflight {
    /// Where the method stands that is asked for; `nil` if the request, an OPTIONS one, is no
    /// preflight.
    static func announcedMethod(_ head: borrowing RequestHead) -> ByteRange? {
        var hasOrigin = false
        var method: ByteRange?
        for index in head.fields.indices {
            let field = head.fields[index]
            if field.isDisguised { continue }
            if field.id == .origin { hasOrigin = true }
            if field.id == .accessControlRequestMethod, method == nil { method = field.value }
        }
        return hasOrigin ? method : nil
    }
}
