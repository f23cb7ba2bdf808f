package import Bytes
package import HTTP

/// What every response of a route carries, whoever made it: security headers, CORS fields, `Vary`
/// and the request id; and the route's `response_headers`, which errors do not carry.
///
/// The cookies of an app pass through it too.
///
/// All responses but interim ones pass through one of the two functions below, so that no kind of
/// them can miss a part. A class, so that whoever holds one copies a reference.
package final class ResponseStamp: Sendable {
    package let security: SecurityHeaders
    package let cors: CORSPolicy?
    private let cookies: CookieHardening?
    /// Whether ``cors`` makes the route's responses differ by `Origin`.
    private let isVarying: Bool
    /// The lines of the route's `response_headers`.
    private let lines: [UInt8]
    /// The known names among ``lines``, which a preset need not say again.
    private let given: FieldNameSet

    /// Compiles what a route's responses carry, at load.
    ///
    /// - Parameter spoken: Names of fields that others write, and an app's copies of which go.
    package init(
        _ settings: SecurityHeaderSettings, cors: CORSPolicy?, edits route: RouteEdits,
        spoken: [String] = []
    ) {
        let edits = route.response
        security = SecurityHeaders(
            settings,
            removing: (cors == nil ? [] : CORSPolicy.spoken) + edits.droppedNames + spoken)
        self.cors = cors
        cookies = CookieHardening(route.cookies)
        isVarying = cors?.variesByOrigin ?? false
        lines = edits.lines
        given = edits.givenNames
        bytesMax =
            security.bytesMax + lines.count + (cors?.bytesMax ?? 0) + Self.varyBytesMax
            + Self.requestIDBytesMax + Self.documentPolicyBytes
    }

    /// No call appends more, but for the app's own fields and ``addedBytesMax(to:)``.
    package let bytesMax: Int

    /// What the lines of an app's response may grow by.
    package func addedBytesMax(to head: borrowing ResponseHead) -> Int {
        guard cookies != nil, head.present.contains(.setCookie) else { return 0 }
        return head.fields.count * CookieHardening.addedBytesMax
    }

    /// Nothing loads, nothing runs, nobody frames it: all that a page of the gateway itself needs.
    private static let documentPolicy: StaticString =
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    private static var documentPolicyBytes: Int { 128 }

    private static var varyBytesMax: Int { 100 }
    /// Name, the longest acceptable id, line end.
    private static var requestIDBytesMax: Int { 16 + 128 + 8 }

    /// Appends the fields of an app's response as they go on, and the stamp.
    ///
    /// - Parameters:
    ///   - head: Its ranges refer to `bytes`.
    ///   - dropped: Fields of the app that concern its own connection, or that are said otherwise.
    ///   - text: What the subject's ranges refer to.
    package func append(
        _ head: borrowing ResponseHead, of bytes: borrowing Span<UInt8>,
        except dropped: FieldNameSet, for subject: StampSubject,
        in text: borrowing Span<UInt8>, to output: inout Buffer
    ) {
        let removed = security.removed.known
        var except = dropped
        if isVarying, head.present.contains(.vary), !removed.contains(.vary) {
            except.insert(.vary)
            appendVary(head, bytes, to: &output)
        } else if isVarying {
            output.append("Vary: Origin\r\n")
        }
        if let cookies, head.present.contains(.setCookie), !removed.contains(.setCookie) {
            except.insert(.setCookie)
            cookies.append(head, of: bytes, isSecure: subject.isSecure, to: &output)
        }
        output.appendForwarded(head.fields, of: bytes, except: except, and: security.removed)
        output.append(lines)
        append(
            for: subject, responseHas: head.present.subtracting(removed).union(given),
            in: text, to: &output)
    }

    /// Appends the stamp of an answer of the gateway itself.
    ///
    /// - Parameter text: What the subject's ranges refer to.
    package func append(
        for subject: StampSubject, as kind: AnswerKind, in text: borrowing Span<UInt8>,
        to output: inout Buffer
    ) {
        if subject.cors.standing.isPreflight {
            output.append("Vary: ")
            if isVarying { output.append("Origin, ") }
            output.append("Access-Control-Request-Method, Access-Control-Request-Headers\r\n")
        } else if isVarying {
            output.append("Vary: Origin\r\n")
        }
        var has = FieldNameSet()
        switch kind {
        case .routes:
            output.append(lines)
            has = given
        case .uncached: has = FieldNameSet(.cacheControl)
        case .document:
            has = FieldNameSet(.cacheControl)
            if !security.settlesContentPolicy {
                output.appendField(
                    name: "Content-Security-Policy", value: Self.documentPolicy)
                has.insert(.contentSecurityPolicy)
            }
        case .bare: break
        }
        append(for: subject, responseHas: has, in: text, to: &output)
    }

    private func append(
        for subject: StampSubject, responseHas has: FieldNameSet, in text: borrowing Span<UInt8>,
        to output: inout Buffer
    ) {
        security.append(to: &output, isSecure: subject.isSecure, responseHas: has)
        if let cors { cors.append(to: &output, for: subject.cors, in: text) }
        output.append("X-Request-ID: ")
        output.append(text, subject.requestID)
        output.append("\r\n")
    }

    /// Appends the app's own `Vary` with `Origin` in it, in one line, as some caches read no more.
    private func appendVary(
        _ head: borrowing ResponseHead, _ bytes: borrowing Span<UInt8>, to output: inout Buffer
    ) {
        output.append("Vary: ")
        var isNamed = false
        var isFirst = true
        for index in head.fields.indices where head.fields[index].id == .vary {
            let field = head.fields[index]
            if field.isDisguised || field.value.isEmpty { continue }
            if !isFirst { output.append(", ") }
            isFirst = false
            output.append(bytes, field.value)
            // `*` is beyond every name (RFC 9110 §12.5.5).
            isNamed =
                isNamed || TokenList.contains("origin", bytes, field.value)
                || TokenList.contains("*", bytes, field.value)
        }
        if !isNamed { output.append(isFirst ? "Origin" : ", Origin") }
        output.append("\r\n")
    }
}

/// What an answer of the gateway itself is, as far as its stamp depends on it.
package enum AnswerKind: Sendable {
    /// What the route is there to say, such as a redirect: its `response_headers` hold for it.
    case routes
    /// An error or a state, which has a `Cache-Control` already.
    case uncached
    /// The same as a page of our own making, which needs nothing but its text.
    case document
    /// One without content, about methods.
    case bare
}

/// Whom a response answers, as far as its stamp depends on it.
package struct StampSubject: Sendable {
    package var cors: CORSVerdict
    /// Whether the client speaks HTTPS.
    package var isSecure: Bool
    package var requestID: ByteRange

    package init(cors: CORSVerdict, isSecure: Bool, requestID: ByteRange) {
        self.cors = cors
        self.isSecure = isSecure
        self.requestID = requestID
    }
}
