import Foundation
import Glibc
import Testing

/// Certificates that are replaced while connections come and stay.
@Suite(.staged, .serialized) struct ReplacementTests {
    /// A folder with one pair of files, `site.pem` and `site.key`.
    private struct Site {
        let folder: String

        init(_ name: String) throws {
            folder = try ChildProcess.newFolder()
            try put(name)
        }

        func put(_ name: String) throws {
            try putKey(name)
            try Authority.copy(["site.pem": "\(name).pem"], to: folder)
        }

        func putKey(_ name: String) throws {
            try Authority.copy(["site.key": "\(name).key"], to: folder)
        }

        func putCertificate(_ name: String) throws {
            try Authority.copy(["site.pem": "\(name).pem"], to: folder)
        }

        var listener: String {
            """
            listeners:
              public:
                bind: "127.0.0.1:PORT"
                tls: { certificates: [ { cert: "\(folder)/site.pem", key: "\(folder)/site.key" } ] }
            """
        }

        func end() { try? FileManager.default.removeItem(atPath: folder) }
    }

    private static func served(_ apus: Apus) throws -> String {
        try SecureClient(port: apus.port).see().certificate
    }

    private static var count: Int {
        ProcessInfo.processInfo.environment["APUS_CERTIFICATES"].flatMap { Int($0) } ?? 60
    }

    @Test func `certificates are replaced time and again under load, and nothing fails`() throws {
        let site = try Site("app")
        defer { site.end() }
        let apus = try Apus(site.listener + "\n" + secureRoutes(to: Origin.saying()))
        let clients = try SecureLoad(of: apus, new: 2, kept: 4)
        let names = ["app", "renewed"]
        var residents: [Int] = []
        for number in 1...Self.count {
            try site.put(names[number % 2])
            #expect(try apus.operate("POST", "/api/v1/reload").status == 200)
            if number % max(1, Self.count / 20) == 0 {
                // Who comes from now on is shown the new one.
                #expect(try Self.served(apus) == names[number % 2])
                residents.append(try apus.residentKiB())
            }
        }
        let report = try clients.report()
        #expect(report.failed.isEmpty, "\(report.failed.prefix(3))")
        #expect(report.done > Self.count)
        #expect(report.certificates.count == 2)
        let early = residents[residents.count / 4]
        let late = try #require(residents.last)
        print(
            """
            \(Self.count) replacements: \(report.done) requests, \(report.failed.count) failed, \
            the slowest after \(Int(report.slowest * 1000)) ms, RSS after a quarter \(early) KiB, \
            at the end \(late) KiB
            """)
        #expect(late < early + 4096)
    }

    @Test func `a new pair is served after a look at the files, a signal, and a reload`() throws {
        let site = try Site("app")
        defer { site.end() }
        let apus = try Apus(site.listener + "\n" + secureRoutes(to: Origin.saying()))
        let client = SecureClient(port: apus.port)
        #expect(try Self.served(apus) == "app")
        try site.put("renewed")
        try eventually("the files are looked at") { try Self.served(apus) == "renewed" }
        try site.put("app")
        apus.signal(SIGHUP)
        try eventually("the signal is heeded", within: 5) { try Self.served(apus) == "app" }
        try site.put("renewed")
        #expect(try apus.operate("POST", "/api/v1/reload").status == 200)
        #expect(try Self.served(apus) == "renewed")
        #expect(
            try client.see(["-verify_return_error", "-CAfile", Authority.path("ca.pem")])
                .status == 200)
        let ends = try apus.metrics().values.filter {
            $0.key.hasPrefix("apus_tls_certificate_expiry_seconds{")
        }
        #expect(ends.count == 1)
        let seconds = try #require(ends.first?.value)
        #expect((80.0 * 86_400...91.0 * 86_400).contains(seconds))
    }

    @Test func `a pair that does not fit leaves the former, is told of, and can be mended`() throws
    {
        let site = try Site("app")
        defer { site.end() }
        let apus = try Apus(site.listener + "\n" + secureRoutes(to: Origin.saying()))
        func standing() throws -> String { try apus.admin("/readyz").text }
        func expectLogged(problems count: Int) throws {
            try eventually("\(count) problems are logged") {
                try apus.lines("certificates").filter { $0.level == "error" }.count >= count
            }
        }
        #expect(try !standing().contains("not_read"))
        // The certificate first: until the key follows the two do not fit.
        try site.putCertificate("renewed")
        try expectLogged(problems: 1)
        #expect(try Self.served(apus) == "app")
        let told = try standing()
        #expect(told.contains("certificates") && told.contains("not_read"), "\(told)")
        #expect(try apus.admin("/readyz").status == 200)
        try site.putKey("renewed")
        try eventually("the pair is served") { try Self.served(apus) == "renewed" }
        try eventually("all is well again") { try !standing().contains("not_read") }
        // Then the key first, and then what is no certificate at all.
        try site.putKey("app")
        try expectLogged(problems: 2)
        try Authority.replace("\(site.folder)/site.pem", with: Data("nothing".utf8))
        try expectLogged(problems: 3)
        try FileManager.default.removeItem(atPath: "\(site.folder)/site.pem")
        try expectLogged(problems: 4)
        #expect(try Self.served(apus) == "renewed")
        let refused = try apus.operate("POST", "/api/v1/reload")
        print("reload with a missing certificate:", refused.status, refused.text)
        #expect(try Self.served(apus) == "renewed")
        try site.putCertificate("app")
        try eventually("the mended pair is served") { try Self.served(apus) == "app" }
        try eventually("all is well again") { try !standing().contains("not_read") }
    }
}
