import Policy

/// The keys of a webhook that describe how its provider signs, where that is not known here.
struct GenericWebhookKeys {
    static let header = Key(
        optional: "header", Kind<String>.fieldName, example: "X-Signature",
        "For generic: the field with the signature, or with the token"
    ).commentedOut()
    static let algorithm = Key(
        optional: "algorithm", Kind.words(SignatureForm.Algorithm.named), example: "hmac-sha256",
        "For generic: how signatures are made; token for a secret that is sent as it is"
    ).commentedOut()
    static let encoding = Key(
        optional: "encoding", Kind.words(encodings), unset: "`hex`", example: "hex",
        "For generic: how signatures are written"
    ).commentedOut()
    static let prefix = Key(
        optional: "prefix", mark.located, unset: "nothing", example: "\"sha256=\"",
        "For generic: what stands before each signature, such as sha256=; with pair_separator the "
            + "name of the pairs that are signatures, such as v1"
    ).commentedOut()
    static let listSeparator = Key(
        optional: "list_separator", separator.located, unset: "one signature; `,` with pairs",
        example: "\",\"", "For generic: what stands between the signatures, or pairs, of the field"
    ).commentedOut()
    static let pairSeparator = Key(
        optional: "pair_separator", separator.located, unset: "no pairs", example: "\"=\"",
        "For generic: what stands between name and value, for fields such as t=1,v1=ab"
    ).commentedOut()
    static let signed = Key(
        optional: "signed", Kind.text("a template such as {ts}.{body}").located,
        unset: "`{body}`", example: "\"{ts}.{body}\"",
        "For generic: what is signed, with {body}, {ts}, {id}, {url}, {method}, {header:NAME} and "
            + "{json:a.b} in it"
    ).commentedOut()
    static let timestampHeader = Key(
        optional: "timestamp_header", Kind<String>.fieldName, unset: "none",
        example: "X-Timestamp", "For generic: the field that says when it was signed"
    ).commentedOut()
    static let timestampPair = Key(
        optional: "timestamp_pair", mark, unset: "none", example: "t",
        "For generic: the pair that says it instead, by its name"
    ).commentedOut()
    static let timestampUnit = Key(
        optional: "timestamp_unit", Kind.words(units), unset: "`s`", example: "s",
        "For generic: seconds or milliseconds since 1970, or a date as in RFC 3339"
    ).commentedOut()
    static let id = Key(
        optional: "id", WebhookIDText.kind.located, unset: "none", example: "\"json:event.id\"",
        "For generic: what tells one event from all others: header:NAME, or json:a.b in the body"
    ).commentedOut()
    static let keyEncoding = Key(
        optional: "key_encoding", Kind<KeyEncoding>.cases().located,
        unset: "the text itself; PEM for public keys", example: "text",
        "For generic: how the secrets are written; hex and base64 also for Ed25519's public keys"
    ).commentedOut()

    static let descriptions = [
        header.description, algorithm.description, encoding.description, prefix.description,
        listSeparator.description, pairSeparator.description, signed.description,
        timestampHeader.description, timestampPair.description, timestampUnit.description,
        id.description, keyEncoding.description,
    ]

    /// `key_encoding`.
    enum KeyEncoding: String, CaseIterable, Sendable { case text, hex, base64 }

    /// Between pairs, where the file does not say.
    static let pairsSeparator = UInt8(ascii: ",")
    /// Seconds, where a timestamp is and the file does not say.
    static let tolerance: Int64 = 300
    /// A day: how long generic's senders try again is not known.
    static let secondsKept: Int64 = 86_400

    private static let encodings: [(String, SignatureForm.Encoding)] = [
        ("hex", .hex), ("base64", .base64), ("base64url", .base64url),
    ]
    private static let units: [(String, TimestampPlace.Unit)] = [
        ("s", .seconds), ("ms", .milliseconds), ("date", .date),
    ]

    private static let mark = Kind<String>.text("up to 64 visible characters of ASCII") {
        text throws(Objection) in
        guard !text.isEmpty, text.utf8.count <= 64, text.utf8.allSatisfy({ 0x20...0x7e ~= $0 })
        else { throw Objection("is not up to 64 visible characters of ASCII") }
    }

    /// Neither a letter nor a digit: those are in names and signatures.
    private static let separator = Kind<UInt8>(
        .text(expected: "one character that is no letter and no digit", pattern: nil),
        format: { "\"\(Character(UnicodeScalar($0)))\"" },
        parse: { text throws(Objection) in
            guard text.utf8.count == 1, let byte = text.utf8.first, 0x20...0x7e ~= byte,
                !Character(UnicodeScalar(byte)).isLetter, !isDigit(byte)
            else { throw Objection("is not one character of ASCII, no letter and no digit") }
            return byte
        })

    // MARK: Reading

    let fields: Fields
    let header: String?
    let marks: Marks
    let algorithm: SignatureForm.Algorithm?
    let encoding: SignatureForm.Encoding?
    let keyEncoding: Located<KeyEncoding>?
    let signed: Located<String>?
    let timestamp: Timestamp
    let id: Located<EventIDPlace.Place>?

    /// How signatures stand in the field.
    struct Marks {
        let prefix: Located<String>?
        let list: Located<UInt8>?
        let pair: Located<UInt8>?
    }

    /// Where the timestamp stands, and what it is.
    struct Timestamp {
        let header: String?
        let pair: String?
        let unit: TimestampPlace.Unit?
    }

    /// Reads every key, be it of use or not.
    init(_ fields: Fields) {
        self.fields = fields
        header = fields[Self.header]
        algorithm = fields[Self.algorithm]
        encoding = fields[Self.encoding]
        marks = Marks(
            prefix: fields[Self.prefix], list: fields[Self.listSeparator],
            pair: fields[Self.pairSeparator])
        signed = fields[Self.signed]
        timestamp = Timestamp(
            header: fields[Self.timestampHeader], pair: fields[Self.timestampPair],
            unit: fields[Self.timestampUnit])
        id = fields[Self.id]
        keyEncoding = fields[Self.keyEncoding]
    }
}
