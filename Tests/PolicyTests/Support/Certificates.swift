@testable import Policy

extension ClientCertificate {
    /// Of a client of tests.
    ///
    /// - Parameter seed: The first byte of its fingerprint, the others being zeros.
    static func sample(
        _ subject: String = "CN=ada,O=Example", names: [AlternativeName] = [], seed: UInt8 = 1
    ) -> ClientCertificate {
        ClientCertificate(
            subject: Array(subject.utf8), names: names,
            fingerprint: [seed] + Array(repeating: 0, count: 31), notAfter: 1_893_456_000)
    }
}

extension AlternativeName {
    static func dns(_ text: String) -> AlternativeName { .dns(Array(text.utf8)) }
    static func uri(_ text: String) -> AlternativeName { .uri(Array(text.utf8)) }
    static func email(_ text: String) -> AlternativeName { .email(Array(text.utf8)) }
}

extension SentRequest {
    /// The same on a connection whose handshake settled this.
    func over(_ certificate: ClientCertificate?, named name: String? = nil) -> SentRequest {
        var other = self
        other.arrival.isSecure = true
        other.handshake = ClientHandshake(
            certificate: certificate, serverName: name.map { Array($0.utf8) })
        return other
    }
}
