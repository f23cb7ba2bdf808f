import Crypto
import Testing

@testable import Policy

/// Deliveries that name the certificate they are signed with.
@Suite struct CertificateShelfTests {
    private static let place = "https://api.paypal.com/v1/notifications/certs/CERT-1"

    private struct Scene {
        let sample: DeliverySample
        let verifier: WebhookVerifier
        let certificate: Certificate
        init(_ url: String = CertificateShelfTests.place) throws {
            let vector = try #require(WebhookVector.all.first { $0.provider == "paypal" })
            var sample = vector.sample
            sample.headers.removeAll { $0.name.lowercased() == "paypal-cert-url" }
            self.sample = sample.with("PayPal-Cert-Url", url)
            var webhook = try vector.webhook()
            webhook.keys = []
            verifier = WebhookVerifier(webhook)
            certificate = try Certificate(pem: vector.secrets[0])
        }

        var url: CertificateURL {
            get throws {
                let text = Array(CertificateShelfTests.place.utf8)
                let found = CertificateURL(text.span, hostSuffix: ".paypal.com")
                return try #require(found)
            }
        }

        func ruling(_ known: [KnownCertificate]) -> WebhookRuling {
            var scratch = WebhookScratch()
            scratch.certificates.known = known
            return sample.ruling(by: verifier, &scratch)
        }
    }

    @Test func `what is known of the certificate decides`() throws {
        let scene = try Scene()
        let url = try scene.url
        let trusted = try #require(KnownCertificate(url, scene.certificate))
        #expect(scene.ruling([]) == .needsCertificate)
        #expect(scene.ruling([trusted]) == .verified)
        #expect(
            scene.ruling([.refused(url)]) == .refused(.certificateNotTrusted))
        #expect(scene.ruling([.unavailable(url)]) == .certificateUnavailable)
    }

    @Test func `one that is not known is wanted by its URL`() throws {
        let scene = try Scene()
        var scratch = WebhookScratch()
        #expect(scene.sample.ruling(by: scene.verifier, &scratch) == .needsCertificate)
        let wanted = try #require(scratch.certificates.wanted)
        #expect(wanted.host == "api.paypal.com")
        #expect(wanted.path == "/v1/notifications/certs/CERT-1")
        #expect(wanted.text == Self.place)
    }

    @Test func `another's certificate verifies nothing`() throws {
        let scene = try Scene()
        let text = Array("\(Self.place)2".utf8)
        let found = CertificateURL(text.span, hostSuffix: ".paypal.com")
        let url = try #require(found)
        let other = KnownCertificate(url, scene.certificate)
        #expect(scene.ruling([try #require(other)]) == .needsCertificate)
    }

    @Test(arguments: [
        "https://api.paypal.com", "http://api.paypal.com/a", "https://paypal.com/a",
        "https://xpaypal.com/a", "https://API.paypal.com/a", "https://-a.paypal.com/a",
        "https://a-.paypal.com/a", "https://a..paypal.com/a", "https://.paypal.com/a",
        "https://api.paypal.com./a", "https://api.paypal.com:443/a", "https://u@a.paypal.com/a",
        "https://a.paypal.com/a?b", "https://a.paypal.com/a#b", "https://a.paypal.com/%61",
        "https://a.paypal.com/../a", "https://a.paypal.com/.", "https://a.paypal.com/ä",
        "https://e.example/a.paypal.com/a", "https://a.paypal.com//a", "https://a.paypal.com/a/",
        "https://a.paypal.com/", "", "https://", "https:///a",
    ])
    func `a URL of another form or host is unreadable`(_ url: String) throws {
        #expect(try Scene(url).ruling([]) == .refused(.certificateURLUnreadable))
    }

    @Test func `a URL may be so long and no longer`() {
        let start = "https://a.paypal.com/"
        for (count, isTaken) in [(256, true), (257, false)] {
            let text = Array(start.utf8) + Array(repeating: 0x61, count: count - start.utf8.count)
            let url = CertificateURL(text.span, hostSuffix: ".paypal.com")
            #expect((url != nil) == isTaken)
        }
    }
}
