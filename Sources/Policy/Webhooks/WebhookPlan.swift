import Bytes
import Crypto
import HTTP

/// One way in which a webhook's provider signs, with the keys that are for it: what a scheme is
/// compiled into.
///
/// A class, since it is read through a list for each delivery and never copied.
final class WebhookPlan: Sendable {
    /// More signatures than any provider sends; what stands behind them is not looked at.
    static let signaturesMax = 32
    /// The same where each takes as long as a thousand comparisons.
    static let publicSignaturesMax = 8
    /// Of all signatures of a request.
    static let signatureBytesMax = 8192
    /// Of a field that is signed; ids and timestamps are far shorter.
    static let idBytesMax = 256
    /// Values within one another that are read in a body.
    static let jsonDepthMax = 64

    /// A part of what is signed.
    enum Part: Sendable {
        case literal([UInt8])
        case body, timestamp, id, url, method, bodyCRC32, twilioForm
        case header(LimitFieldName)
        case json(JSONPath)
    }

    /// A key, and what its signatures are marked with; a class for the same reason.
    final class Key: Sendable {
        let material: WebhookKey.Material
        let form: SignatureForm
        let mark: [UInt8]
        /// How long a signature can be, decoded.
        let byteCounts: ClosedRange<Int>

        init(_ key: WebhookKey) {
            material = key.material
            form = key.form
            mark = Array(key.form.mark.utf8)
            byteCounts =
                switch key.form.algorithm {
                case .hmac(let digest): digest.byteCount...digest.byteCount
                case .ed25519: 64...64
                // In DER: two numbers of 1 to 33 bytes, and 6 bytes around them.
                case .ecdsaP256: 8...72
                case .rsaSHA256: 256...1024
                case .token: 1...WebhookPlan.signatureBytesMax
                }
        }
    }

    /// Where the keys come from by which a delivery is verified.
    enum KeySource: Sendable {
        case held([Key])
        /// The delivery names one, see ``CertificateShelf``.
        case fetched(CertificatePlan)
    }

    let keys: KeySource
    let parts: [Part]
    let source: SignaturePlace
    /// The fields that hold signatures; empty if none does.
    let signatureNames: [LimitFieldName]
    let signaturePath: JSONPath?
    let timestamp: TimestampPlan?
    let id: IDPlan?
    let url: WebhookURL
    let handshake: WebhookHandshake?
    /// Ways to write the URL that is signed; 1 if none is.
    let writings: Int
    /// Bytes that ``WebhookScratch/text`` may need beside two heads.
    private let textBytes: Int
    private let readsBody: Bool

    /// - Returns: `nil` if none of the keys is for the scheme.
    init?(_ scheme: WebhookScheme, _ settings: WebhookSettings) {
        if let place = scheme.certificate, settings.keys.isEmpty {
            keys = .fetched(CertificatePlan(place))
        } else {
            let held = settings.keys.filter { scheme.forms.contains($0.form) }.map(Key.init)
            guard !held.isEmpty else { return nil }
            keys = .held(held)
        }
        source = scheme.signature
        switch scheme.signature {
        case .field(let names), .list(let names, _):
            (signatureNames, signaturePath) = (names.map(LimitFieldName.init), nil)
        case .pairs(let name, _, _):
            (signatureNames, signaturePath) = ([LimitFieldName(name)], nil)
        case .json(let path): (signatureNames, signaturePath) = ([], JSONPath(path))
        }
        parts = scheme.signed.prefix(SignedPart.partsMax).map { Part($0, settings.naming) }
        timestamp = scheme.timestamp.map { TimestampPlan($0, scheme) }
        id = scheme.id.map { IDPlan($0, scheme) }
        url = WebhookURL(settings.naming.publicURL)
        handshake = scheme.handshake
        writings = parts.contains(where: \.isURL) ? 2 : 1
        textBytes = 256 + (url.configured?.reduce(0) { $0 + $1.count } ?? 0)
        readsBody =
            signaturePath != nil || parts.contains { $0.readsBody }
            || timestamp?.isReadFirst == true
    }

    /// Room that is enough for what is decoded and put together of a request.
    func textBytesMax(headBytes: Int, bodyBytes: Int) -> Int {
        textBytes &+ 2 &* headBytes &+ (readsBody ? bodyBytes : 0)
    }
}

/// Where a delivery names the certificate that it is signed with.
struct CertificatePlan: Sendable {
    let name: LimitFieldName
    let hostSuffix: String

    init(_ place: CertificatePlace) {
        name = LimitFieldName(place.field)
        hostSuffix = place.hostSuffix
    }
}

/// Where a timestamp is looked for.
struct TimestampPlan: Sendable {
    enum Place: Sendable {
        case fields([LimitFieldName])
        case pair([UInt8])
        case json(JSONPath)
    }

    let place: Place
    let unit: TimestampPlace.Unit
    /// Whether it must be known before the signature is looked at, as it is signed by itself.
    let isReadFirst: Bool

    init(_ timestamp: TimestampPlace, _ scheme: WebhookScheme) {
        unit = timestamp.unit
        switch timestamp.place {
        case .field(let names):
            place = .fields(names.map(LimitFieldName.init))
            isReadFirst = true
        case .pair(let name):
            place = .pair(Array(name.utf8))
            isReadFirst = true
        case .json(let path):
            place = .json(JSONPath(path))
            isReadFirst = scheme.signed.contains(.timestamp)
        }
    }
}

/// Where an event's id is looked for.
struct IDPlan: Sendable {
    enum Place: Sendable {
        case fields([LimitFieldName])
        case json([JSONPath])
    }

    let place: Place
    let isSigned: Bool
    /// Whether no signature can be verified without it.
    let isRequired: Bool

    init(_ id: EventIDPlace, _ scheme: WebhookScheme) {
        switch id.place {
        case .field(let names): place = .fields(names.map(LimitFieldName.init))
        case .json(let paths): place = .json(paths.map(JSONPath.init))
        }
        isSigned = id.isSigned
        isRequired = scheme.signed.contains(.id)
    }
}

extension WebhookPlan.Part {
    fileprivate init(_ part: SignedPart, _ naming: WebhookNaming) {
        switch part {
        case .literal(let text): self = .literal(Array(text.utf8))
        case .body: self = .body
        case .timestamp: self = .timestamp
        case .id: self = .id
        case .url: self = .url
        case .registeredURL:
            self = WebhookURL.registered(naming.publicURL).map { .literal($0) } ?? .url
        case .method: self = .method
        case .header(let name): self = .header(LimitFieldName(name))
        case .json(let path): self = .json(JSONPath(path))
        case .webhookID: self = .literal(Array((naming.webhookID ?? "").utf8))
        case .bodyCRC32: self = .bodyCRC32
        case .twilioForm: self = .twilioForm
        }
    }

    /// Whether what it stands for may be decoded out of the body.
    fileprivate var readsBody: Bool {
        switch self {
        case .json, .twilioForm: true
        case .literal, .body, .timestamp, .id, .url, .method, .bodyCRC32, .header: false
        }
    }

    fileprivate var isURL: Bool { if case .url = self { true } else { false } }
}
