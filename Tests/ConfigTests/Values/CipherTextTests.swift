import Testing

@testable import Config

struct CipherTextTests {
    private func problem(_ text: String) -> String? {
        do throws(Objection) {
            try CipherText.check(text)
            return nil
        } catch {
            return error.what
        }
    }

    @Test(arguments: [
        "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-CHACHA20-POLY1305", "ECDHE+AESGCM:!aNULL:-MD5",
        "DHE-RSA-AES256-GCM-SHA384", "HIGH:!RC4:+AES",
    ])
    func `lists as OpenSSL takes them pass`(text: String) { #expect(problem(text) == nil) }

    @Test(arguments: [
        "", ":", "A::B", "!", "AES128-SHA,AES256-SHA", "AES128-SHA AES256-SHA", "HIGH:@SECLEVEL=0",
        "TLS_AES_128_GCM_SHA256", "AES\u{e9}", "ALL", "eNULL", "NULL-SHA256", "RC4-MD5",
        "ECDHE-RSA-DES-CBC3-SHA", "AECDH-AES128-SHA", "aNULL+AES",
    ])
    func `what is no list, or offers what is broken, does not`(text: String) {
        #expect(problem(text) != nil)
    }
}
