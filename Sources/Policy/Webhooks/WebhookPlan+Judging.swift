import Bytes
import Crypto

extension MessagePart {
    /// Lends what stands there; nothing if it is nowhere.
    func withBytes<R, E: Error>(
        _ head: borrowing Span<UInt8>, _ body: borrowing Span<UInt8>,
        _ text: borrowing Span<UInt8>, _ use: (borrowing Span<UInt8>) throws(E) -> R
    ) throws(E) -> R {
        switch self {
        case .nowhere: try use(head.extracting(0..<0))
        case .head(let range): try use(head.extracting(range.indices))
        case .body(let range): try use(body.extracting(range.indices))
        case .text(let range): try use(text.extracting(range.indices))
        }
    }
}

/// Decides on a delivery whose parts were found.
extension WebhookPlan {
    /// - Parameter bytes: What the head's ranges are of.
    func judge(
        _ message: WebhookMessage, in bytes: borrowing Span<UInt8>,
        body: borrowing Span<UInt8>, _ settings: WebhookSettings, at now: UInt64,
        scratch: inout WebhookScratch
    ) throws(WebhookRefusal) -> WebhookRuling {
        let text = scratch.text.take()
        let bytes = bytes.extracting(bytes.indices)
        let body = body.extracting(body.indices)
        let ruling = text.withReadable {
            (text: borrowing Span<UInt8>) -> Result<WebhookRuling, WebhookRefusal> in
            do throws(WebhookRefusal) {
                return .success(try judge(message, bytes, body, text, settings, now, &scratch))
            } catch {
                return .failure(error)
            }
        }
        scratch.text = text
        return try ruling.get()
    }

    private func judge(
        _ message: WebhookMessage, _ bytes: borrowing Span<UInt8>, _ body: borrowing Span<UInt8>,
        _ text: borrowing Span<UInt8>, _ settings: WebhookSettings, _ now: UInt64,
        _ scratch: inout WebhookScratch
    ) throws(WebhookRefusal) -> WebhookRuling {
        let stamp = try readTimestamp(message, bytes, body, text)
        try checkID(message, bytes)
        try checkJoints(message, bytes, body, text)
        let keys: [Key]
        switch self.keys {
        case .held(let held): keys = held
        case .fetched(let plan):
            guard case .head(let range) = message.certificate else {
                throw .certificateURLMissing
            }
            let known = try plan.find(range, in: bytes, &scratch.certificates)
            switch known?.standing {
            case .trusted(let key)?: keys = [key]
            case .refused?: throw .certificateNotTrusted
            case .unavailable?: return .certificateUnavailable
            case nil: return .needsCertificate
            }
        }
        let proof = try prove(message, by: keys, bytes, body, text, at: now, &scratch)
        try checkFresh(stamp, body, settings, at: now)
        if let handshake, handshake.answer(body, by: proof.key.material, &scratch) {
            return .handshake
        }
        identify(message, proof, bytes, body, text, settings, &scratch)
        return .verified
    }

    // MARK: Form

    /// `nil` if it is not to be known yet.
    private func readTimestamp(
        _ message: WebhookMessage, _ bytes: borrowing Span<UInt8>,
        _ body: borrowing Span<UInt8>, _ text: borrowing Span<UInt8>
    ) throws(WebhookRefusal) -> Int64? {
        guard let timestamp, timestamp.isReadFirst else { return nil }
        let value = message.timestamp.withBytes(bytes, body, text) {
            WebhookTimestamp.value(of: $0, timestamp.unit)
        }
        guard let value else { throw .timestampUnreadable }
        return value
    }

    /// An id that is signed by itself is visible ASCII of a sensible length.
    private func checkID(
        _ message: WebhookMessage, _ bytes: borrowing Span<UInt8>
    ) throws(WebhookRefusal) {
        guard let id, id.isRequired, case .head(let range) = message.id else { return }
        guard !range.isEmpty, range.count <= Self.idBytesMax, Self.isVisible(range, in: bytes)
        else { throw .idUnreadable }
    }

    static func isVisible(_ range: ByteRange, in bytes: borrowing Span<UInt8>) -> Bool {
        for index in range.indices where bytes[index] <= 0x20 || bytes[index] >= 0x7f {
            return false
        }
        return true
    }

