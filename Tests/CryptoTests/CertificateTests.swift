import Crypto
import Testing

/// Certificates and signatures that openssl(1) made.
@Suite struct CertificateTests {
    private static let p256 = """
        -----BEGIN CERTIFICATE-----
        MIIBWjCCAQCgAwIBAgIBATAKBggqhkjOPQQDAjAMMQowCAYDVQQDDAFlMB4XDTI2
        MTEyMjAxMjcxNVoXDTM2MTExOTAxMjcxNVowDDEKMAgGA1UEAwwBZTBZMBMGByqG
        SM49AgEGCCqGSM49AwEHA0IABEK4/6IeRuFPZIEckMrNgoK9OmHrZC2jEDzgNcPU
        ITs8l43p0apKXiY707a7AkEIwLnhF2DE/WD0WZ1bZYeSa8mjUzBRMB0GA1UdDgQW
        BBRPwH3ES/ufmP9xlRdD5BV/H2pgaTAfBgNVHSMEGDAWgBRPwH3ES/ufmP9xlRdD
        5BV/H2pgaTAPBgNVHRMBAf8EBTADAQH/MAoGCCqGSM49BAMCA0gAMEUCIQDPrQKe
        p5mCy+KxnKJz2ZdM1YDQ5DTa9Qw7Ri2QPi9t0QIgPKpUPP8X2e8fbd45lc6ZoyJL
        +FztrXyX6z9Fa5S/teo=
        -----END CERTIFICATE-----
        """
    private static let rsa = """
        -----BEGIN CERTIFICATE-----
        MIIDCDCCAfCgAwIBAgIBATANBgkqhkiG9w0BAQsFADAdMRswGQYDVQQDDBJzZW5k
        ZXIuZXhhbXBsZS5jb20wHhcNMjYxMTIyMDEyNzE1WhcNMzYxMTE5MDEyNzE1WjAd
        MRswGQYDVQQDDBJzZW5kZXIuZXhhbXBsZS5jb20wggEiMA0GCSqGSIb3DQEBAQUA
        A4IBDwAwggEKAoIBAQCkd1RSbzCFtW55pa0toXaQhAo4qYswvqwTLR0JHsyApNqT
        XGdmCm95OblBHi6+QBVt6p7zoBMhDjvyynuOW8/VPo5cxPun/OHS0eFyFueeQ6ON
        zkjMNkvzHOY6cO9u3xRcioUFwRDxB9ujVsYCTdv4p+JBFwd6DXf+BqwtChxpuRxl
        VGdCY9r37qHaJpv8YEVom4NZOWHoMSDQlgF9rxDbQ1QuLpYsG1yX3jG7QtazEPF2
        bTmR1WRf8H9YKxNpskNztkDGiE1fMtCF9YZ6J1BMgXKTk6YyTTTpEQ8pgMQnlWsn
        7ZueIsKhUneqf/WCiEP3RDoE2GtDrWeVArFOTmunAgMBAAGjUzBRMB0GA1UdDgQW
        BBQSYoWoaeQIP6gx1qdQ7mx4O0sjhTAfBgNVHSMEGDAWgBQSYoWoaeQIP6gx1qdQ
        7mx4O0sjhTAPBgNVHRMBAf8EBTADAQH/MA0GCSqGSIb3DQEBCwUAA4IBAQAbm9lc
        yMXCHORlaMAida2fTtqU/ZVqfq9uPo37CDgfTyW1LP2w2lnARzCMTr90F4YrdzwE
        fHDXBn1VYfVQkeBWHoWN7EJ4OwCnGWF/oKwqG08rV+CwBZGYU9HkpRrjngCa/Hc+
        I/LbgUwPqvOwUZvi1Z2TlclgJ2gn9Bz5ULP7mBBZ+zhRioYGyRlsXiqC4FlvDqV7
        lXLOYp2FtI1gvQGmfmvbs5Yaim9OaeCwYGJfCoEzsiMicFef9iwfKKYbK/sSvrv0
        Td6UJFoSInF7IYciVQCpj75uXuH1DOlNaP0Iy/fuF6GiZzHnRMcMvVy3Qvp3nrE4
        uHVg9OXs9VRFT2t8
        -----END CERTIFICATE-----
        """
    private static let rsa1024 = """
        -----BEGIN CERTIFICATE-----
        MIIB9DCCAV2gAwIBAgIULc/7yRfmuztseFh8u/hXv2ebQfcwDQYJKoZIhvcNAQEL
        BQAwDDEKMAgGA1UEAwwBczAeFw0yNjExMjIwMTI3MTVaFw0yNjEyMDIwMTI3MTVa
        MAwxCjAIBgNVBAMMAXMwgZ8wDQYJKoZIhvcNAQEBBQADgY0AMIGJAoGBAKtGlg+7
        5VlUcviAaKTSkQ5bugJXHhEO3zVvmVTQHVexIuWgYXMx4d6k3+0WyL1f10dBwjKb
        zFm0gdatAvsB6YGW1OHj9qh4Lp+iD/cnkcNRnS/AA+CUphGFowCxTnJh/UsfG9Kj
        vrDwWa3o81SmOCiNZSJO+IJIcw4TGpggMlutAgMBAAGjUzBRMB0GA1UdDgQWBBT6
        kXQENch/9E+7EqpbeUg3zngM+DAfBgNVHSMEGDAWgBT6kXQENch/9E+7EqpbeUg3
        zngM+DAPBgNVHRMBAf8EBTADAQH/MA0GCSqGSIb3DQEBCwUAA4GBACcccdCeMvea
        Dt9IxCDe28JGyTy28ibFqx8rIrWEt0cV9FIEal3lu+fPmGp6hEB6vQLIk0uM5ucf
        Moh8hdX2UuuW9pOlU4lPUpTKfxp/VsAW3y7l2+RQFoIgsIE1udg+2uNqrNqk5qcE
        HkiJ5PLRSKcpFP9IPqmlgmR2a7prP+yM
        -----END CERTIFICATE-----
        """
    private static let message = Array("a message".utf8)
    private static let ecdsa = hex(
        "3046022100b9d189561fc628e35364a2b70fc950f0ed2b33a1665e7378b1a9118fdaad2693022100"
            + "bac6b61954b002bdc46a619cbb8fda8950ca73dc9adbb7e9d06fc5e2df0ec430")
    private static let pkcs1 = hex(
        "457a85a1308b4509927b0e615641b67db2924770f40c98b1f980991055dd14b13875ab73d19bdb74"
            + "75596c16876c327a25e7176f5bb26648ad9aa61dd868582e565419080a19861117c0df661a55ee01"
            + "b39fb85e8886fd677a9165c95b4d4389a2908a107ec62589efc703a9f5eaafce5b9d54bafaa525f5"
            + "3f5d73cfec1552ddbf4286039b1c55252c52cacbb37bf681af3fb8876f93e69a6155ebcf4d9aada1"
            + "8e648c507e580522bbdca2f796abeca0e9d8ef302face6348ae78513cb97e528b215f1152bac84f8"
            + "85e4648648af2a00534e2da09063555b54449876aa3f0ad2e5327a039a8fbe505bc53ba39f60d024"
            + "54bba580fe8f580b0ce6eb233fed2527")

