import Bytes
import HTTP

extension CORSPolicy {
    /// Judges a request, and says whether it ends at the policy's place in the order.
    ///
    /// - Complexity: One bit test without an `Origin`. No allocation.
    func judge(
        _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>,
        _ identity: ClientIdentity
    ) -> CORSJudgement {
        guard head.present.contains(.origin) else { return .none }
        let origin = Self.only(.origin, of: head)
        let isAllowed = origin.map { origins.admits(bytes, $0) } ?? false
        if case .options = head.method, head.present.contains(.accessControlRequestMethod) {
            return judgePreflight(head, bytes, isAllowed ? origin : nil)
        }
        if isAllowed, let origin {
            return CORSJudgement(verdict: CORSVerdict(.allowed, origin: origin), action: nil)
        }
        if let origin, Self.isOwn(origin, head, bytes, identity) {
            return CORSJudgement(verdict: CORSVerdict(.own, origin: .empty), action: nil)
        }
        return CORSJudgement(
            verdict: CORSVerdict(.foreign, origin: .empty),
            action: rules.enforcesOrigin ? .refuse(Refusal(.foreignOrigin, allow: [])) : nil)
    }

    /// - Parameter origin: `nil` if it is not allowed.
    private func judgePreflight(
        _ head: borrowing RequestHead, _ bytes: borrowing Span<UInt8>, _ origin: ByteRange?
    ) -> CORSJudgement {
        func refused(_ reason: RefusalReason) -> CORSJudgement {
            CORSJudgement(
                verdict: CORSVerdict(.preflightRefused, origin: .empty),
                action: .refuse(Refusal(reason, allow: [])))
        }
        guard let origin else { return refused(.preflightOrigin) }
        guard let method = Self.only(.accessControlRequestMethod, of: head),
            admits(method: method, bytes)
        else { return refused(.preflightMethod) }
        for index in head.fields.indices
        where head.fields[index].id == .accessControlRequestHeaders {
            let field = head.fields[index]
            if field.isDisguised { continue }
            guard admits(headers: field.value, bytes) else { return refused(.preflightHeaders) }
        }
        return CORSJudgement(
            verdict: CORSVerdict(.preflight, origin: origin), action: .grantPreflight)
    }

    /// Methods are compared byte for byte: `patch` is another one than `PATCH` (Fetch §4.8).
    private func admits(method: ByteRange, _ bytes: borrowing Span<UInt8>) -> Bool {
        if method.isEmpty { return false }
        if admitsAnyMethod { return true }
        if bytes.holds("GET", at: method) || bytes.holds("HEAD", at: method) { return true }
        if bytes.holds("POST", at: method) { return true }
        for name in methods where bytes.holds(name.span, at: method) { return true }
        return false
    }

    /// Whether every name of the list may be sent.
    ///
    /// `*` does not stand for `Authorization`, which must be named (Fetch §2.2.2, CORS non-wildcard
    /// request-header name).
    private func admits(headers list: ByteRange, _ bytes: borrowing Span<UInt8>) -> Bool {
        var start = list.start
        while start < list.end {
            var end = start
            while end < list.end, bytes[end] != 0x2c { end &+= 1 }
            let name = bytes.trimmed(ByteRange(start, end))
            start = end &+ 1
            if !name.isEmpty, !admits(header: name, bytes) { return false }
        }
        return true
    }

    private func admits(header name: ByteRange, _ bytes: borrowing Span<UInt8>) -> Bool {
        for listed in headers where bytes.holdsFolded(listed.span, at: name) { return true }
        if !admitsAnyHeader { return false }
        let authorization = FieldName.identify(bytes, name)
        return authorization.id != .authorization || authorization.isDisguised
    }

    /// The value of the only line of a name.
    ///
    /// - Returns: `nil` for several lines too: two parties could each take another one for it.
    private static func only(_ name: FieldName, of head: borrowing RequestHead) -> ByteRange? {
        var value: ByteRange?
        for index in head.fields.indices where head.fields[index].id == name {
            let field = head.fields[index]
            if field.isDisguised { continue }
            if value != nil { return nil }
            value = field.value
        }
        return value
    }
}
