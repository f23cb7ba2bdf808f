// HTTP/1.1 messages without I/O: bytes in, heads and bodies out, and the other way round.
//
//     bytes ──► RequestReader ──► RequestHead (ranges, framing settled) ──► BodyReader ─► data, end
//           ──► ResponseReader ─► ResponseHead                          ──►
//               each: needs more, or a typed WireError, which ends the connection
//
//     ranges ──► Writing/ ──► Buffer: one canonical form, whatever the spelling was
//
// Grammar/ says which bytes may stand where, Parsing/ finds lines and fields, Framing/ settles
// where a body ends, Message/ is what comes out. Every rule has its section of RFC 9110 or 9112
// beside it, and its cases in Tests/WireCases.
//
// What it must never do:
// - accept what two parsers could read in two ways: that is refused, not repaired;
// - trap, whatever the bytes: ranges are checked, arithmetic on a peer's numbers is too;
// - keep a span, copy a field, or allocate for a message: ranges point into the caller's buffer;
// - know which side it reads for, but where the RFC makes a difference.
//
// There is no `unsafe` in here. Begin with `RequestReader`, then `BodyFraming`.
