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

    private let now = MonotonicInstant(nanoseconds: 1_000_000_000)

    @Test func `a host that is away takes away no certificate that it gave`() throws {
        let certificate = try #require(Self.certificate)
        var shelf = FetchedShelf()
        shelf.note(.trusted(certificate), of: try url(1), at: now)
        let day = now.advanced(by: .seconds(86_400))
        #expect(shelf.nextDue == day)
        #expect(shelf.stale(at: now.advanced(by: .seconds(86_399))) == nil)
        #expect(shelf.stale(at: day) == (try url(1)))
        shelf.note(.unavailable, of: try url(1), at: day)
        #expect(shelf.all.map(\.isTrusted) == [true])
        #expect(shelf.stale(at: day) == nil)
        #expect(shelf.nextDue == day.advanced(by: .seconds(600)))
        shelf.note(.refused, of: try url(1), at: day)
        #expect(shelf.all.map(\.isTrusted) == [false])
    }

    @Test func `what was refused, or not to be had, is forgotten after a while`() throws {
        var shelf = FetchedShelf()
        shelf.note(.refused, of: try url(1), at: now)
        shelf.note(.unavailable, of: try url(2), at: now)
        #expect(shelf.nextDue == now.advanced(by: .seconds(5)))
        var hasForgotten = [4, 5].map { shelf.forget(at: now.advanced(by: .seconds($0))) }
        #expect(hasForgotten == [false, true])
        #expect(shelf.all.map(\.url) == [try url(1)])
        hasForgotten = [299, 300].map { shelf.forget(at: now.advanced(by: .seconds($0))) }
        #expect(hasForgotten == [false, true])
        #expect(shelf.all.isEmpty)
        #expect(shelf.nextDue == nil)
    }

    @Test func `what strangers make up takes no room from what is genuine`() throws {
        let certificate = try #require(Self.certificate)
        var shelf = FetchedShelf()
        shelf.note(.trusted(certificate), of: try url(0), at: now)
        for number in 1...1000 { shelf.note(.refused, of: try url(number), at: now) }
        #expect(shelf.all.count == FetchedShelf.othersMax + 1)
        #expect(shelf.all.filter(\.isTrusted).map(\.url) == [try url(0)])
        for number in 1...100 {
            shelf.note(.trusted(certificate), of: try url(number), at: now)
        }
        #expect(shelf.all.count(where: \.isTrusted) == FetchedShelf.trustedMax)
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

    @Test func `what nobody waits for any more is not looked for`() throws {
        let orders = CertificateOrders()
        for number in [1, 2, 2, 3] { #expect(orders.want(try url(number))) }
        for number in [1, 2, 4] { orders.leave(try url(number)) }
        #expect(orders.takeNext() == (try url(2)))
        orders.leave(try url(2))
        #expect(orders.takeNext() == (try url(3)))
        #expect(orders.takeNext() == nil)
    }
}
