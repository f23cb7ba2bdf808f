import Bytes
import HTTP

/// Reads one part of a limit's key out of a request.
enum LimitKeyReader: Sendable {
    case clientIP
    case host
    case path
    case header(LimitFieldName)
    case cookie([UInt8])
    case query([UInt8])
    case form([UInt8])
    case json(JSONPath)
    case claim(JSONPath)
    /// Whom `auth` found the request to be from, or the subject of its token alone.
    ///
    /// - `isRecalled`: Whether other requests were decided on since.
    case principal(subjectAlone: Bool, isRecalled: Bool)
    case certificate

    /// - Parameter stage: At which the whole key is read.
    init(_ part: LimitKeyPart, at stage: PolicyStage) {
        let isRecalled = stage > .identity
        switch part {
        case .clientIP: self = .clientIP
        case .host: self = .host
        case .path: self = .path
        case .header(let name): self = .header(LimitFieldName(name))
        case .cookie(let name): self = .cookie(Array(name.utf8))
        case .query(let name): self = .query(Array(name.utf8))
        case .form(let name): self = .form(Array(name.utf8))
        case .json(let steps): self = .json(JSONPath(steps))
        case .jwt(["sub"]): self = .principal(subjectAlone: true, isRecalled: isRecalled)
        case .jwt(let steps): self = .claim(JSONPath(steps))
        case .auth: self = .principal(subjectAlone: false, isRecalled: isRecalled)
        case .clientCertificate: self = .certificate
        }
    }

    /// Reads the part into `scratch.limitValue`, which was just begun.
    ///
    /// - Returns: `false` if the request has no such part, or one that cannot be decoded.
    func read(
        _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>, _ verdict: Verdict,
        of handshake: ClientHandshake?, body: borrowing Span<UInt8>,
        scratch: inout PolicyScratch
    ) -> Bool {
        switch self {
        case .clientIP: scratch.limitValue.append(client: verdict.identity.client)
        case .host: return Self.appendHost(of: head, in: bytes, &scratch)
        case .path: return Self.appendPath(of: head, in: bytes, &scratch)
        case .header(let name): return name.append(head, in: bytes, to: &scratch.limitValue)
        case .cookie(let name):
            guard let cookie = Self.cookie(name, of: head, in: bytes) else { return false }
            scratch.limitValue.append(bytes, cookie)
        case .query(let name):
            guard let value = FormText.value(of: name, in: bytes, head.query.withoutFirst) else {
                return false
            }
            return FormText.append(value, of: bytes, to: &scratch.limitValue)
        case .form(let name):
            guard Self.isForm(head, in: bytes),
                let value = FormText.value(of: name, in: body, ByteRange(0, body.count))
            else { return false }
            return FormText.append(value, of: body, to: &scratch.limitValue)
        case .json(let path):
            guard !Self.isCoded(head, in: bytes) else { return false }
            return scratch.limitValue.append(path.value(in: body), of: body)
        case .claim(let path): return Self.appendClaim(path, head, in: bytes, verdict, &scratch)
        case .certificate:
            guard let certificate = handshake?.certificate else { return false }
            let fingerprint = certificate.fingerprint
            scratch.limitValue.append(fingerprint.span, ByteRange(0, fingerprint.count))
        case .principal(let subjectAlone, let isRecalled):
            var principal = verdict.principal
            if isRecalled {
                principal = Self.recall(head, in: bytes, verdict, &scratch.auth)
            }
            return Self.append(principal, subjectAlone: subjectAlone, &scratch)
        }
        return true
    }
}

// MARK: - Heads

extension LimitKeyReader {
    private static func appendHost(
        of head: borrowing RequestHead, in bytes: borrowing Span<UInt8>,
        _ scratch: inout PolicyScratch
    ) -> Bool {
        let range = RequestHost.range(of: head.authority, in: bytes)
        guard !range.isEmpty else { return false }
        if range.count > 2, bytes[range.start] == 0x5b,
            let address = IPAddress(bytes, ByteRange(range.start + 1, range.end - 1))
        {
            scratch.limitValue.append("[")
            scratch.limitValue.append(address)
            scratch.limitValue.append("]")
            return true
        }
        for index in range.indices {
            scratch.limitValue.append(ASCIIByte.lowered(bytes[index]))
        }
        return true
    }

