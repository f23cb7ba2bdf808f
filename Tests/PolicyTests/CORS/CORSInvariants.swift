import Bytes
import HTTP

@testable import Policy

/// What holds for any request under any CORS policy; the fuzzer and the corpus's test ask it.
///
/// The first byte chooses origins, the second the rest of a policy; a line is a further origin
/// (`e`, or `b` for those below it), the request's method (`M`) and host (`H`), one of its fields,
/// or one that the app answers with (`a`).
enum CORSInvariants {
    /// - Returns: What does not hold; `nil` if all does.
    static func check(_ input: [UInt8]) -> String? {
        guard let parts = FuzzedLines(input, choiceCount: 2) else { return nil }
        let rules = rules(parts)
        let policy = CORSPolicy(rules, index: 0)
        let (sent, request) = request(parts)
        return sent.read { head, bytes in
            let identity = ClientIdentity(
                client: nil, isTrustedPeer: false, isSecure: request.isSecure)
            let judgement = policy.judge(head, in: bytes, identity)
            let expected = CORSModel(rules: rules).standing(of: request)
            guard judgement.verdict.standing == expected else {
                return "\(judgement.verdict.standing) where the standard says \(expected)"
            }
            if let fault = checkAction(judgement, rules) { return fault }
            let stamp = ResponseStamp(
                SecurityHeaderSettings(.none), cors: policy,
                edits: .none)
            let verdict = judgement.verdict
            for lines in [own(stamp, verdict, bytes), proxied(stamp, verdict, bytes, parts)] {
                guard let lines else { continue }
                if let fault = checkLines(lines, expected, rules, request) { return fault }
            }
            return nil
        }
    }

    private static func checkAction(_ judgement: CORSJudgement, _ rules: CORSRules) -> String? {
        switch (judgement.verdict.standing, judgement.action) {
        case (.none, nil), (.own, nil), (.allowed, nil), (.preflight, .grantPreflight): nil
        case (.preflightRefused, .refuse): nil
        case (.foreign, nil) where !rules.enforcesOrigin: nil
        case (.foreign, .refuse) where rules.enforcesOrigin: nil
        default: "\(judgement.verdict.standing) is followed by something else"
        }
    }

    private static func checkLines(
        _ lines: [[UInt8]], _ standing: CORSStanding, _ rules: CORSRules,
        _ request: CORSModel.Request
    ) -> String? {
        guard lines.allSatisfy({ line in line.allSatisfy { $0 != 0x0d && $0 != 0x0a && $0 != 0 } })
        else { return "a line end got into a field" }
        let name = SlowBytes.of("access-control-allow-origin:")
        let answers = lines.filter { SlowBytes.lowered($0).starts(with: name) }.count
        // Where all origins are allowed, all are told so.
        let isTold =
            rules.origins == [.any]
            ? standing != .preflightRefused
            : standing == .allowed || standing == .preflight
        guard answers == (isTold ? 1 : 0) else { return "\(answers) lines for \(standing)" }
        guard request.origins.count == 1 else { return nil }
        let browser = BrowserModel(lines)
        let isAllowed = standing == .allowed || standing == .preflight
        let credentials = rules.allowsCredentials
        guard browser.lets(origin: request.origins[0], withCredentials: false) == isTold,
            browser.lets(origin: request.origins[0], withCredentials: true)
                == (isAllowed && credentials)
        else { return "a browser takes \(standing) for something else" }
        if standing == .preflight {
            let names = CORSModel.names(request.announcedHeaders)
            let isGranted = browser.grants(
                method: request.announcedMethods[0], headers: names, withCredentials: credentials)
            return isGranted ? nil : "a browser does not take what was granted"
        }
        return nil
    }
}

// MARK: - Made of the input

extension CORSInvariants {
    private static let nameBytes = Set(SlowBytes.of("abcdefghijklmnopqrstuvwxyz0123456789-_.:[]"))