    /// Whether it is plain where each part ends: one that holds the text behind it could be cut in
    /// two ways, and be taken for a part of the next.
    private func checkJoints(
        _ message: WebhookMessage, _ bytes: borrowing Span<UInt8>,
        _ body: borrowing Span<UInt8>, _ text: borrowing Span<UInt8>
    ) throws(WebhookRefusal) {
        var index = 0
        while index &+ 1 < parts.count {
            defer { index &+= 1 }
            guard case .literal(let joint) = parts[index &+ 1] else { continue }
            let part: MessagePart
            let refusal: WebhookRefusal
            switch parts[index] {
            case .timestamp: (part, refusal) = (message.timestamp, .timestampUnreadable)
            case .id: (part, refusal) = (message.id, .idUnreadable)
            case .header, .json: (part, refusal) = (message.parts[index], .partUnreadable)
            case .literal, .body, .url, .method, .bodyCRC32, .twilioForm: continue
            }
            let isPlain = part.withBytes(bytes, body, text) { !Self.holds(joint, in: $0) }
            guard isPlain else { throw refusal }
        }
    }

    /// Whether a text with this behind it has it any earlier.
    private static func holds(_ joint: [UInt8], in text: borrowing Span<UInt8>) -> Bool {
        if joint.count == 1, joint[0] != 0 {
            return text.first(joint[0], in: ByteRange(0, text.count)) < text.count
        }
        for start in text.indices {
            var offset = 0
            while offset < joint.count {
                let place = start &+ offset
                let byte = place < text.count ? text[place] : joint[place &- text.count]
                guard byte == joint[offset] else { break }
                offset &+= 1
            }
            if offset == joint.count { return true }
        }
        return false
    }

    // MARK: Time

    /// - Parameter stamp: `nil` if it stands in the body, which is genuine by now.
    private func checkFresh(
        _ stamp: Int64?, _ body: borrowing Span<UInt8>, _ settings: WebhookSettings, at now: UInt64
    ) throws(WebhookRefusal) {
        guard let timestamp, let tolerance = settings.tolerance else { return }
        var value = stamp
        if case .json(let path) = timestamp.place, stamp == nil {
            guard let range = path.firstValue(in: body, depthMax: Self.jsonDepthMax)?.plainRange
            else { throw .timestampMissing }
            value = WebhookTimestamp.value(of: body.extracting(range.indices), timestamp.unit)
        }
        guard let value else { throw .timestampUnreadable }
        if let refusal = WebhookTimestamp.refusal(
            of: value, timestamp.unit, at: now, tolerance: tolerance)
        {
            throw refusal
        }
    }

    // MARK: Identity

    /// Notes the id, and what the event is known by.
    private func identify(
        _ message: WebhookMessage, _ proof: Proof, _ bytes: borrowing Span<UInt8>,
        _ body: borrowing Span<UInt8>, _ text: borrowing Span<UInt8>,
        _ settings: WebhookSettings, _ scratch: inout WebhookScratch
    ) {
        let part = idPart(message, body)
        part.withBytes(bytes, body, text) { (id: borrowing Span<UInt8>) in
            guard id.count <= WebhookScratch.idBytesMax,
                Self.isVisible(ByteRange(0, id.count), in: id)
            else { return }
            scratch.id.append(id)
        }
        guard settings.replay != nil else { return }
        if let id, id.isSigned, part != .nowhere {
            scratch.replay = part.withBytes(bytes, body, text) { (id: borrowing Span<UInt8>) in
                ReplayID(event: id, digester: &scratch.digester)
            }
            return
        }
        scratch.digester.begin(.sha256)
        if case .token = proof.key.material {
            scratch.digester.add(body)
        } else {
            feed(message, proof.writing, bytes, body, text) { scratch.digester.add($0) }
        }
        scratch.replay = ReplayID(signed: scratch.digester.finish())
    }

    private func idPart(_ message: WebhookMessage, _ body: borrowing Span<UInt8>) -> MessagePart {
        guard let id else { return .nowhere }
        switch id.place {
        case .fields:
            if case .head(let range) = message.id, range.isEmpty { return .nowhere }
            return message.id
        case .json(let paths):
            for index in paths.indices {
                let value = paths[index].firstValue(in: body, depthMax: Self.jsonDepthMax)
                if let range = value?.plainRange, !range.isEmpty { return .body(range) }
            }
            return .nowhere
        }
    }
}

extension CertificatePlan {
    /// What is known of the certificate that a delivery names; `nil` has it be the one that is
    /// wanted.
    fileprivate func find(
        _ range: ByteRange, in bytes: borrowing Span<UInt8>, _ shelf: inout CertificateShelf
    ) throws(WebhookRefusal) -> KnownCertificate? {
        let text = bytes.extracting(range.indices)
        if let known = shelf.find(text) { return known }
        guard let url = CertificateURL(text, hostSuffix: hostSuffix) else {
            throw .certificateURLUnreadable
        }
        shelf.wanted = url
        return nil
    }
}

extension JSONValue {
    /// Where a number stands, or a text without escapes: as providers write ids and times.
    fileprivate var plainRange: ByteRange? {
        switch self {
        case .number(let number): number.range
        case .text(let text): text.hasEscapes ? nil : text.range
        case .null, .bool, .object, .array: nil
        }
    }
}
