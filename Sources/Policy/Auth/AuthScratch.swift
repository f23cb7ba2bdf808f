package import Bytes
import Crypto

/// What verifying credentials uses anew for each request; one a loop, within ``PolicyScratch``.
struct AuthScratch: ~Copyable {
    var digester = Digester()
    var verifier = SignatureVerifier()
    /// A token's header, then its claims, decoded.
    var decoded = Buffer(capacity: JWTPolicy.tokenBytesMax)
    /// A token's signature, decoded: one of 8192 bits fits.
    var signature = Buffer(capacity: 1032)
    /// The name or subject of the last request that was admitted by one.
    var principal = Buffer(capacity: JWTPolicy.subjectBytesMax)
    var tokens = TokenCache()
}

extension PolicyScratch {
    /// Appends the name or subject that the last verdict's ``Verdict/principal`` is about.
    package func appendPrincipal(to buffer: inout Buffer) { buffer.append(auth.principal) }
}
