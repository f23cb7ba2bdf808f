import Testing

@testable import HTTP

@Suite struct WireErrorTests {
    /// Every case once; the switch makes the compiler ask for a new one.
    private static let all: [WireError] = {
        var cases: [WireError] = []
        var next: WireError? = .bareLineFeed
        while let error = next {
            cases.append(error)
            next = following(error)
        }
        return cases
    }()

    private static func following(_ error: WireError) -> WireError? {
        switch error {
        case .bareLineFeed: .bareCarriageReturn
        case .bareCarriageReturn: .controlCharacter
        case .controlCharacter: .emptyLinesFirst
        case .emptyLinesFirst: .tlsHandshake
        case .tlsHandshake: .requestLineTooLong(limit: 1)
        case .requestLineTooLong: .straySpace
        case .straySpace: .methodNotToken
        case .methodNotToken: .targetMissing
        case .targetMissing: .versionMissing
        case .versionMissing: .versionMalformed
        case .versionMalformed: .versionNotSpoken
        case .versionNotSpoken: .targetCharacter
        case .targetCharacter: .targetForm
        case .targetForm: .authorityForm
        case .authorityForm: .schemeNotSpoken
        case .schemeNotSpoken: .userInformation
        case .userInformation: .statusLineTooLong(limit: 1)
        case .statusLineTooLong: .statusLineMalformed
        case .statusLineMalformed: .fieldsTooLarge(limit: 1)
        case .fieldsTooLarge: .fieldsTooMany(limit: 1)
        case .fieldsTooMany: .spaceBeforeFields
        case .spaceBeforeFields: .foldedLine
        case .foldedLine: .spaceBeforeColon
        case .spaceBeforeColon: .colonMissing
        case .colonMissing: .nameEmpty
        case .nameEmpty: .nameNotToken
        case .nameNotToken: .hostMissing
        case .hostMissing: .hostRepeated
        case .hostRepeated: .hostMalformed
        case .hostMalformed: .bothLengths
        case .bothLengths: .lengthRepeated
        case .lengthRepeated: .lengthNotNumber
        case .lengthNotNumber: .lengthTooLarge
        case .lengthTooLarge: .codingInHTTP10
        case .codingInHTTP10: .codingMalformed
        case .codingMalformed: .chunkedNotLast
        case .chunkedNotLast: .chunkedRepeated
        case .chunkedRepeated: .codingNotKnown
        case .codingNotKnown: .optionsMalformed
        case .optionsMalformed: .optionsTooMany(limit: 1)
        case .optionsTooMany: .expectationNotKnown
        case .expectationNotKnown: .chunkSizeMissing
        case .chunkSizeMissing: .chunkSizeTooLarge
        case .chunkSizeTooLarge: .chunkExtensionMalformed
        case .chunkExtensionMalformed: .chunkExtensionsTooLong(limit: 1)
        case .chunkExtensionsTooLong: .chunkEndMissing
        case .chunkEndMissing: .closedEarly
        case .closedEarly: nil
        }
    }

    @Test func `every error has a token of its own, in small letters`() {
        let tokens = Self.all.map { "\($0.token)" }
        #expect(Set(tokens).count == tokens.count)
        for token in tokens {
            #expect(token.allSatisfy { $0.isLowercase || $0 == "_" || $0.isNumber })
        }
    }

    @Test func `tokens are the names of the cases`() {
        for error in Self.all {
            let name = "\(error)".prefix { $0 != "(" }.lowercased()
            #expect("\(error.token)".filter { $0 != "_" } == name)
        }
    }

    @Test func `every status is one that a gateway answers a bad request with`() {
        for error in Self.all { #expect([400, 414, 417, 431, 501, 505].contains(error.status)) }
    }

    @Test func `what divides readers about boundaries is told from clumsiness`() {
        #expect(WireError.bothLengths.isSmuggling)
        #expect(WireError.bareLineFeed.isSmuggling)
        #expect(WireError.chunkEndMissing.isSmuggling)
        #expect(!WireError.hostMissing.isSmuggling)
        #expect(!WireError.tlsHandshake.isSmuggling)
        #expect(!WireError.closedEarly.isSmuggling)
        #expect(Self.all.filter(\.isSmuggling).count == 20)
    }
}
