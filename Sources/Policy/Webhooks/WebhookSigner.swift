import Bytes
import Crypto

/// A request of a provider's, to be signed.
package struct WebhookDelivery: Sendable, Equatable {
    package var method: String
    /// Absolute.
    package var url: String
    package var body: [UInt8]
    /// Of the body; `nil` if there is none.
    package var contentType: String?
    /// Seconds since 1970.
    package var timestamp: Int64
    package var id: String

    package init(
        method: String, url: String, body: [UInt8], contentType: String?, timestamp: Int64,
        id: String
    ) {
        self.method = method
        self.url = url
        self.body = body
        self.contentType = contentType
        self.timestamp = timestamp
        self.id = id
    }
}

/// What a provider adds to a request when it signs it.
package struct SignedDelivery: Sendable, Equatable {
    /// As it was, or with what the provider puts into its query.
    package var url: String
    package var headers: [Header]

    /// A field to be added to the request.
    package struct Header: Sendable, Equatable {
        package let name: String
        package let value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }
}

/// Why a request cannot be signed here.
package enum WebhookSignerProblem: Error, Equatable, Sendable {
    /// The provider signs with a key that only it has.
    case privateKey
    /// The signature stands in the body, which is the sender's business.
    case signatureInBody
    /// The body has no such value, or more than one.
    case bodyLacks(path: [String])
    /// A part that is signed cannot be made up: this header.
    case headerUnknown(String)
    case urlUnreadable
    case formUnreadable

    /// For whoever asked.
    package var reason: String {
        switch self {
        case .privateKey: "its signatures are made with a private key that only the provider has"
        case .signatureInBody: "its signatures stand in the body"
        case .bodyLacks(let path): "the body has no \(path.joined(separator: "."))"
        case .headerUnknown(let name): "what \(name) holds is signed, and not known here"
        case .urlUnreadable: "the URL is none"
        case .formUnreadable: "the body is no form, which its type says"
        }
    }
}

/// Signs as providers do, to try out a route by hand.
package enum WebhookSigner {
    /// The fields that the provider would send, by the first of the webhook's keys.
    ///
    /// Allocates: nothing that serves requests calls it.
    package static func sign(
        _ delivery: WebhookDelivery, for settings: WebhookSettings
    ) throws(WebhookSignerProblem) -> SignedDelivery {
        guard let key = settings.keys.first,
            let scheme = settings.scheme.all.first(where: { $0.forms.contains(key.form) })
        else { throw .privateKey }
        return try WebhookSigning(delivery, settings, scheme, key).signed()
    }
}

/// One request on its way to be signed.
private struct WebhookSigning {
    private var delivery: WebhookDelivery
    private let settings: WebhookSettings
    private let scheme: WebhookScheme
    private let key: WebhookKey
    private let timestamp: String
    /// The request's, by which the provider knows it.
    private var knownURL = ""

    init(
        _ delivery: WebhookDelivery, _ settings: WebhookSettings, _ scheme: WebhookScheme,
        _ key: WebhookKey
    ) {
        self.delivery = delivery
        self.settings = settings
        self.scheme = scheme
        self.key = key
        timestamp =
            switch scheme.timestamp?.unit ?? .seconds {
            case .seconds: "\(delivery.timestamp)"
            case .milliseconds: "\(delivery.timestamp.multipliedReportingOverflow(by: 1000).0)"
            case .date: WebhookTimestamp.date(delivery.timestamp)
            }
    }

    func signed() throws(WebhookSignerProblem) -> SignedDelivery {
        var signing = self
        try signing.completeURL()
        let signature = signing.key.form.mark + (try signing.signature())
        var headers: [SignedDelivery.Header] = []
        switch scheme.signature {
        case .json: throw .signatureInBody
        case .field(let names), .list(let names, _):
            headers.append(.init(name: names[0], value: signature))
        case .pairs(let name, let separator, let pairSeparator):
            let (comma, equals) = (text(separator), text(pairSeparator))
            var pairs = key.form.mark + equals + signature.dropFirst(key.form.mark.utf8.count)
            if case .pair(let name)? = scheme.timestamp?.place {
                pairs = name + equals + timestamp + comma + pairs
            }
            headers.append(.init(name: name, value: pairs))
        }
        if case .field(let names)? = scheme.timestamp?.place {
            headers.append(.init(name: names[0], value: timestamp))
        }
        if case .field(let names)? = scheme.id?.place {
            headers.append(.init(name: names[0], value: delivery.id))
        }
        return SignedDelivery(url: signing.delivery.url, headers: headers)
    }

    private func text(_ byte: UInt8) -> String { String(UnicodeScalar(byte)) }

    private func signature() throws(WebhookSignerProblem) -> String {
        switch key.material {
        case .publicKey, .certificate: throw .privateKey
        case .token(let secret): return String(decoding: secret.bytes, as: UTF8.self)
        case .hmac(let hmac):
            var bytes: [UInt8] = []
            for part in scheme.signed { bytes += try self.bytes(of: part) }
            var digester = Digester()
            let code = digester.authenticate(bytes.span, by: hmac)
            var text = Buffer(capacity: 192)
            let digest = code.bytes.span.extracting(0..<code.count)
            switch key.form.encoding {
            case .hex, .text: text.append(hex: digest)
            case .base64: Base64.appendText(of: digest, .standard, to: &text)
            case .base64url: Base64.appendText(of: digest, .url, to: &text)
            }
            return String(decoding: text.copy(), as: UTF8.self)
        }
    }

