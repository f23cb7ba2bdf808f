import Crypto
import Testing

@Suite struct SignatureVerifierTests {
    private static let claims =
        "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0"
        + "cnVlfQ"

    /// RFC 7515 appendix A.2.
    static let rsaToken =
        "eyJhbGciOiJSUzI1NiJ9.\(claims)"
        + ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5"
        + "RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgr"
        + "nbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkH"
        + "WEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0i"
        + "gcN_IoypGlUPQGe77Rw"
    static let rsaModulus =
        "ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEz"
        + "P1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf6"
        + "3kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5Zw"
        + "Kh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRW"
        + "yuXpoQ"
    /// RFC 7515 appendix A.3.
    static let ecToken =
        "eyJhbGciOiJFUzI1NiJ9.\(claims).DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8"
        + "ISlSApmWQxfKTUJqPP3-Kg6NU1Q"
    /// RFC 8037 appendix A.4.
    static let edToken =
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGc"
        + "vMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"

    private static func rsa() throws -> PublicKey {
        try PublicKey(rsaModulus: base64url(rsaModulus), exponent: base64url("AQAB"))
    }

    private static func ec() throws -> PublicKey {
        try PublicKey(
            curve: "P-256", x: base64url("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"),
            y: base64url("x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"))
    }

    private static func ed() throws -> PublicKey {
        try PublicKey(
            curve: "Ed25519", x: base64url("11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"), y: [])
    }

    @Test func `the tokens of the RFCs verify by their own scheme and no other`() throws {
        let schemes: [SignatureScheme] = [
            .rsaPKCS1(.sha256), .rsaPKCS1(.sha384), .rsaPSS(.sha256), .ecdsa, .ed25519,
        ]
        let cases = [
            (try Self.rsa(), Self.rsaToken, SignatureScheme.rsaPKCS1(.sha256)),
            (try Self.ec(), Self.ecToken, .ecdsa), (try Self.ed(), Self.edToken, .ed25519),
        ]
        for (key, token, own) in cases {
            for scheme in schemes { #expect(key.verifies(token, scheme) == (scheme == own)) }
        }
    }

    @Test func `a token that was changed in any one place does not verify`() throws {
        let cases = [
            (try Self.rsa(), Self.rsaToken, SignatureScheme.rsaPKCS1(.sha256)),
            (try Self.ec(), Self.ecToken, .ecdsa), (try Self.ed(), Self.edToken, .ed25519),
        ]
        for (key, token, scheme) in cases {
            let parts = token.split(separator: ".").map(String.init)
            let message = Array("\(parts[0]).\(parts[1])".utf8)
            let signature = base64url(parts[2])
            for index in signature.indices {
                var forged = signature
                forged[index] ^= 0x10
                #expect(!key.verifies(forged, of: message, scheme))
            }
            var longer = message
            longer.append(0)
            #expect(!key.verifies(signature, of: longer, scheme))
            for cut in [0, 1, signature.count - 1] {
                #expect(!key.verifies(Array(signature.prefix(cut)), of: message, scheme))
            }
            #expect(!key.verifies(signature + [0], of: message, scheme))
        }
    }

    @Test(arguments: [[UInt8](repeating: 0, count: 64), [UInt8](repeating: 0xff, count: 64)])
    func `r and s out of range verify nothing`(_ signature: [UInt8]) throws {
        #expect(!(try Self.ec()).verifies(signature, of: [1], .ecdsa))
    }

    /// RFC 8032 §7.1, tests 1 and 2.
    @Test(arguments: [
        (
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e06522490155"
                + "5fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
        (
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
                + "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ])
    func `signatures of RFC 8032 verify`(_ key: String, _ message: String, _ signature: String)
        throws
    {
        let key = try PublicKey(curve: "Ed25519", x: hex(key), y: [])
        #expect(key.verifies(hex(signature), of: hex(message), .ed25519))
        #expect(!key.verifies(hex(signature), of: hex(message) + [1], .ed25519))
    }
}
