// The one door to libcrypto: digests, signatures and their comparison, as functions of bytes.
//
// So far it tells which OpenSSL the process found; what verifies and signs comes with the policies
// that need it. It does no I/O, keeps no keys longer than its caller does, and compares secrets in
// constant time. Nobody else imports COpenSSL, so that a look at this module shows all uses of it.
//
// Begin with `CryptoLibrary`.
