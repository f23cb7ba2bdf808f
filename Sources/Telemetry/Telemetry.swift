// Telemetry: what the process tells of itself.
//
// It decides how a finished exchange becomes a line of the log and a handful of numbers, and owns
// every name that operators hold on to: metrics, events, outcomes and reasons are spelt in `Names`
// and in `Metric`, and nowhere else. It opens no sockets and knows neither HTTP nor the
// configuration: names come in as text, texts as ranges into bytes that the caller lends.
//
//     loop 0 ──► AccessLine ──► LogQueue ──┐
//     loop 1 ──► AccessLine ──► LogQueue ──┼──► LogWriter (one thread) ──► file, pipe, socket
//     others ──► LineBuilder ─► LogQueue ──┘
//
// Every line is made as JSON. What another format, or the chain of audit lines, makes of it is the
// writer's work (`LineStage`), between the queues and the output.
//
//     loop 0 ──► LoopMetrics ──┐
//     loop 1 ──► LoopMetrics ──┴──► MetricsPage ──► whoever asks
//
// What it must never do:
// - make a loop wait: a queue that is full drops whole lines and counts them;
// - allocate while an exchange is recorded: queues and counters have their size from the start;
// - write a line that is not valid, or that shows a secret of a URL, whatever a client sent;
// - make a series out of what a client sent: routes are configured names, methods a fixed list.
//
// Each loop is the only writer of its queue and of its counters, so both do without locks; the
// orderings that this takes are argued in `LogQueue`, `WriterSignal` and `RequestTable`.
//
// Begin with `AccessLine.append`, then `LogPipeline` and `LogWriter`, then `AuditChain`, then
// `LoopMetrics.requestFinished`.
