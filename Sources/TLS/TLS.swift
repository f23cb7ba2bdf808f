// TLS over OpenSSL: contexts, which are immutable and shared by all loops, and sessions, which are
// one loop's and move-only.
//
//     CertificatePair ──┐
//     TicketKeys ───────┼──► ServerTLS ──► Session ──► receive, send: IOResult, as a Socket
//     ClientAuthority ──┘    ClientTLS ──►    │
//                                             CipherLine   the BIO: our socket, our flags
//
// A session is a drop-in for the socket below it: the same results, the same rule that nothing
// blocks, and bytes count as sent only once their ciphertext is with the kernel.
//
// What it must never do:
// - read a file: callers pass what files hold, so that they may read them where waiting is allowed;
// - let a peer's bytes decide how much memory is held: what is not sent is bounded, what is read
//   stays in the kernel until there is room;
// - leave an entry in OpenSSL's queue of errors, which the next call on the thread would take for
//   its own.
//
// Begin with `Session`, then `CipherLine`, then `ServerTLS`.
