package import Bytes
import Crypto
package import HTTP

/// What a limit tells clients apart by, made ready for requests.
///
/// A request's *material* is the bytes that stand for its key: equal for those that share a bucket,
/// different for all others, whatever a client writes. It begins with `=`, or with `~` for a
/// client's address in place of the key, or with `#` for a digest in place of a long value. Of a
/// list each part is `LENGTH:BYTES`, or `#` and a digest.
package final class LimitKeyPlan: Sendable {
    /// Whether the key is the client's address alone, which then needs no reading where there is
    /// one.
    package let isClientIP: Bool
    /// Whether ``isExempt(_:in:client:)`` is ever true.
    package let hasExemptions: Bool
    private let exemptions: ExemptionTests
    private let parts: [LimitKeyReader]
    private let missingKey: MissingKey

    /// No material is longer: a buffer for it has as much room.
    package static let materialBytesMax = 1 + 8 * (5 + LimitKeyValue.bytesMax)

    /// Compiles what a limit says of keys and exemptions.
    package init(_ settings: LimitSettings) {
        isClientIP = settings.key == [.clientIP]
        hasExemptions = settings.exemptions != .none
        exemptions = ExemptionTests(settings.exemptions)
        missingKey = settings.missingKey
        let stage = settings.stage
        parts = settings.key.map { LimitKeyReader($0, at: stage) }
    }

    /// Whether a request is not limited.
    package func isExempt(
        _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>, client: IPAddress?
    ) -> Bool {
        hasExemptions && exemptions.hold(for: head, in: bytes, client)
    }

    /// Reads a request's key, at the stage that the limit is looked at.
    ///
    /// - Parameters:
    ///   - verdict: Of the stages before; at that of identity no other request was decided on
    ///     since.
    ///   - handshake: Of the connection that the request came on.
    ///   - body: Without its framing; empty before it is known, and then has no key.
    ///   - material: Empty, with room for ``materialBytesMax``.
    /// - Complexity: One pass over the head for each part; no allocation after the first time.
    package func read(
        _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>, _ verdict: Verdict,
        of handshake: ClientHandshake?, scratch: inout PolicyScratch,
        body: borrowing Span<UInt8>, into material: inout Buffer
    ) -> LimitKeyFinding {
        precondition(material.room >= Self.materialBytesMax, "there is room for any key")
        let isAlone = parts.count == 1
        if !isAlone { material.append("=") }
        for index in parts.indices {
            scratch.limitValue.begin()
            let isThere = parts[index].read(
                head, in: bytes, verdict, of: handshake, body: body, scratch: &scratch)
            guard isThere else {
                material.removeAll()
                return substitute(verdict.identity.client, into: &material)
            }
            scratch.limitValue.end(isAlone: isAlone, into: &material)
        }
        return .found
    }

    /// Reads the key of a request on a connection without such a handshake.
    package func read(
        _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>, _ verdict: Verdict,
        scratch: inout PolicyScratch, body: borrowing Span<UInt8>, into material: inout Buffer
    ) -> LimitKeyFinding {
        read(
            head, in: bytes, verdict, of: nil, scratch: &scratch, body: body, into: &material)
    }

    /// Reads a key that is in no body.
    package func read(
        _ head: borrowing RequestHead, in bytes: borrowing Span<UInt8>, _ verdict: Verdict,
        scratch: inout PolicyScratch, into material: inout Buffer
    ) -> LimitKeyFinding {
        read(
            head, in: bytes, verdict, scratch: &scratch, body: bytes.extracting(0..<0),
            into: &material)
    }

    /// What becomes of a request without the key.
    private func substitute(
        _ client: IPAddress?, into material: inout Buffer
    ) -> LimitKeyFinding {
        switch missingKey {
        case .skip: return .skipped
        case .reject: return .rejected
        case .clientIP:
            material.append("~")
            if let client { client.appendClient(to: &material) } else { material.append("unix") }
            return .found
        }
    }
}

/// What came of looking for a request's key.
package enum LimitKeyFinding: Sendable {
    /// The material is there; perhaps that of the client's address in place of the key.
    case found
    /// The limit does not concern the request.
    case skipped
    /// The request is to be answered 400.
    case rejected
}

/// `exempt` of a limit, made ready for questions.
private struct ExemptionTests: Sendable {
    private let clients: AddressSet
    private let headers: [(name: LimitFieldName, value: [UInt8])]

    init(_ exemptions: LimitExemptions) {
        clients = AddressSet(exemptions.clients)
        headers = exemptions.headers.map { (LimitFieldName($0.name), Array($0.value.utf8)) }
    }

    func hold(
        for head: borrowing RequestHead, in bytes: borrowing Span<UInt8>, _ client: IPAddress?
    ) -> Bool {
        if let client, clients.contains(client) { return true }
        guard !headers.isEmpty else { return false }
        for index in head.fields.indices {
            let field = head.fields[index]
            for header in headers where header.name.isName(of: field, in: bytes) {
                if header.value.isEmpty, field.value.isEmpty { return true }
                // Such a value is as good as a secret.
                let value = bytes.extracting(field.value.indices)
                if ConstantTime.areEqual(value, header.value.span) { return true }
            }
        }
        return false
    }
}
