import Crypto
import TLS
import Testing

@Suite struct TrustStoreTests {
    private func problem(_ files: [String], name: String = "near", by root: String = "ca") throws
        -> TLSProblem?
    {
        let store = try Made.trust(root)
        let pem = try files.flatMap { try Made.file("\($0).pem") }
        do throws(TLSProblem) {
            _ = try store.vouched(pem, for: name)
            return nil
        } catch {
            return error
        }
    }

    @Test func `a chain that leads to a root is vouched for`() throws {
        let store = try Made.trust()
        let found = try store.vouched(Made.file("app.pem"), for: "app.example")
        let text = String(decoding: try Made.file("app.pem"), as: UTF8.self)
        #expect(found.validUntil == (try Certificate(pem: text)).validUntil)
        #expect(try problem(["near", "sub"]) == nil)
        #expect(try problem(["deep", "subsub", "sub"], name: "deep") == nil)
        // A name may be any below another.
        #expect(try problem(["wild"], name: ".example") == nil)
        #expect(try problem(["app"], name: ".example") == nil)
    }

    @Test func `nobody vouches for a stranger's, another's, or what has run out`() throws {
        #expect(try problem(["near"]) == .notTrusted)
        #expect(try problem(["foreign"], name: "app.example") == .notTrusted)
        #expect(try problem(["foreign", "stranger"], name: "app.example") == .notTrusted)
        #expect(try problem(["app", "ca"], name: "other.example") == .notTrusted)
        #expect(try problem(["app"], name: ".app.example") == .notTrusted)
        #expect(try problem(["expired"], name: "app.example") == .notTrusted)
        #expect(try problem(["app"], name: "app.example", by: "stranger") == .notTrusted)
        // The first is the one that counts.
        #expect(try problem(["foreign", "app"], name: "app.example") == .notTrusted)
    }

    @Test func `what is no certificate is told apart`() throws {
        #expect(try problem([]) == .noCertificate)
        let store = try Made.trust()
        for bytes in [Array("hello".utf8), try Made.file("app.pem").dropLast(40)] {
            #expect(throws: TLSProblem.noCertificate) {
                _ = try store.vouched(Array(bytes), for: "app.example")
            }
        }
    }
}