    private func bytes(of part: SignedPart) throws(WebhookSignerProblem) -> [UInt8] {
        switch part {
        case .literal(let text): return Array(text.utf8)
        case .body: return delivery.body
        case .timestamp:
            guard case .json(let path)? = scheme.timestamp?.place else {
                return Array(timestamp.utf8)
            }
            return try value(at: path)
        case .id:
            guard case .json(let paths)? = scheme.id?.place else { return Array(delivery.id.utf8) }
            return try value(at: paths[0])
        case .url: return Array(knownURL.utf8)
        case .registeredURL:
            return WebhookURL.registered(settings.naming.publicURL) ?? Array(knownURL.utf8)
        case .method: return Array(delivery.method.utf8)
        case .header(let name): throw .headerUnknown(name)
        case .json(let path): return try value(at: path)
        case .webhookID: return Array((settings.naming.webhookID ?? "").utf8)
        case .bodyCRC32: return Array("\(CRC32.checksum(delivery.body.span))".utf8)
        case .twilioForm: return isForm ? try parameters() : []
        }
    }

    private func value(at path: [String]) throws(WebhookSignerProblem) -> [UInt8] {
        let body = delivery.body.span
        var buffer = Buffer(capacity: delivery.body.count + 1)
        switch JSONPath(path).value(in: body, depthMax: WebhookPlan.jsonDepthMax) {
        case .text(let text)?: text.append(to: &buffer, in: body)
        case .number(let number)?: buffer.append(body, number.range)
        default: throw .bodyLacks(path: path)
        }
        return buffer.copy()
    }

    // MARK: Twilio

    private var isForm: Bool {
        delivery.contentType?.lowercased().hasPrefix("application/x-www-form-urlencoded") ?? false
    }

    /// Names and values, sorted, each pair once.
    private func parameters() throws(WebhookSignerProblem) -> [UInt8] {
        let pairs = try delivery.body.split(separator: 0x26).map {
            pair throws(WebhookSignerProblem) in
            let name = pair.prefix { $0 != 0x3d }
            return [try decoded(name), try decoded(pair.dropFirst(name.count + 1))]
        }
        let sorted = pairs.sorted { left, right in
            left[0] == right[0]
                ? left[1].lexicographicallyPrecedes(right[1])
                : left[0].lexicographicallyPrecedes(right[0])
        }
        var last: [[UInt8]] = []
        var bytes: [UInt8] = []
        for pair in sorted where pair != last {
            bytes += pair[0] + pair[1]
            last = pair
        }
        return bytes
    }

    private func decoded(_ text: ArraySlice<UInt8>) throws(WebhookSignerProblem) -> [UInt8] {
        let text = Array(text)
        var buffer = Buffer(capacity: text.count + 1)
        guard FormText.append(ByteRange(0, text.count), of: text.span, to: &buffer) else {
            throw .formUnreadable
        }
        return buffer.copy()
    }

    /// The URL without what is not sent, for Twilio with the digest of a body that is no form; and
    /// the same as the provider knows it.
    private mutating func completeURL() throws(WebhookSignerProblem) {
        guard let start = delivery.url.utf8.firstRange(of: "://".utf8)?.upperBound else {
            throw .urlUnreadable
        }
        var url = String(delivery.url.prefix { $0 != "#" })
        let authority = delivery.url[start...].prefix { !"/?#".contains($0) }
        let target = url[authority.endIndex...]
        guard !authority.isEmpty else { throw .urlUnreadable }
        let host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] }
        let path = target.hasPrefix("/") ? String(target) : "/" + target
        url = url[..<start] + authority + path
        knownURL = url[..<start] + (host ?? authority) + path
        if let known = WebhookURL(settings.naming.publicURL).configured?[0] {
            knownURL = String(decoding: known, as: UTF8.self) + path
        }
        if scheme.signed.contains(.twilioForm), !isForm, !delivery.body.isEmpty,
            !url.contains("bodySHA256=")
        {
            var digester = Digester()
            var digits = Buffer(capacity: 64)
            let digest = digester.digest(of: delivery.body.span, .sha256)
            digits.append(hex: digest.bytes.span.extracting(0..<digest.count))
            let parameter = "bodySHA256=" + String(decoding: digits.copy(), as: UTF8.self)
            url += (url.contains("?") ? "&" : "?") + parameter
            knownURL += (knownURL.contains("?") ? "&" : "?") + parameter
        }
        delivery.url = url
    }
}

extension Buffer {
    /// Appends two digits for each byte, in lower case.
    mutating func append(hex bytes: borrowing Span<UInt8>) {
        for index in bytes.indices {
            if bytes[index] < 16 { append("0") }
            append(hexadecimal: UInt64(bytes[index]))
        }
    }
}
