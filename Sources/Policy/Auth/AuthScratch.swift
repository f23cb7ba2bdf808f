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
    var admissions = AdmissionCache()
    /// Of the tags in ``admissions``.
    let tagKey: SipHash.Key
    /// What holds instead of the pipeline's own, since files of keys were read again.
    var successor: AuthTable?

    init(tagKey: SipHash.Key) { self.tagKey = tagKey }
}

extension PolicyScratch {
    /// Has requests decided by these policies from now on, which are those of the same routes with
    /// other keys.
    ///
    /// What the former ones admitted is forgotten.
    package mutating func adopt(_ policies: AuthTable) { auth.successor = policies }

    /// Has requests decided by the pipeline's own policies from now on, which is another one's.
    ///
    /// What the former ones admitted is forgotten.
    package mutating func adoptNothing() {
        auth.successor = nil
        auth.admissions = AdmissionCache()
    }

    /// Appends the name or subject that the last verdict's ``Verdict/principal`` is about.
    package func appendPrincipal(to buffer: inout Buffer) { buffer.append(auth.principal) }
}
