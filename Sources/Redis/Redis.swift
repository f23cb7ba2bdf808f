// What is said to Redis and what it answers, as values: no sockets, no clocks.
//
//     Commands/   Buffer+Commands ──► bytes to send          ScriptCommand: EVALSHA, EVAL
//     Replies/    bytes received ──► ReplyReader (hiredis) ──► ReplyTape ──► StoreError
//     Scripts/    BucketScript: what all gateways have Redis do to the buckets of a request
//                 ReplayScript: likewise to the event of a webhook
//     Topology/   HashSlot: key → slot    SlotMap: slot → master    ServerName: who a reply names
//
// A reply is a flat row of items in storage that the next one uses again. How many items, how much
// text and how much of an unfinished reply there may be is bounded: whatever a server sends, memory
// stays what it was, and beyond a bound the stream is given up as one that nobody can read.
//
// Connections, deadlines and the choice of a server stay with Gateway: nothing here does I/O.
//
// Begin with `ReplyReader`.
