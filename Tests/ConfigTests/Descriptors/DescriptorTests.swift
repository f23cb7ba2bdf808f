import Policy
import Testing

@testable import Config

/// What holds for every key, and the defaults that operators count on.
struct DescriptorTests {
    private let sections = RootSection.section.withSections()

    @Test func `a minimal configuration has the documented defaults`() throws {
        let snapshot = try #require(load(minimal).snapshot)
        #expect(snapshot.environment == .production)
        #expect(snapshot.server == ServerSettings(workers: nil, drainTimeout: .seconds(30)))
        #expect(snapshot.admin == nil)
        #expect(
            snapshot.identity
                == IdentitySettings(trustedProxies: TrustedProxies(blocks: [], trustsUnix: false)))
        #expect(
            snapshot.limits
                == Limits(
                    requestLineBytesMax: 8 << 10, headerBytesMax: 32 << 10, headerCountMax: 100,
                    bodyBytesMax: 10 << 20, connectionCountMax: 10_000))
        #expect(
            snapshot.timeouts
                == Timeouts(
                    header: .seconds(10), bodyRateMin: 240, idle: .seconds(75), send: .seconds(30),
                    route: RouteTimeouts(
                        connect: .seconds(2), response: .seconds(30), stream: .seconds(300),
                        tunnelIdle: .seconds(3600))))
        #expect(snapshot.log.level == .info && snapshot.log.output == .stdout)
        #expect(snapshot.log.isAccessLogged && snapshot.log.format == .json)
        #expect(snapshot.audit == AuditSettings(output: nil, isChained: true))
        #expect(snapshot.routes[0].securityHeaders == SecurityHeaderSettings(.recommended))
    }

    @Test func `every default that is documented as a value is accepted as that value`() {
        for section in sections where !section.name.isEmpty && !section.name.contains("NAME") {
            guard !section.name.contains("[") else { continue }
            for key in section.keys {
                guard let value = key.fallback.value else { continue }
                let isWritten = value.hasPrefix("[") || value.hasPrefix("\"")
                let written = isWritten ? value : "\"\(value)\""
                let path = section.name.split(separator: ".")
                let scheme = path.last == "tls" ? "rediss" : "redis"
                let needed =
                    switch path[0] {
                    case "redis": "url: \(scheme)://127.0.0.1, "
                    case "otlp": "endpoint: \"http://127.0.0.1\", "
                    default: ""
                    }
                let keys = path.dropFirst().reduce("\(key.name): \(written)") { "\($1): { \($0) }" }
                #expect(load(minimal + "\(path[0]): { \(needed)\(keys) }").problems == [])
            }
        }
    }

    @Test func `every key has a name in snake case and a sentence without a full stop`() {
        for section in sections {
            for key in section.keys {
                #expect(key.name.allSatisfy { $0.isASCII && ($0.isLowercase || $0 == "_") })
                #expect(
                    key.summary.first?.isUppercase == true || key.summary.hasPrefix("host:port"))
                #expect(!key.summary.hasSuffix(".") && !key.summary.contains("\n"))
            }
        }
    }

    @Test func `no section has a key twice`() {
        for section in sections {
            let names = section.keys.map(\.name)
            #expect(Set(names).count == names.count)
        }
    }

    @Test(arguments: ["on", "true", "ON", "True"]) func `switches can be on`(text: String) {
        #expect(decode(Kind.toggle, text).value == true)
    }

    @Test(arguments: ["off", "false", "Off", "FALSE"]) func `switches can be off`(text: String) {
        #expect(decode(Kind.toggle, text).value == false)
    }

    @Test(arguments: ["yes", "1", "", "onn"]) func `switches are nothing else`(text: String) {
        #expect(decode(Kind.toggle, text).value == nil)
    }

    @Test(arguments: [
        ("1", 1), ("5", 5), ("10", 10), ("0", nil), ("11", nil), ("-1", nil), ("01", nil),
        ("+5", nil),
        ("", nil), ("5.0", nil), ("0x5", nil), ("٥", nil), ("99999999999999999999", nil),
        ("-99999999999999999999", nil),
    ])
    func `whole numbers stay within their bounds`(text: String, number: Int?) {
        #expect(decode(Kind.integer(1...10), text).value == number)
    }

    @Test func `a bound that was passed is named`() {
        #expect(decode(Kind.integer(1...10), "11").problem == "\"11\" is more than 10")
        #expect(decode(Kind.integer(1...10), "0").problem == "\"0\" is less than 1")
        let timeout = Kind.duration(.seconds(1)...(.seconds(60)))
        #expect(decode(timeout, "2min").problem == "\"2min\" is more than 1min")
        #expect(decode(Kind.size(1024...2048), "1B").problem == "\"1B\" is less than 1KiB")
    }

    @Test func `none is said with that word only`() {
        let size = Kind.size(1...10).or("none")
        #expect(decode(size, "none").value == .some(nil))
        for text in ["0", "unlimited", "None", "off", "-1"] {
            #expect(decode(size, text).value == nil)
            #expect(decode(size, text).problem?.contains("none") == true || text == "None")
        }
    }
}
