// Decides what becomes of a request and what goes with its answer: pure functions from values to
// values.
//
// Nothing in here reads a clock, logs, blocks or does I/O. Time is an argument, storage is lent
// (`PolicyScratch`), and a request's bytes are seen through a `Span` that no value keeps. What a
// configuration settles is compiled when it is loaded; deciding allocates nothing. State between
// requests is kept by the types whose subject it is, in memory of a fixed size: `BucketTable`,
// `ReplayTable` and `Breaker`, which loops share, and each loop's `LeaseTable`, `DebtTable` and
// `ReplayDebts`.
//
//     Pipeline.decide(head, arrival) ──► Verdict: route, identity, action
//        │ Identity/    whose word is believed, who the client is, what the upstream is told
//        │ Routing/     the first route that takes the request (docs/routing.md)
//        │ CORS/        whether another origin's page may ask, and what it is told
//        │ Bodies/      how a body is looked through: the gateway hands its bytes to BodyInspectors
//        ▼
//     what the gateway asks for when it writes
//          Identity/    RequestID, Forwarding
//          Headers/     ResponseStamp: SecurityHeaders, CORSPolicy, the request id
//          Routing/     RedirectTarget
//          Errors/      ProblemFormat, ProblemBody
//     what it asks before it forwards
//          Limits/      Bucket: how much is left; BucketTable, LeaseTable, DebtTable: whose it is
//          Webhooks/    ReplayTable: which events are on their way, and which were accepted
//          Breaking/    Breaker: whether a store is asked at all
//
// Begin with `Pipeline`: its stages stand there in their order.
