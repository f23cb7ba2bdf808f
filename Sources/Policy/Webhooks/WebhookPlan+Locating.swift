import Bytes
import HTTP

/// A field that a provider sends once.
private enum SoleField {
    case absent
    case one(ByteRange)
    /// Of two, the app could read the other one.
    case several
}

extension LimitFieldName {
    /// The only value of the name.
    fileprivate func sole(of head: borrowing RequestHead, in bytes: borrowing Span<UInt8>)
        -> SoleField
    {
        var found: ByteRange?
        for index in head.fields.indices {
            let field = head.fields[index]
            guard isName(of: field, in: bytes) else { continue }
            guard found == nil else { return .several }
            found = field.value
        }
        return found.map { .one($0) } ?? .absent
    }
}

/// Finds in a delivery what its signature is made of; whether it is, is not looked at.
extension WebhookPlan {
    func locate(
        _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>,
        body: borrowing Span<UInt8>, from identity: ClientIdentity,
        scratch: inout WebhookScratch
    ) throws(WebhookRefusal) -> WebhookMessage {
        var text = scratch.text.take()
        defer { scratch.text = text.take() }
        let room = textBytesMax(headBytes: bytes.count, bodyBytes: body.count)
        if text.capacity < room { text = Buffer(capacity: room) }
        text.removeAll()

        var message = WebhookMessage()
        let naming = try locateSignature(&message, head, in: bytes, body: body, &text)
        try locateTimestamp(&message, naming, head, in: bytes, body: body, &text)
        try locateID(&message, naming, head, in: bytes)
        if case .fetched(let certificate) = keys {
            message.certificate = .head(
                try Self.only(
                    certificate.name.sole(of: head, in: bytes), .certificateURLMissing,
                    .certificateURLRepeated))
        }
        for index in parts.indices {
            switch parts[index] {
            case .literal, .body, .timestamp, .id: continue
            case .method: message.target.method = head.methodName
            case .url:
                message.target.path = head.path
                message.target.query = head.query
                guard url.append(head, in: bytes, from: identity, to: &text, &message.target)
                else { throw .partMissing }
            case .header(let name):
                message.parts[index] = .head(
                    try Self.only(
                        name.sole(of: head, in: bytes), .partMissing, .partRepeated))
            case .json(let path):
                message.parts[index] = try Self.value(path, in: body, .partMissing, &text)
            case .bodyCRC32:
                let start = text.count
                text.append(decimal: UInt64(CRC32.checksum(body)))
                message.parts[index] = .text(ByteRange(start, text.count))
            case .twilioForm:
                message.parts[index] = .text(
                    try TwilioForm.compose(
                        head, in: bytes, body: body, scratch: &scratch, to: &text))
            }
        }
        guard !text.hasOverflowed else { throw .partUnreadable }
        return message
    }

    /// - Returns: Which of several names of fields the request has.
    private func locateSignature(
        _ message: inout WebhookMessage, _ head: borrowing RequestHead,
        in bytes: borrowing Span<UInt8>, body: borrowing Span<UInt8>, _ text: inout Buffer
    ) throws(WebhookRefusal) -> Int {
        if let signaturePath {
            message.signature = try Self.value(signaturePath, in: body, .signatureMissing, &text)
            return 0
        }
        for index in signatureNames.indices {
            switch signatureNames[index].sole(of: head, in: bytes) {
            case .absent: continue
            case .several: throw .signatureRepeated
            case .one(let value):
                guard !value.isEmpty else { throw .signatureMissing }
                guard value.count <= Self.signatureBytesMax else { throw .signatureTooLong }
                message.signature = .head(value)
                return index
            }
        }
        throw .signatureMissing
    }

    private func locateTimestamp(
        _ message: inout WebhookMessage, _ naming: Int, _ head: borrowing RequestHead,
        in bytes: borrowing Span<UInt8>, body: borrowing Span<UInt8>, _ text: inout Buffer
    ) throws(WebhookRefusal) {
        guard let timestamp, timestamp.isReadFirst else { return }
        switch timestamp.place {
        case .fields(let names):
            let name = names[min(naming, names.count - 1)]
            message.timestamp = .head(
                try Self.only(
                    name.sole(of: head, in: bytes), .timestampMissing, .timestampRepeated))
        case .pair(let name):
            guard case .head(let range) = message.signature else { throw .timestampMissing }
            var list = SignatureList(source, range)
            guard let value = list.next(marked: name.span, in: bytes) else {
                throw .timestampMissing
            }
            guard list.next(marked: name.span, in: bytes) == nil else { throw .timestampRepeated }
            message.timestamp = .head(value)
        case .json(let path):
            message.timestamp = try Self.value(path, in: body, .timestampMissing, &text)
        }
    }

    private func locateID(
        _ message: inout WebhookMessage, _ naming: Int, _ head: borrowing RequestHead,
        in bytes: borrowing Span<UInt8>
    ) throws(WebhookRefusal) {
        guard let id, case .fields(let names) = id.place else { return }
        switch names[min(naming, names.count - 1)].sole(of: head, in: bytes) {
        case .one(let value): message.id = .head(value)
        case .absent: if id.isRequired { throw .idMissing }
        // One that is only told could be the other one; then none is told.
        case .several: if id.isRequired || id.isSigned { throw .idRepeated }
        }
    }

    private static func only(
        _ field: SoleField, _ missing: WebhookRefusal, _ repeated: WebhookRefusal
    ) throws(WebhookRefusal) -> ByteRange {
        switch field {
        case .absent: throw missing
        case .several: throw repeated
        case .one(let value): return value
        }
    }

    /// A text or a number of the body, of which nothing is known to be genuine.
    private static func value(
        _ path: JSONPath, in body: borrowing Span<UInt8>, _ missing: WebhookRefusal,
        _ text: inout Buffer
    ) throws(WebhookRefusal) -> MessagePart {
        switch path.value(in: body, depthMax: jsonDepthMax) {
        case .number(let number)?: return .body(number.range)
        case .text(let value)?:
            guard value.hasEscapes else { return .body(value.range) }
            let start = text.count
            value.append(to: &text, in: body)
            return .text(ByteRange(start, text.count))
        case .null?, .bool?, .object?, .array?, nil: throw missing
        }
    }
}
