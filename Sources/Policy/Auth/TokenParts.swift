import Bytes

/// Where the three parts of a compact token stand (RFC 7515 §7.1).
struct TokenParts {
    let header: ByteRange
    let claims: ByteRange
    let signature: ByteRange

    /// - Returns: `nil` unless there are three, none of them empty: two points, no more.
    init?(_ token: borrowing Span<UInt8>) {
        var points = (first: -1, second: -1)
        for index in token.indices where token[index] == 0x2e {
            if points.first < 0 {
                points.first = index
            } else if points.second < 0 {
                points.second = index
            } else {
                return nil
            }
        }
        guard points.first > 0, points.second > points.first &+ 1,
            points.second &+ 1 < token.count
        else { return nil }
        header = ByteRange(0, points.first)
        claims = ByteRange(points.first &+ 1, points.second)
        signature = ByteRange(points.second &+ 1, token.count)
    }
}

/// What is read of a token's header (RFC 7515 §4.1).
struct TokenHeader {
    let algorithm: JSONText
    let keyID: JSONText?

    /// More members than any header has.
    private static let memberCountMax = 16

    /// - Parameter bytes: The header, decoded.
    init(_ bytes: borrowing Span<UInt8>) throws(TokenRefusal) {
        var algorithm: JSONText?
        var keyID: JSONText?
        var isCritical = false
        do throws(JSONError) {
            guard
                case .object(let object) = try JSONReader.value(
                    of: ByteRange(0, bytes.count), in: bytes)
            else { throw .malformed }
            let none = JSONText(range: .empty, hasEscapes: false)
            var names = InlineArray<16, JSONText>(repeating: none)
            var count = 0
            var members = JSONReader(inside: object)
            while let (name, value) = try members.nextMember(in: bytes) {
                guard count < Self.memberCountMax else { throw .malformed }
                // RFC 7515 §4: names are unique. Whoever reads the other one sees another token.
                for index in 0..<count where names[index].equals(name, in: bytes) {
                    throw .malformed
                }
                names[count] = name
                count += 1
                switch TokenName.header.index(of: name, in: bytes) {
                case 0: algorithm = try Self.text(value)
                case 1: keyID = try Self.text(value)
                case 2: isCritical = true
                default: break
                }
            }
        } catch {
            throw TokenRefusal(.jwtMalformed)
        }
        guard !isCritical else { throw TokenRefusal(.jwtCritical) }
        guard let algorithm else { throw TokenRefusal(.jwtAlgorithm) }
        self.algorithm = algorithm
        self.keyID = keyID
    }

    private static func text(_ value: JSONValue) throws(JSONError) -> JSONText {
        guard case .text(let text) = value else { throw .malformed }
        return text
    }
}

/// Names of members, to be found by what a text stands for.
struct TokenName {
    /// `alg`, `kid`, `crit`.
    static let header = TokenName(["alg", "kid", "crit"])
    /// `exp`, `nbf`, `iat`, `iss`, `aud`, `sub`.
    static let claims = TokenName(["exp", "nbf", "iat", "iss", "aud", "sub"])

    private let names: [[UInt8]]

    private init(_ names: [String]) { self.names = names.map { Array($0.utf8) } }

    /// - Returns: The name's place in the list; `nil` for any other.
    func index(of text: JSONText, in bytes: borrowing Span<UInt8>) -> Int? {
        for index in names.indices {
            let name = names[index]
            if text.equals(name.span, in: bytes) { return index }
        }
        return nil
    }
}
