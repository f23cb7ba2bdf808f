import Crypto
import Foundation
import Linux
import Testing

@testable import Gateway
@testable import Policy

@Suite struct FetchedShelfTests {
    private static let certificate: Certificate? = {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Fixtures/webhooks/certificate.pem")
        guard let text = try? String(contentsOf: file, encoding: .utf8) else { return nil }
        return try? Certificate(pem: text)
    }()

    /// URLs of certificates, as verifying wants them.
    private func url(_ number: Int) throws -> CertificateURL {
        let text = Array("https://api.paypal.com/v1/notifications/certs/CERT-\(number)".utf8)
        let found = CertificateURL(text.span, hostSuffix: ".paypal.com")
        return try #require(found)
    }

    @Test func `a host that is away takes away no certificate that it gave`() throws {
        let certificate = try #require(Self.certificate)
        var shelf = FetchedShelf()
        let now = certificate.validFrom + 10
        shelf.note(.trusted(certificate), of: try url(1), at: now)
        #expect(shelf.all.map(\.isTrusted) == [true])
        let day = now + 86_400
        #expect(shelf.all[0].until == min(day, certificate.validUntil))
        shelf.note(.unavailable, of: try url(1), at: day)
        #expect(shelf.all.map(\.isTrusted) == [true])
        #expect(shelf.all[0].until == day + 600)
        shelf.note(.refused, of: try url(1), at: day)
        #expect(shelf.all.map(\.isTrusted) == [false])
    }

    @Test func `a certificate is not used beyond its end`() throws {
        let certificate = try #require(Self.certificate)
        var shelf = FetchedShelf()
        shelf.note(.trusted(certificate), of: try url(1), at: certificate.validUntil - 10)
        #expect(shelf.all[0].until == certificate.validUntil)
    }

    @Test func `what strangers make up takes no room from what is genuine`() throws {
        let certificate = try #require(Self.certificate)
        var shelf = FetchedShelf()
        let now = certificate.validFrom + 10
        shelf.note(.trusted(certificate), of: try url(0), at: now)
        for number in 1...1000 { shelf.note(.refused, of: try url(number), at: now) }
        #expect(shelf.all.count == FetchedShelf.othersMax + 1)
        #expect(shelf.all.filter(\.isTrusted).map(\.url) == [try url(0)])
        for number in 1...100 {
            shelf.note(.trusted(certificate), of: try url(number), at: now)
        }
        #expect(shelf.all.count(where: \.isTrusted) == FetchedShelf.trustedMax)
        // What has run out goes when something else comes.
        shelf.note(.unavailable, of: try url(2000), at: now + 301)
        #expect(shelf.all.count(where: { !$0.isTrusted }) == 1)
    }

    @Test func `a few are fetched at once, then one a second`() {
        var pace = FetchPace()
        let began = MonotonicInstant(nanoseconds: 5_000_000_000)
        for _ in 0..<5 { #expect(pace.wait(at: began) == nil) }
        #expect(pace.wait(at: began) == .seconds(1))
        let next = began.advanced(by: .seconds(1))
        #expect(pace.wait(at: next) == .seconds(1))
        #expect(pace.wait(at: next.advanced(by: .milliseconds(1500))) == .milliseconds(500))
        #expect(pace.wait(at: next.advanced(by: .seconds(3600))) == nil)
    }

    @Test func `only so many wait to be looked for, each once`() throws {
        let orders = CertificateOrders()
        #expect(orders.takeNext() == nil)
        #expect(orders.want(try url(0)))
        #expect(orders.takeNext() == (try url(0)))
        for _ in 0..<2 {
            // The one that is being looked for is not looked for again.
            for number in 0...CertificateOrders.countMax { #expect(orders.want(try url(number))) }
        }
        #expect(!orders.want(try url(100)))
        for number in 1...CertificateOrders.countMax {
            #expect(orders.takeNext() == (try url(number)))
        }
        #expect(orders.takeNext() == nil)
        #expect(orders.want(try url(0)))
    }
}
