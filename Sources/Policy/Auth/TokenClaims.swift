import Bytes

/// What a token must say beside being signed.
struct TokenExpectations: Sendable {
    /// In UTF-8; `nil` for any issuer, or none.
    let issuer: [UInt8]?
    /// In UTF-8; empty if none was named.
    let audiences: [[UInt8]]
}

/// The claims that are used (RFC 7519 §4.1); of the others it only matters that they are JSON.
struct TokenClaims {
    private var expiry: JSONValue?
    private var notBefore: JSONValue?
    private var issuedAt: JSONValue?
    private var issuer: JSONValue?
    private var audience: JSONValue?
    private var subject: JSONValue?

    /// The end of the year 9999: what is later was meant in other units.
    private static let secondsMax: Int64 = 253_402_300_799

    /// - Parameter bytes: The claims, decoded.
    init(_ bytes: borrowing Span<UInt8>) throws(TokenRefusal) {
        do throws(JSONError) {
            guard
                case .object(let object) = try JSONReader.value(
                    of: ByteRange(0, bytes.count), in: bytes)
            else { throw .malformed }
            var members = JSONReader(inside: object)
            while let (name, value) = try members.nextMember(in: bytes) {
                switch TokenName.claims.index(of: name, in: bytes) {
                case 0: try Self.keep(value, as: &expiry)
                case 1: try Self.keep(value, as: &notBefore)
                case 2: try Self.keep(value, as: &issuedAt)
                case 3: try Self.keep(value, as: &issuer)
                case 4: try Self.keep(value, as: &audience)
                case 5: try Self.keep(value, as: &subject)
                default: break
                }
            }
        } catch {
            throw TokenRefusal(.jwtClaims)
        }
    }

    private static func keep(
        _ value: JSONValue, as claim: inout JSONValue?
    ) throws(JSONError) {
        guard claim == nil else { throw .malformed }
        claim = value
    }

    /// Checks all but the time.
    ///
    /// - Parameter text: Gets the subject, if there is one.
    func checked(
        _ expectations: TokenExpectations, in bytes: borrowing Span<UInt8>,
        subject text: inout Buffer
    ) throws(TokenRefusal) -> TokenTimes {
        if let expected = expectations.issuer {
            guard case .text(let issuer) = issuer, issuer.equals(expected.span, in: bytes) else {
                throw TokenRefusal(.jwtIssuer)
            }
        }
        guard isMeant(for: expectations.audiences, in: bytes) else {
            throw TokenRefusal(.jwtAudience)
        }
        let times = TokenTimes(
            expiry: try seconds(expiry, roundsUp: false) ?? .max,
            start: max(
                try seconds(notBefore, roundsUp: true) ?? .min,
                try seconds(issuedAt, roundsUp: true) ?? .min))
        try readSubject(in: bytes, into: &text)
        return times
    }

    /// Whether `aud` names us.
    ///
    /// Without a name of ours no audience may be named (RFC 7519 §4.1.3).
    private func isMeant(for names: [[UInt8]], in bytes: borrowing Span<UInt8>) -> Bool {
        guard let audience else { return names.isEmpty }
        switch audience {
        case .text(let text): return Self.isAny(text, of: names, in: bytes)
        case .array(let array):
            var elements = JSONReader(inside: array)
            var isFound = false
            while let element = try? elements.nextElement(in: bytes) {
                guard case .text(let text) = element else { return false }
                if Self.isAny(text, of: names, in: bytes) { isFound = true }
            }
            return isFound
        default: return false
        }
    }

    private static func isAny(
        _ text: JSONText, of names: [[UInt8]], in bytes: borrowing Span<UInt8>
    ) -> Bool {
        for index in names.indices {
            let name = names[index]
            if text.equals(name.span, in: bytes) { return true }
        }
        return false
    }

    /// A NumericDate (RFC 7519 §2), which may have a fraction.
    ///
    /// - Parameter roundsUp: To the side on which a token holds for a shorter time.
    private func seconds(
        _ claim: JSONValue?, roundsUp: Bool
    ) throws(TokenRefusal) -> Int64? {
        guard let claim else { return nil }
        guard case .number(let number) = claim,
            let seconds = roundsUp ? number.roundedUp : number.roundedDown,
            seconds >= 0, seconds <= Self.secondsMax
        else { throw TokenRefusal(.jwtClaims) }
        return seconds
    }

    /// A subject goes into a field line as it is: printable ASCII, no spaces at its ends.
    private func readSubject(
        in bytes: borrowing Span<UInt8>, into text: inout Buffer
    ) throws(TokenRefusal) {
        guard let subject else { return }
        guard case .text(let subject) = subject else { throw TokenRefusal(.jwtSubject) }
        subject.append(to: &text, in: bytes)
        let count = text.count
        guard !text.hasOverflowed, count > 0, count <= JWTPolicy.subjectBytesMax else {
            throw TokenRefusal(.jwtSubject)
        }
        let isSafe = text.withReadable { (text: borrowing Span<UInt8>) in
            for index in text.indices where text[index] < 0x20 || text[index] > 0x7e {
                return false
            }
            return text[0] != 0x20 && text[count - 1] != 0x20
        }
        guard isSafe else { throw TokenRefusal(.jwtSubject) }
    }
}
