import Bytes
import Crypto

/// Looks for a signature that one of the keys has made.
extension WebhookPlan {
    /// Which signature it was.
    struct Proof {
        /// The one that has made it.
        let key: Key
        /// Of the URL: see ``WebhookTarget/origin(_:)``.
        let writing: Int
    }

    /// How the signatures that are marked for a key compare.
    private enum Comparison {
        /// There is none that could be.
        case unreadable
        case unequal
        case equal
    }

    /// Tries each key with each signature.
    ///
    /// Nothing is given away by the time it takes but how many of either there are: comparisons
    /// take the same for all signatures of the right length.
    func prove(
        _ message: WebhookMessage, by keys: [Key], _ bytes: borrowing Span<UInt8>,
        _ body: borrowing Span<UInt8>, _ text: borrowing Span<UInt8>, at now: UInt64,
        _ scratch: inout WebhookScratch
    ) throws(WebhookRefusal) -> Proof {
        var refusal = WebhookRefusal.signatureUnreadable
        for index in keys.indices {
            let key = keys[index]
            if case .certificate(let certificate) = key.material,
                !certificate.isValid(at: Int64(now / 1_000_000_000))
            {
                if refusal == .signatureUnreadable { refusal = .certificateNotValid }
                continue
            }
            for writing in 0..<writings {
                switch compare(message, key, writing, bytes, body, text, &scratch) {
                case .unreadable: break
                case .unequal: refusal = .signatureWrong
                case .equal: return Proof(key: key, writing: writing)
                }
            }
        }
        throw refusal
    }

    private func compare(
        _ message: WebhookMessage, _ key: Key, _ writing: Int, _ bytes: borrowing Span<UInt8>,
        _ body: borrowing Span<UInt8>, _ text: borrowing Span<UInt8>,
        _ scratch: inout WebhookScratch
    ) -> Comparison {
        switch key.material {
        case .hmac(let hmac):
            scratch.digester.begin(hmac)
            feed(message, writing, bytes, body, text) { scratch.digester.add($0) }
            let code = scratch.digester.finish(hmac)
            return message.signature.withBytes(bytes, body, text) {
                compare($0, for: key, &scratch) { signature, _ in code.isEqual(to: signature) }
            }
        case .token(let secret):
            return message.signature.withBytes(bytes, body, text) {
                compare($0, for: key, &scratch) { signature, _ in
                    ConstantTime.areEqual(signature, secret.bytes.span)
                }
            }
        case .publicKey(let publicKey):
            return compare(message, key, publicKey, writing, bytes, body, text, &scratch)
        case .certificate(let certificate):
            return compare(
                message, key, certificate.publicKey, writing, bytes, body, text, &scratch)
        }
    }

    /// Verifies signatures of what is signed, laid end to end.
    private func compare(
        _ message: WebhookMessage, _ key: Key, _ publicKey: PublicKey, _ writing: Int,
        _ bytes: borrowing Span<UInt8>, _ body: borrowing Span<UInt8>,
        _ text: borrowing Span<UInt8>, _ scratch: inout WebhookScratch
    ) -> Comparison {
        guard let scheme = key.form.algorithm.signatureScheme else { return .unreadable }
        var whole = scratch.whole.take()
        var byteCount = 1
        feed(message, writing, bytes, body, text) { byteCount += $0.count }
        if whole.capacity < byteCount { whole = Buffer(capacity: byteCount) }
        whole.removeAll()
        feed(message, writing, bytes, body, text) { whole.append($0) }
        let comparison = message.signature.withBytes(bytes, body, text) { signatures in
            compare(signatures, for: key, &scratch) { signature, verifier in
                whole.withReadable {
                    verifier.isValid(signature, of: $0, by: publicKey, scheme)
                }
            }
        }
        scratch.whole = whole
        return comparison
    }

    // MARK: Signatures

    private typealias Test = (borrowing Span<UInt8>, inout SignatureVerifier) -> Bool

    /// Decodes the signatures that are marked for a key, one after the other.
    private func compare(
        _ signatures: borrowing Span<UInt8>, for key: Key, _ scratch: inout WebhookScratch,
        _ test: Test
    ) -> Comparison {
        var comparison = Comparison.unreadable
        var list = SignatureList(source, ByteRange(0, signatures.count))
        var signature = scratch.signature.take()
        defer { scratch.signature = signature.take() }
        let mark = key.mark
        var rest = key.signaturesMax
        while rest > 0, let range = list.next(marked: mark.span, in: signatures) {
            rest -= 1
            signature.removeAll()
            guard SignatureText.append(range, of: signatures, key.form.encoding, to: &signature),
                key.byteCounts.contains(signature.count)
            else { continue }
            comparison = .unequal
            if signature.withReadable({ test($0, &scratch.verifier) }) { return .equal }
        }
        return comparison
    }

    // MARK: What is signed

    private static let slash: [UInt8] = [0x2f]

    /// Hands on what is signed, part by part: no body is copied.
    ///
    /// - Parameter writing: Of the URL.
    func feed(
        _ message: WebhookMessage, _ writing: Int, _ bytes: borrowing Span<UInt8>,
        _ body: borrowing Span<UInt8>, _ text: borrowing Span<UInt8>,
        _ take: (borrowing Span<UInt8>) -> Void
    ) {
        for index in parts.indices {
            switch parts[index] {
            case .literal(let literal): take(literal.span)
            case .body: take(body)
            case .timestamp: message.timestamp.withBytes(bytes, body, text, take)
            case .id: message.id.withBytes(bytes, body, text, take)
            case .method: take(bytes.extracting(message.target.method.indices))
            case .url:
                let target = message.target
                take(text.extracting(target.origin(writing).indices))
                if target.path.isEmpty {
                    take(Self.slash.span)
                } else {
                    take(bytes.extracting(target.path.indices))
                }
                take(bytes.extracting(target.query.indices))
            case .header, .json, .bodyCRC32, .twilioForm:
                message.parts[index].withBytes(bytes, body, text, take)
            }
        }
    }
}

extension WebhookPlan.Key {
    fileprivate var signaturesMax: Int {
        form.algorithm.signatureScheme == nil
            ? WebhookPlan.signaturesMax : WebhookPlan.publicSignaturesMax
    }
}
