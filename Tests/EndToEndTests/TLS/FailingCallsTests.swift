import Foundation
import Glibc
import Testing

/// The nth call of OpenSSL fails, for each n that a piece of work takes.
///
/// What is left undone is never taken for done. APUS_FAILING=all has every n tried, not a few.
@Suite(.staged) struct FailingCallsTests {
    /// All that a gateway can be told about TLS.
    private struct Place {
        let work: SecureWork
        let folder: String
        let configuration: String

        init() throws {
            work = try SecureWork()
            let folder = try ChildProcess.newFolder()
            self.folder = folder
            try Self.put("app", in: folder)
            let key = Data((0..<80).map { UInt8($0) }).base64EncodedString()
            try Authority.replace("\(folder)/tickets", with: Data(key.utf8))
            configuration = """
                listeners:
                  public:
                    bind: "127.0.0.1:PORT"
                    tls:
                      certificates:
                        - cert: "\(folder)/site.pem"
                          key: "\(folder)/site.key"
                          ocsp: "\(try Authority.path("app.ocsp"))"
                        - \(try Authority.pair("app-rsa"))
                        - \(try Authority.pair("wild"))
                      client_auth: required
                      client_ca: "\(try Authority.path("ca.pem"))"
                      client_crl: "\(try Authority.path("crl.pem"))"
                      tickets: { file: "\(folder)/tickets" }
                \(try work.routes())
                """
        }

        func put(_ name: String) throws { try Self.put(name, in: folder) }

        private static func put(_ name: String, in folder: String) throws {
            try Authority.copy(
                ["site.pem": "\(name).pem", "site.key": "\(name).key"], to: folder)
        }

        func end() { try? FileManager.default.removeItem(atPath: folder) }
    }

    /// What clients may see when nothing fails; those whom nobody should serve never see more.
    private static let works = ["1.2", "1.3"].flatMap { version in
        [
            ("\(version) full", "served"), ("\(version) resumed", "served"),
            ("\(version) none", "ended"), ("\(version) intruder", "ended"),
            ("\(version) revoked", "ended"), ("\(version) foreign", "refused 502"),
        ]
    }

    private static func expectWell(_ work: SecureWork, _ port: UInt16, _ what: String) throws {
        for (name, result) in works {
            #expect(try work.play(name, on: port) == result, "\(what): \(name)")
        }
        let client = try SecureClient.showing("client") + ["-status"]
        let text = try SecureClient(port: port).see(client).text
        #expect(text.contains("OCSP Response Status: successful"), "\(what)")
        let other = try SecureClient(port: port, name: "a.wild.example").see(client)
        #expect(other.certificate == "wild", "\(what)")
    }

    @Test func `a start ends with a reason, or serves with all that was set`() throws {
        let place = try Place()
        defer { place.end() }
        let failing = try Failing()
        func start() throws -> (apus: Apus?, reason: String) {
            do {
                return (try Apus(place.configuration, environment: failing.environment), "")
            } catch let unmet as Unmet {
                return (nil, unmet.description)
            }
        }
        failing.order(nil)
        let usual = try #require(try start().apus)
        let calls = failing.account.calls
        try Self.expectWell(place.work, usual.port, "nothing fails")
        try usual.terminate()
        var served = 0
        let numbers = Failing.numbers(of: calls, few: 20)
        for number in numbers {
            failing.order(number)
            let (apus, reason) = try start()
            let what = "call \(number), \(failing.account.name)"
            failing.order(nil)
            if let apus {
                served += 1
                try Self.expectWell(place.work, apus.port, what)
                try apus.terminate()
            } else {
                #expect(reason.contains("ended with 78"), "\(what): \(reason)")
                #expect(reason.contains(".tls"), "\(what): \(reason)")
            }
        }
        print("a start: \(calls) calls, \(numbers.count) tried, \(served) of no consequence")
    }

