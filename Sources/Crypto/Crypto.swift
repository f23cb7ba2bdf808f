// The one door to libcrypto: digests, codes of authentication, signatures and their comparison, as
// functions of bytes.
//
// It does no I/O, keeps no keys longer than its caller does, and compares secrets in constant time.
// Nobody else imports COpenSSL, so that a look at this module shows all uses of it.
//
//     secret text ──► HMACKey ────┐
//                                 ├─► Digester ──► Digest ──► ConstantTime.areEqual
//     any bytes ──────────────────┘
//     PEM, JWK members ──► PublicKey ──► SignatureVerifier ──► yes or no
//
// Keys are parsed when a configuration is loaded, checked there, immutable, and shared by all
// loops. A Digester and a SignatureVerifier hold a context of libcrypto's that is used again for
// every call: one of each belongs to one loop. What they cannot verify, for whatever reason, they
// do not verify: there is no third answer.
//
// Begin with `Digester`, then `SignatureVerifier`.
