/// What is wrong with a message.
///
/// Every case names a fact; each ends the connection it was read from.
///
/// A request's fault is answered with ``status``, a response's with 502.
package enum WireError: Error, Equatable, Sendable {
    // MARK: Lines (RFC 9112 §2.2)

    /// A line ends with LF alone.
    case bareLineFeed
    /// CR without LF.
    case bareCarriageReturn
    /// NUL or another control character but HTAB.
    case controlCharacter
    /// A second empty line before the request line.
    case emptyLinesFirst

    // MARK: Request line (RFC 9112 §3)

    /// A TLS record of the handshake (RFC 8446 §5.1): https was spoken where http is.
    case tlsHandshake
    case requestLineTooLong(limit: Int)
    /// More than one space between the parts, a space within one, before or behind them, or HTAB.
    case straySpace
    /// An empty method or one that is no token.
    case methodNotToken
    case targetMissing
    /// `GET /path` and no more, as HTTP/0.9 had it.
    case versionMissing
    case versionMalformed
    /// `HTTP/` and two digits, but neither 1.1 nor 1.0.
    case versionNotSpoken
    /// A target with bytes outside printable ASCII, or with a fragment.
    case targetCharacter
    /// A target of none of the four forms, or of one that this method does not go with (§3.2).
    case targetForm
    /// `CONNECT host:port`: no tunnels here.
    case authorityForm
    /// An absolute target with another scheme than http and https.
    case schemeNotSpoken
    /// `user@host` (RFC 9110 §4.2.4).
    case userInformation

    // MARK: Status line (RFC 9112 §4)

    case statusLineTooLong(limit: Int)
    case statusLineMalformed

    // MARK: Field lines (RFC 9112 §5, RFC 9110 §5)

    case fieldsTooLarge(limit: Int)
    case fieldsTooMany(limit: Int)
    /// White space before the first field (§2.2).
    case spaceBeforeFields
    /// A line that goes on in the next (§5.2).
    case foldedLine
    /// `Name : value` (§5.1).
    case spaceBeforeColon
    case colonMissing
    case nameEmpty
    case nameNotToken

    // MARK: Host (RFC 9112 §3.2, RFC 9110 §7.2)

    case hostMissing
    case hostRepeated
    /// Empty, or no name, IPv4 address or IPv6 literal with an optional port.
    case hostMalformed

    // MARK: Framing (RFC 9112 §6)

    /// `Content-Length` and `Transfer-Encoding`, of which two readers may take different ones
    /// (§6.3).
    case bothLengths
    /// `Content-Length` twice, or a list; refused even if the values are alike.
    case lengthRepeated
    case lengthNotNumber
    /// 2⁶³ or more.
    case lengthTooLarge
    /// `Transfer-Encoding` in HTTP/1.0 (§6.1).
    case codingInHTTP10
    case codingMalformed
    /// Another coding than `chunked` is last, so that the end cannot be told (§6.3).
    case chunkedNotLast
    case chunkedRepeated
    /// A coding besides `chunked` (§6.1).
    case codingNotKnown

    // MARK: Connection, Upgrade, Expect (RFC 9110 §7.6.1, §7.8, §10.1.1)

    /// `Connection` or `Upgrade` is no list of tokens.
    case optionsMalformed
    case optionsTooMany(limit: Int)
    /// Anything but `100-continue`.
    case expectationNotKnown

    // MARK: Body (RFC 9112 §7, §8)

    /// No hexadecimal digit where a chunk's size belongs.
    case chunkSizeMissing
    /// More than sixteen digits, or 2⁶³ and more.
    case chunkSizeTooLarge
    case chunkExtensionMalformed
    case chunkExtensionsTooLong(limit: Int)
    /// Something else than CR LF behind a chunk's data.
    case chunkEndMissing
    /// The connection ended within a message.
    case closedEarly
}

extension WireError {
    /// The status that a client gets (RFC 9110 §15.5, §15.6; RFC 6585 §5 for 431).
    package var status: UInt16 {
        switch self {
        case .requestLineTooLong: 414
        case .fieldsTooLarge, .fieldsTooMany: 431
        case .expectationNotKnown: 417
        case .authorityForm, .codingNotKnown: 501
        case .versionNotSpoken: 505
        case .tlsHandshake, .bareLineFeed, .bareCarriageReturn, .controlCharacter, .emptyLinesFirst,
            .straySpace,
            .methodNotToken, .targetMissing, .versionMissing, .versionMalformed,
            .targetCharacter, .targetForm, .schemeNotSpoken, .userInformation,
            .statusLineTooLong, .statusLineMalformed, .spaceBeforeFields, .foldedLine,
            .spaceBeforeColon, .colonMissing, .nameEmpty, .nameNotToken, .hostMissing,
            .hostRepeated, .hostMalformed, .bothLengths, .lengthRepeated, .lengthNotNumber,
            .lengthTooLarge, .codingInHTTP10, .codingMalformed, .chunkedNotLast,
            .chunkedRepeated, .optionsMalformed, .optionsTooMany, .chunkSizeMissing,
            .chunkSizeTooLarge, .chunkExtensionMalformed, .chunkExtensionsTooLong,
            .chunkEndMissing, .closedEarly:
            400
        }
    }

    /// Whether a message like this is how one request is hidden in another: what readers that are
    /// less strict take for different boundaries.
    ///
    /// Clients in good faith do not send it.
    package var isSmuggling: Bool {
        switch self {
        case .bareLineFeed, .bareCarriageReturn, .controlCharacter, .spaceBeforeFields,
            .foldedLine, .spaceBeforeColon, .hostRepeated, .bothLengths, .lengthRepeated,
            .lengthNotNumber, .lengthTooLarge, .codingInHTTP10, .codingMalformed,
            .chunkedNotLast, .chunkedRepeated, .codingNotKnown, .chunkSizeMissing,
            .chunkSizeTooLarge, .chunkExtensionMalformed, .chunkEndMissing:
            true
        case .tlsHandshake, .emptyLinesFirst, .requestLineTooLong, .straySpace, .methodNotToken,
            .targetMissing,
            .versionMissing, .versionMalformed, .versionNotSpoken, .targetCharacter,
            .targetForm, .authorityForm, .schemeNotSpoken, .userInformation,
            .statusLineTooLong, .statusLineMalformed, .fieldsTooLarge, .fieldsTooMany,
            .colonMissing, .nameEmpty, .nameNotToken, .hostMissing, .hostMalformed,
            .optionsMalformed, .optionsTooMany, .expectationNotKnown, .chunkExtensionsTooLong,
            .closedEarly:
            false
        }
    }
}
