import Bytes
import HTTP
import Testing

@testable import Policy

@Suite struct ResponseStampTests {
    private static let id = "the-id"

    /// The lines that leave for an app's response with these fields.
    private static func stamped(
        _ stamp: ResponseStamp, _ fields: [(String, String)], _ verdict: CORSVerdict = .none,
        text: String = "", isSecure: Bool = false
    ) -> [String] {
        let journal = Array((id + text).utf8)
        let subject = StampSubject(
            cors: verdict, isSecure: isSecure, requestID: ByteRange(0, id.utf8.count))
        var bytes = Array("HTTP/1.1 200 OK\r\n".utf8)
        for (name, value) in fields { bytes += Array("\(name): \(value)\r\n".utf8) }
        bytes += [13, 10]
        var head = ResponseHead()
        var reader = ResponseReader()
        let limits = HeadLimits(startLineBytesMax: 8192, fieldBytesMax: 32_768, fieldCountMax: 100)
        #expect(throws: Never.self) {
            _ = try reader.read(bytes.span, to: .get, limits: limits, into: &head)
        }
        let output = appended {
            stamp.append(
                head, of: bytes.span, except: [.xRequestID], for: subject, in: journal.span, to: &$0
            )
        }
        #expect(output.utf8.count <= bytes.count + stamp.bytesMax)
        return output.split(separator: "\r\n").map(String.init)
    }

    private static func own(
        _ stamp: ResponseStamp, _ verdict: CORSVerdict = .none, as kind: AnswerKind = .bare
    ) -> [String] {
        let journal = Array(id.utf8)
        let subject = StampSubject(
            cors: verdict, isSecure: true, requestID: ByteRange(0, journal.count))
        return appended {
            stamp.append(for: subject, as: kind, in: journal.span, to: &$0)
        }.split(separator: "\r\n").map(String.init)
    }

    private static let none = SecurityHeaderSettings(.none)
    private static var policy: CORSPolicy { CORSPolicyTests.policy() }

    @Test(
        arguments: [
            ([], ["Vary: Origin"]),
            ([("Vary", "Accept-Encoding")], ["Vary: Accept-Encoding, Origin"]),
            ([("Vary", "origin")], ["Vary: origin"]),
            ([("vary", "Accept, ORIGIN ,Cookie")], ["Vary: Accept, ORIGIN ,Cookie"]),
            ([("Vary", "*")], ["Vary: *"]), ([("Vary", "")], ["Vary: Origin"]),
            ([("Vary", "A"), ("Vary", ""), ("Vary", "B, C")], ["Vary: A, B, C, Origin"]),
            ([("Vary", "Origin"), ("Vary", "A")], ["Vary: Origin, A"]),
            ([("Vary", "X-Origin, Origins")], ["Vary: X-Origin, Origins, Origin"]),
        ] as [([(String, String)], [String])])
    func `Vary says Origin once, beside what the app says`(
        _ fields: [(String, String)], _ expected: [String]
    ) {
        let stamp = ResponseStamp(Self.none, cors: Self.policy, edits: .none)
        let lines = Self.stamped(stamp, fields)
        #expect(lines.filter { $0.lowercased().hasPrefix("vary:") } == expected)
        #expect(lines.last == "X-Request-ID: the-id")
    }

    @Test func `without a policy, and where all origins are alike, Vary is the app's`() {
        let any = CORSPolicyTests.policy {
            $0.origins = [.any]
            $0.allowsCredentials = false
        }
        for cors in [nil, any] {
            let stamp = ResponseStamp(Self.none, cors: cors, edits: .none)
            let lines = Self.stamped(stamp, [("Vary", "A"), ("vary", "B")])
            #expect(lines.filter { $0.lowercased().hasPrefix("vary") } == ["Vary: A", "vary: B"])
            #expect(!Self.own(stamp).contains { $0.hasPrefix("Vary") })
        }
    }

    @Test func `what an app says of CORS is dropped where a policy speaks, and kept elsewhere`() {
        let said = [
            "Access-Control-Allow-Origin", "access-control-allow-credentials",
            "Access-Control-Expose-Headers", "Access-Control-Allow-Methods",
            "ACCESS-CONTROL-ALLOW-HEADERS", "Access-Control-Max-Age",
            "Access-Control-Allow-Private-Network", "Access_Control_Allow_Methods",
        ].map { ($0, "*") }
        #expect(
            Self.stamped(ResponseStamp(Self.none, cors: Self.policy, edits: .none), said)
                == ["Vary: Origin", "X-Request-ID: the-id"])
        // One in disguise never passes.
        #expect(
            Self.stamped(ResponseStamp(Self.none, cors: nil, edits: .none), said).count
                >= said.count)
    }

    @Test func `an allowed origin's lines stand behind the app's own fields`() {
        let verdict = CORSVerdict(.allowed, origin: ByteRange(start: 6, count: 16))
        let lines = Self.stamped(
            ResponseStamp(Self.none, cors: Self.policy, edits: .none), [("ETag", "x")], verdict,
            text: "https://app.test")
        #expect(lines[1] == "ETag: x")
        #expect(lines[2] == "Access-Control-Allow-Origin: https://app.test")
        #expect(lines.count == 6)
    }

    @Test(arguments: [CORSStanding.preflight, .preflightRefused])
    func `an answer to a preflight varies by what it asked`(_ standing: CORSStanding) {
        let lines = Self.own(
            ResponseStamp(Self.none, cors: Self.policy, edits: .none),
            CORSVerdict(standing, origin: .empty))
        #expect(
            lines[0]
                == "Vary: Origin, Access-Control-Request-Method, Access-Control-Request-Headers")
    }

    private static func settings(
        _ preset: SecurityPreset, set: [String: String] = [:], remove: [String] = []
    ) -> SecurityHeaderSettings {
        SecurityHeaderSettings(
            preset, set: set.sorted { $0.key < $1.key }.map { SetHeader(name: $0, value: $1) },
            remove: remove)
    }

    private static func count(_ name: String, _ lines: [String]) -> Int {
        lines.filter { $0.lowercased().hasPrefix(name.lowercased() + ":") }.count
    }

    @Test(arguments: [SecurityPreset.recommended, .api, .strict, .none])
    func `one copy of a header leaves, whoever says it`(_ preset: SecurityPreset) {
        let names = SecurityPreset.allCases.flatMap(\.headers).map(\.name)
        let set = [
            "X-Frame-Options": "SAMEORIGIN", "content-security-policy": "default-src x",
            "Cache-Control": "private", "X-Own": "1", "Referrer-Policy": "origin",
            "Strict-Transport-Security": "max-age=1",
        ]
        let stamp = ResponseStamp(Self.settings(preset, set: set), cors: nil, edits: .none)
        let lines = Self.stamped(stamp, names.map { ($0, "of-the-app") }, isSecure: true)
        for (name, value) in set {
            #expect(Self.count(name, lines) == 1, "\(name)")
            #expect(lines.contains("\(name): \(value)"))
        }
        for name in Set(names) { #expect(Self.count(name, lines) <= 1 || preset == .none) }
        // Where the gateway itself says how its answer may be cached, that is the one copy.
        #expect(Self.count("Cache-Control", Self.own(stamp, as: .uncached)) == 0)
        #expect(Self.count("Cache-Control", Self.own(stamp)) == 1)
    }

    @Test func `an app's content policy stays unless set names its kind`() {
        func lines(_ set: [String: String], _ app: [(String, String)]) -> [String] {
            Self.stamped(
                ResponseStamp(Self.settings(.strict, set: set), cors: nil, edits: .none), app
            )
            .filter { $0.lowercased().hasPrefix("content-security-policy") }
        }
        let enforced = ("Content-Security-Policy", "app")
        let reported = ("Content-Security-Policy-Report-Only", "app")
        #expect(lines([:], [enforced]) == ["Content-Security-Policy: app"])
        #expect(lines([:], [reported]) == ["Content-Security-Policy-Report-Only: app"])
        #expect(
            lines(["Content-Security-Policy": "x"], [enforced, reported])
                == ["Content-Security-Policy-Report-Only: app", "Content-Security-Policy: x"])
        // To try a policy out beside the one that the app has.
        #expect(
            lines(["Content-Security-Policy-Report-Only": "x"], [enforced])
                == ["Content-Security-Policy: app", "Content-Security-Policy-Report-Only: x"])
        // Either kind stands for the preset's.
        #expect(lines(["Content-Security-Policy-Report-Only": "x"], []).count == 1)
    }

    @Test func `HSTS goes over HTTPS alone, also when it is set`() {
        let set = ["strict-transport-security": "max-age=1; preload"]
        for settings in [Self.settings(.none, set: set), Self.settings(.strict, set: set)] {
            let stamp = ResponseStamp(settings, cors: nil, edits: .none)
            #expect(Self.count("strict-transport-security", Self.stamped(stamp, [])) == 0)
            let app = [("Strict-Transport-Security", "max-age=0")]
            #expect(Self.count("strict-transport-security", Self.stamped(stamp, app)) == 0)
            #expect(
                Self.stamped(stamp, app, isSecure: true)
                    .contains("strict-transport-security: max-age=1; preload"))
        }
    }

    @Test func `a route's edits change the app's responses and its own, and no errors`() {
        let stamp = ResponseStamp(
            Self.settings(.api), cors: Self.policy,
            edits: RouteEdits(
                request: .none,
                response: HeaderEdits(
                    set: [HeaderLine(name: "cache-control", value: "max-age=1")],
                    add: [HeaderLine(name: "X-More", value: "2")], remove: ["X-Gone", "Vary"]),
                strippedPrefix: ""))
        let app = [("X-Gone", "1"), ("X-More", "1"), ("Cache-Control", "a"), ("Vary", "Accept")]
        let lines = Self.stamped(stamp, app)
        #expect(lines.contains("X-More: 1") && lines.contains("X-More: 2"))
        #expect(Self.count("Cache-Control", lines) == 1)
        #expect(lines.contains("cache-control: max-age=1"))
        #expect(lines.contains("Vary: Origin") && Self.count("X-Gone", lines) == 0)
        let own = Self.own(stamp, as: .routes)
        #expect(own.contains("X-More: 2") && Self.count("Cache-Control", own) == 1)
        for kind in [AnswerKind.uncached, .bare] {
            #expect(Self.count("X-More", Self.own(stamp, as: kind)) == 0)
        }
    }

    @Test func `what is removed leaves in no response`() {
        let stamp = ResponseStamp(
            Self.settings(.recommended, remove: ["x-frame-options", "X-Team", "Cache-Control"]),
            cors: nil, edits: .none)
        let lines = Self.stamped(
            stamp, [("X-Frame-Options", "DENY"), ("x-team", "b"), ("Cache-Control", "private")])
        for name in ["x-frame-options", "x-team", "cache-control"] {
            #expect(Self.count(name, lines) == 0, "\(name)")
            #expect(Self.count(name, Self.own(stamp)) == 0, "\(name)")
        }
        #expect(Self.count("x-content-type-options", lines) == 1)
    }

    @Test func `a route's settings are laid over the global ones by name`() {
        let global = Self.settings(
            .recommended, set: ["X-A": "1", "X-B": "1"], remove: ["X-C", "X-Frame-Options"])
        let merged = SecurityHeaderSettings.merged(
            preset: nil,
            set: [SetHeader(name: "x-a", value: "2"), SetHeader(name: "x-c", value: "2")],
            remove: ["x-b"], over: global)
        #expect(merged.preset == .recommended)
        #expect(merged.set.map { "\($0.name) \($0.value)" } == ["x-a 2", "x-c 2"])
        #expect(merged.remove == ["X-Frame-Options", "x-b"])
        let other = SecurityHeaderSettings.merged(preset: .api, set: [], remove: [], over: global)
        #expect(other.preset == .api && other.set == global.set && other.remove == global.remove)
    }
}