    /// A policy as a configuration can have it.
    private static func rules(_ parts: FuzzedLines) -> CORSRules {
        let listed: [AllowedOrigin] = [
            .any, .null, .exact("https://app.test"), .exact("http://localhost:3000"),
            .exact("capacitor://localhost"), .below(scheme: "https", suffix: ".test.example"),
            .below(scheme: "http", suffix: ".b.test:8443"),
        ]
        var origins = listed.enumerated().filter { parts.chooses(0, 1 << UInt8($0.offset)) }
            .map(\.element)
        for text in parts.texts("e").prefix(8) {
            let name = String(decoding: text.prefix(280).filter(nameBytes.contains), as: UTF8.self)
            origins.append(.exact("https://\(name)"))
        }
        for text in parts.texts("b").prefix(8) {
            let name = String(decoding: text.prefix(250).filter(nameBytes.contains), as: UTF8.self)
            origins.append(.below(scheme: "https", suffix: ".\(name)"))
        }
        if origins.contains(.any) { origins = [.any] }
        let mayCarry = !origins.contains(.any) && !origins.contains(.null)
        let credentials = mayCarry && parts.chooses(1, 1)
        func list(_ star: UInt8, _ bit: UInt8, _ names: [String]) -> [String] {
            (parts.chooses(1, star) && !credentials ? ["*"] : [])
                + (parts.chooses(1, bit) ? names : [])
        }
        return CORSRules(
            name: "fuzzed", origins: origins, methods: list(4, 8, ["PUT", "patch", "BREW", "GET"]),
            headers: list(16, 32, ["Authorization", "Content-Type", "X-Custom_1"]),
            exposed: list(128, 128, ["ETag", "x-request-id"]), allowsCredentials: credentials,
            maxAge: 600, enforcesOrigin: parts.chooses(1, 2) && origins != [.any])
    }

    /// The request twice: as the policy is given it, and as the model sees it.
    private static func request(_ parts: FuzzedLines) -> (SentRequest, CORSModel.Request) {
        var sent = SentRequest("GET", "/", host: "here.test")
        var seen = CORSModel.Request(
            isSecure: parts.chooses(1, 64), authority: Array("here.test".utf8))
        for (letter, text) in parts.lines {
            let value = String(decoding: text, as: UTF8.self)
            // As bytes again, in which nothing is broken.
            let bytes = SlowBytes.of(value)
            switch letter {
            case "M": sent.method = value
            case "H":
                sent.host = value
                seen.authority = bytes
            case "o":
                sent = sent.with("Origin", value)
                seen.origins.append(bytes)
            case "m":
                sent = sent.with("access-control-request-method", value)
                seen.announcedMethods.append(bytes)
            case "h":
                sent = sent.with("Access-Control-Request-Headers", value)
                seen.announcedHeaders.append(bytes)
            case "s":
                sent = sent.with("Sec-Fetch-Site", value)
                seen.fetchSites.append(bytes)
            // Nobody's word.
            case "_": sent = sent.with("Access_Control_Request_Method", value)
            case ".": sent = sent.with("Access-Control-Request.Headers", value)
            default: break
            }
        }
        seen.isOptions = sent.method == "OPTIONS"
        return (sent, seen)
    }
}

// MARK: - Written into responses

extension CORSInvariants {
    /// The lines of an answer of the gateway itself.
    private static func own(
        _ stamp: ResponseStamp, _ verdict: CORSVerdict, _ bytes: borrowing Span<UInt8>
    ) -> [[UInt8]] {
        var buffer = Buffer(capacity: 16_384)
        stamp.append(
            for: subject(verdict), as: .uncached, in: bytes, to: &buffer)
        return SlowBytes.lines(buffer.copy())
    }

    /// The lines of an app's response as they go on; `nil` if it cannot be read.
    private static func proxied(
        _ stamp: ResponseStamp, _ verdict: CORSVerdict, _ bytes: borrowing Span<UInt8>,
        _ parts: FuzzedLines
    ) -> [[UInt8]]? {
        var response = SlowBytes.of(
            "HTTP/1.1 200 OK\r\nAccess-Control-Allow-Origin: https://x.test\r\n")
        for line in parts.texts("a").prefix(8) {
            response += SlowBytes.of("access-control-") + line + [0x0d, 0x0a]
        }
        response += [0x0d, 0x0a]
        var head = ResponseHead()
        var reader = ResponseReader()
        let limits = HeadLimits(startLineBytesMax: 8192, fieldBytesMax: 8192, fieldCountMax: 100)
        do {
            let state = try reader.read(response.span, to: .get, limits: limits, into: &head)
            guard case .complete = state else { return nil }
        } catch {
            return nil
        }
        var buffer = Buffer(capacity: 32_768)
        stamp.append(
            head, of: response.span, except: [.xRequestID], for: subject(verdict), in: bytes,
            to: &buffer)
        return SlowBytes.lines(buffer.copy())
    }

    private static func subject(_ verdict: CORSVerdict) -> StampSubject {
        StampSubject(cors: verdict, isSecure: true, requestID: .empty)
    }
}