    /// The reading that routes match.
    private static func appendPath(
        of head: borrowing RequestHead, in bytes: borrowing Span<UInt8>,
        _ scratch: inout PolicyScratch
    ) -> Bool {
        if head.path.isEmpty {
            scratch.limitValue.append("/")
            return true
        }
        guard bytes[head.path.start] == 0x2f else { return false }
        if PathShape.isPlain(bytes, head.path) {
            scratch.limitValue.append(bytes, head.path)
            return true
        }
        scratch.reservePath(head.path.count)
        do throws(PathProblem) {
            var output = scratch.path.mutableSpan
            let count = try PathReading.decoded.write(bytes, head.path, to: &output)
            let path = scratch.path
            scratch.limitValue.append(path.span, ByteRange(0, count))
            return true
        } catch {
            return false
        }
    }

    /// The value of the first cookie of a name, without the quotes that may be around it.
    private static func cookie(
        _ name: [UInt8], of head: borrowing RequestHead, in bytes: borrowing Span<UInt8>
    ) -> ByteRange? {
        for index in head.fields.indices {
            let field = head.fields[index]
            guard field.id == .cookie, !field.isDisguised else { continue }
            var place = field.value.start
            while place < field.value.end {
                let end = bytes.first(0x3b, in: ByteRange(place, field.value.end))
                let pair = bytes.trimmed(ByteRange(place, end))
                if let value = Credentials.value(of: name, in: bytes, pair) { return value }
                place = end &+ 1
            }
        }
        return nil
    }
}

// MARK: - Bodies

extension LimitKeyReader {
    /// Whether the body is a form that was not compressed.
    private static func isForm(
        _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>
    ) -> Bool {
        guard let value = (try? BodyRules.contentType(of: head)) ?? nil,
            let type = MediaType(bytes, value)
        else { return false }
        return bytes.holdsFolded(form.span, at: type.name) && !isCoded(head, in: bytes)
    }

    private static func isCoded(
        _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>
    ) -> Bool {
        (try? BodyRules.checkCoding(of: head, bytes)) == nil
    }

    private static let form = Array("application/x-www-form-urlencoded".utf8)
}

// MARK: - Identities

extension LimitKeyReader {
    /// A claim of the token that the request was admitted with.
    private static func appendClaim(
        _ path: JSONPath, _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>,
        _ verdict: Verdict, _ scratch: inout PolicyScratch
    ) -> Bool {
        guard let route = verdict.route, let table = scratch.auth.table,
            let range = table.token(route: route, of: head, in: bytes)
        else { return false }
        var decoded = scratch.auth.decoded.take()
        defer { scratch.auth.decoded = decoded.take() }
        return TokenParts.withClaims(of: bytes.extracting(range.indices), &decoded) {
            (claims: borrowing Span<UInt8>) in
            scratch.limitValue.append(path.value(in: claims), of: claims)
        }
    }

    private static func recall(
        _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>, _ verdict: Verdict,
        _ scratch: inout AuthScratch
    ) -> Principal {
        guard let route = verdict.route, let table = scratch.table else { return .unnamed }
        return table.recall(route: route, head, in: bytes, scratch: &scratch)
    }

    /// A name apart by its kind: the holder of a key may be called as somebody's subject.
    private static func append(
        _ principal: Principal, subjectAlone: Bool, _ scratch: inout PolicyScratch
    ) -> Bool {
        switch principal {
        case .unnamed: return false
        case .subject: if !subjectAlone { scratch.limitValue.append("sub:") }
        case .apiKey:
            if subjectAlone { return false }
            scratch.limitValue.append("key:")
        }
        scratch.limitValue.append(scratch.auth.principal)
        return true
    }
}

extension AuthScratch {
    /// The policies that admitted the last request.
    fileprivate var table: AuthTable? { successor ?? admissions.owner }
}
