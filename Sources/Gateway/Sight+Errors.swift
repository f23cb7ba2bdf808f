import Bytes
import Config
import HTTP
import Policy
import Telemetry

/// What operators are shown of answers that nobody wanted.
extension Sight {
    /// Notes an answer of 500 or above among the latest, unless operators wanted it.
    ///
    /// They want maintenance and fixed answers. Not inlined: it allocates, a few times a second.
    @inline(never) mutating func noteError(
        _ record: AccessRecord, _ status: UInt16, _ journal: borrowing Journal, method: Method
    ) {
        switch record.outcome {
        case .maintenance, .answered: return
        default: break
        }
        guard failures.errorPace.admits(at: now) else {
            return failures.errors.reports.noteUntold()
        }
        let id = text(journal, journal.request.requestID)
        let route = record.route.map(Int.init)
        let upstream = record.upstream.map(Int.init)
        let entry = RecentErrors.Entry(
            time: Int64(now / 1_000_000),
            route: route.flatMap {
                failures.routes.indices.contains($0) ? failures.routes[$0] : nil
            }
                ?? "-",
            upstream: upstream.map { failures.upstreams[$0].name }, status: status,
            outcome: "\(record.outcome.name)", reason: record.reason.map { "\($0)" },
            requestID: id)
        failures.errors.note(entry)
        if failures.errors.reports.isWanted { report(entry, journal, method: method) }
    }

    /// Tells outside of what was just noted.
    private func report(
        _ entry: RecentErrors.Entry, _ journal: borrowing Journal, method: Method
    ) {
        var request = FailedRequest(
            id: entry.requestID, method: "\(method.name)", url: "",
            traceID: text(journal, journal.request.traceID), spanID: "")
        if !journal.traceParent.isEmpty {
            request.spanID = text(
                journal, ByteRange(start: journal.traceParent.start + 36, count: 16))
        }
        if journal.trace.contains(.isRecorded) {
            let own = ByteRange(start: journal.spanIDs.start + 24, count: 8)
            request.spanID = own.indices.map { index in
                let digits = String(journal.text[index], radix: 16)
                return digits.utf8.count == 1 ? "0" + digits : digits
            }.joined()
        }
        request.url = journal.text.withReadable { (source: borrowing Span<UInt8>) in
            let host = CleanText.host(journal.request, source: source, labels: labels)
            let scheme = journal.trace.contains(.isSecure) ? "https" : "http"
            let target = CleanText.target(journal.request, source: source, labels: labels)
            return host.isEmpty ? target : "\(scheme)://\(host)\(target)"
        }
        failures.errors.reports.add(
            ErrorReport(
                level: .error, time: entry.time,
                likeness: ErrorReport.Likeness(
                    place: entry.route, outcome: entry.outcome, status: entry.status),
                message: "\(entry.outcome) on route \(entry.route): \(entry.status)",
                upstream: entry.upstream, reason: entry.reason, request: request))
    }

    private func text(_ journal: borrowing Journal, _ range: ByteRange) -> String {
        journal.text.withReadable { (bytes: borrowing Span<UInt8>) in
            CleanText.identifier(range, source: bytes)
        }
    }
}
