import Linux
import Reactor
import Telemetry

/// Whom this process speaks with of itself: spans by OTLP, reports by Sentry's protocol, and
/// certificates of providers.
final class Outlets: Sendable {
    private let traces: TraceExporter
    private let reports: ErrorReporter
    private let certificates: CertificateFetcher
    private let loop: ControlLoop

    init(
        _ crew: WorkerCrew, names: NameWatch, log: LogPipeline, loop: ControlLoop
    ) throws(Errno) {
        let client = OutboundClient(
            names: names, loop: loop,
            version: crew.standing.names.build.version)
        traces = try TraceExporter(
            crew.spans, crew: crew, client: client, log: log, loop: loop)
        reports = try ErrorReporter(
            crew.standing.commons.operations.errors.reports, crew: crew, client: client, log: log,
            loop: loop)
        certificates = try CertificateFetcher(crew, client: client, log: log, loop: loop)
        self.loop = loop
        crew.attend(to: reports)
    }

    /// Delivers until the end, beside the caller.
    func begin() {
        loop.begin { [self] in await traces.run() }
        loop.begin { [self] in await reports.run() }
        loop.begin { [self] in await certificates.run() }
    }

    /// Has what is left delivered; not for longer than `length`.
    func finish(within length: Duration) async {
        let deadline = Clock.monotonic().advanced(by: length)
        await traces.finish(by: deadline)
        await reports.finish(by: deadline)
    }
}
