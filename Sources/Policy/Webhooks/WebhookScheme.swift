package import Crypto

/// How one provider signs what it delivers: all that a verifier is compiled out of.
///
/// The providers' own are entries of ``WebhookProvider/table``; `generic` is written in the
/// configuration.
package struct WebhookScheme: Sendable, Equatable {
    /// How signatures are made, and how each is marked; the first that fits a secret is its own.
    package var forms: [SignatureForm]
    /// Where the signatures stand.
    package var signature: SignaturePlace
    /// What is signed, one part behind the other.
    package var signed: [SignedPart]
    /// When it was signed; `nil` where nobody says.
    package var timestamp: TimestampPlace?
    /// What tells one event from all others; `nil` where nothing does.
    package var id: EventIDPlace?
    /// Where a delivery names the certificate that it is signed with; `nil` for all other schemes.
    package var certificate: CertificatePlace?
    /// What is answered here instead of being delivered.
    package var handshake: WebhookHandshake?
    /// Other ways in which the same provider signs, each for secrets of its own forms.
    package var alternatives: [WebhookScheme] = []

    package init(forms: [SignatureForm], signature: SignaturePlace, signed: [SignedPart]) {
        self.forms = forms
        self.signature = signature
        self.signed = signed
    }
}

extension WebhookScheme {
    /// It and its ``alternatives``.
    var all: [WebhookScheme] { [self] + alternatives }

    /// Whether ``WebhookNaming/publicURL`` is of use to it.
    package var signsURL: Bool {
        all.contains { $0.signed.contains(.url) || $0.signed.contains(.registeredURL) }
    }

    /// Whether ``WebhookNaming/webhookID`` is.
    package var signsWebhookID: Bool { all.contains { $0.signed.contains(.webhookID) } }
}

/// One way in which a provider makes signatures.
package struct SignatureForm: Sendable, Equatable {
    /// By which a signature is made of a message and a key.
    package enum Algorithm: Sendable, Equatable {
        case hmac(DigestAlgorithm)
        case ed25519
        /// On P-256 with SHA-256, the signature in DER.
        case ecdsaP256
        /// RSASSA-PKCS1-v1_5 with SHA-256.
        case rsaSHA256
        /// The secret itself is sent.
        case token
    }

    /// How a signature's bytes are written.
    package enum Encoding: String, Sendable, CaseIterable {
        case hex, base64, base64url
        /// As it is: tokens.
        case text
    }

    package var algorithm: Algorithm
    package var encoding: Encoding
    /// How a secret's text is a key.
    package var keyForm: WebhookKeyForm
    /// What stands before each signature, such as `sha256=` or `v1,`; among pairs the name.
    package var mark: String

    package init(
        _ algorithm: Algorithm, _ encoding: Encoding, _ keyForm: WebhookKeyForm, mark: String = ""
    ) {
        self.algorithm = algorithm
        self.encoding = encoding
        self.keyForm = keyForm
        self.mark = mark
    }
}

/// How the text of a secret is a key.
package enum WebhookKeyForm: Sendable, Equatable {
    /// The bytes of the text.
    case text
    case hex
    /// With or without padding, behind this prefix, which may be left out if it is not empty.
    case base64(prefix: String)
    /// The same behind this prefix, which may not be left out.
    case markedBase64(prefix: String)
    /// An Ed25519 public key, 32 bytes, in hexadecimal.
    case ed25519Hex
    /// The same in base64 behind this prefix, which may not be left out.
    case ed25519Base64(prefix: String)
    /// A SubjectPublicKeyInfo: PEM, or its DER in base64.
    case publicKey
    /// An X.509 certificate in PEM, whose key it is.
    case certificate
}

/// Where signatures stand in a request.
package enum SignaturePlace: Sendable, Equatable {
    /// The only content of a field; a second field of the name is refused.
    ///
    /// Of several names the first counts that the request has; other parts that stand in fields
    /// have as many names, and that of the same place is theirs.
    case field([String])
    /// Several in a field, apart by this character.
    case list([String], separator: UInt8)
    /// Pairs of names and values in a field, as `t=1,v1=ab`; unknown names are passed over.
    case pairs(String, separator: UInt8, pairSeparator: UInt8)
    /// A text in the body's JSON.
    case json([String])
}

/// A part of what is signed.
package enum SignedPart: Sendable, Equatable {
    case literal(String)
    /// As it came.
    case body
    /// As it was sent, whatever it means.
    case timestamp
    case id
    /// The URL that the sender knows, as ``WebhookSettings/publicURL`` says.
    case url
    /// The URL that the provider was given: ``WebhookNaming/publicURL`` as it is if it has a path,
    /// ``url`` otherwise.
    case registeredURL
    case method
    /// The value of the only field of this name.
    case header(String)
    /// A text or a number in the body's JSON.
    case json([String])
    /// ``WebhookSettings/webhookID``.
    case webhookID
    /// The CRC-32 of the body (ITU-T V.42), in decimal.
    case bodyCRC32
    /// What Twilio signs behind the URL: see `TwilioForm`.
    case twilioForm
}

/// Where a delivery says when it was signed.
package struct TimestampPlace: Sendable, Equatable {
    /// Which part of the delivery says it.
    package enum Place: Sendable, Equatable {
        /// Names as ``SignaturePlace/field(_:)`` has them.
        case field([String])
        /// The value of this name among the signature's pairs.
        case pair(String)
        case json([String])
    }

    /// What its number counts since 1970, or that it is none.
    package enum Unit: Sendable, Equatable {
        case seconds, milliseconds
        /// RFC 3339.
        case date
    }

    package var place: Place
    package var unit: Unit

    package init(_ place: Place, _ unit: Unit = .seconds) {
        self.place = place
        self.unit = unit
    }
}

/// Where a delivery names the certificate that it is signed with, by URL.
package struct CertificatePlace: Sendable, Equatable {
    /// The name of a field.
    package var field: String
    /// Of all hosts that the URL may name, such as `.paypal.com`.
    package var hostSuffix: String
}

/// What tells one event from all others.
package struct EventIDPlace: Sendable, Equatable {
    /// Which part of the delivery says it.
    package enum Place: Sendable, Equatable {
        /// Names as ``SignaturePlace/field(_:)`` has them.
        case field([String])
        /// The first of these paths that the body's JSON has.
        case json([[String]])
    }

    package var place: Place
    /// Whether the signature covers it; a replay is known by it then, and by a digest of what was
    /// signed otherwise.
    package var isSigned: Bool

    package init(_ place: Place, isSigned: Bool) {
        self.place = place
        self.isSigned = isSigned
    }
}

/// A verified request that only asks whether somebody is there.
package enum WebhookHandshake: Sendable, Equatable {
    /// `url_verification`: its `challenge` is the answer.
    case slack
    /// `endpoint.url_validation`: its `plainToken` and the token's HMAC are.
    case zoom
    /// An interaction of type 1: one of type 1 is.
    case discord
}
