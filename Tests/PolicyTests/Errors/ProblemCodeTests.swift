import HTTP
import Testing

@testable import Policy

@Suite struct ProblemCodeTests {
    @Test func `codes and statuses are those of the contract`() {
        let contract: [String: UInt16] = [
            "conflict": 409, "unsupported_media_type": 415, "expectation_failed": 417,
            "misdirected_request": 421, "not_implemented": 501, "version_not_supported": 505,
            "bad_request": 400, "unauthorized": 401, "webhook_rejected": 401, "forbidden": 403,
            "not_found": 404, "method_not_allowed": 405, "request_timeout": 408,
            "body_too_large": 413,
            "uri_too_long": 414, "headers_too_large": 431, "rate_limited": 429,
            "upstream_unreachable": 502, "upstream_invalid": 502, "maintenance": 503,
            "overloaded": 503,
            "upstream_timeout": 504, "upstream_error": 500,
        ]
        let codes = ProblemCode.allCases.map { ($0.token.description, $0.status) }
        #expect(Dictionary(uniqueKeysWithValues: codes) == contract)
    }

    @Test(arguments: ProblemCode.allCases)
    func `what is told needs no escape, and each status has its phrase`(_ code: ProblemCode) {
        let title = StatusCode.reason(of: code.status)
        for text in [title.description, code.detail.description, code.token.description] {
            let isPlain = text.utf8.allSatisfy {
                $0 >= 0x20 && $0 < 0x7f && !Array("\"\\<>&'".utf8).contains($0)
            }
            #expect(isPlain && !text.isEmpty)
        }
        #expect(code.detail.description.hasSuffix("."))
    }

    @Test(arguments: RefusalReason.allCases)
    func `a refusal's reason settles its code`(_ reason: RefusalReason) {
        #expect(Refusal(reason, allow: []).code == reason.code)
        #expect(
            [400, 401, 403, 404, 405, 413, 414, 415, 421, 429, 503].contains(reason.code.status))
    }
}