    @Test func `new certificates are taken as a whole, or the former ones hold`() throws {
        let place = try Place()
        defer { place.end() }
        let failing = try Failing()
        let apus = try Apus(place.configuration, environment: failing.environment)
        let shown = try SecureClient.showing("client")
        func served() throws -> String {
            try SecureClient(port: apus.port).see(shown + ["-sigalgs", "ECDSA+SHA256"]).certificate
        }
        var current = "app"
        failing.order(nil)
        #expect(try apus.operate("POST", "/api/v1/reload").status == 200)
        let calls = failing.account.calls
        let numbers = Failing.numbers(of: calls, few: 10)
        for number in numbers {
            let next = current == "app" ? "renewed" : "app"
            try place.put(next)
            failing.order(number)
            let answer = try apus.operate("POST", "/api/v1/reload")
            let what = "call \(number), \(failing.account.name): \(answer.status) \(answer.text)"
            failing.order(nil)
            if answer.status == 200 {
                #expect(try served() == next, "\(what)")
            } else {
                #expect(answer.text.contains(".tls"), "\(what)")
                // The files may have been looked at by themselves meanwhile.
                #expect(try [current, next].contains(served()), "\(what)")
            }
            #expect(try place.work.play("1.3 full", on: apus.port) == "served", "\(what)")
            #expect(try place.work.play("1.2 revoked", on: apus.port) == "ended", "\(what)")
            #expect(try apus.operate("POST", "/api/v1/reload").status == 200)
            #expect(try served() == next)
            current = next
        }
        try Self.expectWell(place.work, apus.port, "after all")
        print("a reload: \(calls) calls, \(numbers.count) tried")
    }

    @Test(arguments: [1, Int.max / 2])
    func `a connection may end, and nobody is served what or whom they should not`(
        failures: Int
    ) throws {
        try sweep(Failing(.calls), failures: failures, few: 6, many: .max)
    }

    @Test func `the same holds where OpenSSL has no memory`() throws {
        try sweep(Failing(.memory), failures: 1, few: 5, many: 300)
    }

    /// - Parameters:
    ///   - failures: How many calls fail in a row.
    ///   - few: How many numbers of calls are tried for each kind of work.
    ///   - many: The same if as many as can be are asked for.
    private func sweep(_ failing: Failing, failures: Int, few: Int, many: Int) throws {
        let place = try Place()
        defer { place.end() }
        let apus = try Apus(place.configuration, environment: failing.environment)
        // Once around first, so that what is made once is there.
        for _ in 1...2 { try Self.expectWell(place.work, apus.port, "nothing fails") }
        for version in ["1.2", "1.3"] {
            for kind in ["full", "resumed"] {
                let result = try place.work.play("\(version) \(kind) surely", on: apus.port)
                #expect(result == "served", "\(version) \(kind)")
            }
        }
        let descriptors = try apus.descriptorCount()
        let resident = try apus.residentKiB()
        for (name, usual) in Self.works {
            failing.order(nil)
            #expect(try place.work.play(name, on: apus.port) == usual)
            let calls = failing.account.calls
            var seen: [String: Int] = [:]
            let numbers = Failing.numbers(of: calls, few: few, many: many)
            for number in numbers {
                failing.order(number, count: failures)
                let result = try place.work.play(name, on: apus.port)
                let what = "\(name), call \(number), \(failing.account.name)"
                failing.order(nil)
                seen[result, default: 0] += 1
                let isRefusal = result == "ended" || result.hasPrefix("refused 50")
                #expect(isRefusal || result == usual, "\(what): \(result)")
                try #require(apus.process.exitCode == nil, "\(what)")
                let version = number % 2 == 0 ? "1.2" : "1.3"
                #expect(
                    try place.work.play("\(version) full", on: apus.port) == "served", "\(what)")
            }
            print("\(name): \(calls) calls, \(numbers.count) tried, \(failures) in a row: \(seen)")
        }
        try apus.expect("apus_connections_active{listener=\"public\"}", is: 0)
        try eventually("all is closed") {
            try failing.account.sessions == 0 && apus.descriptorCount() <= descriptors
        }
        let grown = try apus.residentKiB() - resident
        print("resident memory grew by \(grown) KiB")
        #expect(grown < 4096)
        #expect(try apus.terminate() == 0)
    }
}