    @Test func `a certificate's key verifies what its owner signed`() throws {
        let ec = try Certificate(pem: Self.p256).publicKey
        let rsa = try Certificate(pem: Self.rsa).publicKey
        #expect(ec.kind == .p256 && rsa.kind == .rsa(bits: 2048))
        #expect(ec.verifies(Self.ecdsa, of: Self.message, .ecdsaDER))
        #expect(rsa.verifies(Self.pkcs1, of: Self.message, .rsaPKCS1(.sha256)))
        #expect(!rsa.verifies(Self.ecdsa, of: Self.message, .ecdsaDER))
        #expect(!ec.verifies(Self.ecdsa, of: Self.message + [0], .ecdsaDER))
        #expect(!ec.verifies(Self.ecdsa, of: Self.message, .ecdsa))
    }

    @Test func `no bit of a signature in DER can be another one`() throws {
        let key = try Certificate(pem: Self.p256).publicKey
        for bit in 0..<Self.ecdsa.count * 8 {
            var signature = Self.ecdsa
            signature[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(!key.verifies(signature, of: Self.message, .ecdsaDER))
        }
        for count in 0..<Self.ecdsa.count {
            #expect(!key.verifies(Array(Self.ecdsa.prefix(count)), of: Self.message, .ecdsaDER))
        }
        #expect(!key.verifies(Self.ecdsa + [0], of: Self.message, .ecdsaDER))
    }

    @Test func `it holds from its first second to its last`() throws {
        let certificate = try Certificate(pem: "subject=/CN=e\n" + Self.p256 + Self.rsa)
        #expect(certificate.publicKey.kind == .p256)
        #expect(certificate.validFrom == 1_795_310_835)
        #expect(certificate.validUntil == 2_110_670_835)
        for (time, isValid) in [
            (1_795_310_834, false), (1_795_310_835, true), (2_110_670_835, true),
            (2_110_670_836, false), (Int64.min, false), (Int64.max, false),
        ] {
            #expect(certificate.isValid(at: time) == isValid)
        }
    }

    @Test(arguments: [
        "", "-----BEGIN CERTIFICATE-----", "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----",
        "-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----",
        "-----BEGIN PUBLIC KEY-----\nMAA=\n-----END PUBLIC KEY-----",
    ])
    func `what is none is refused`(_ text: String) {
        #expect(throws: PublicKeyError.notEncoded) { try Certificate(pem: text) }
    }

    @Test func `a short key and a private one are refused for what they are`() {
        #expect(throws: PublicKeyError.rsaTooShort(bits: 1024)) {
            try Certificate(pem: Self.rsa1024)
        }
        #expect(throws: PublicKeyError.privateKey) {
            try Certificate(pem: "-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----")
        }
        #expect(throws: PublicKeyError.certificate) { try PublicKey(pem: Self.rsa) }
    }
}
