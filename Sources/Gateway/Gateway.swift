// The only module that carries decisions out: it accepts, reads, asks, connects, relays, ends.
//
//     Serving (main thread, control loop) ──starts──► WorkerCrew ──a thread each──► Worker
//        │ signals, Admin/, names                                                     │ a turn:
//        └──────── Mailbox: drain, addresses ─────────────────────────────────────────┤
//                                                                                     ▼
//     Listening/ ──► Exchange/ ── Pipeline (Policy) ── Pooling/ ── Exchange/ ──► Sight (Telemetry)
//     accept          head          decides            lease        relay         one record
//
// Decide and act are apart. `DownstreamMachine` and `ExchangeMachine` are told events and answer
// with actions; they hold no bytes and no sockets. `Worker`, in files by concern, performs:
// `advance` moves an exchange until both its sockets would block, and is called again when
// something changed. All it asks of the kernel goes through `Transport`, where Simulation sits in.
//
// What it must never do:
// - decide what a policy decides: a rule that needs no I/O belongs to Policy;
// - wait on the data path, hold a lock there, or allocate for a request;
// - send a request twice that an app may have acted on, or end an exchange without its record;
// - share a worker's state: what crosses threads is listed in docs/architecture.md.
//
// Begin with `Worker`, then `ExchangeMachine`, then `Worker+Exchanges`.
