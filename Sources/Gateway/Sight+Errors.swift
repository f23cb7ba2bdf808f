import Bytes
import Config
import Policy
import Telemetry

/// What operators are shown of answers that nobody wanted.
extension Sight {
    /// Notes an answer of 500 or above among the latest, unless operators wanted it.
    ///
    /// They want maintenance and fixed answers. Not inlined: it allocates, a few times a second.
    @inline(never) mutating func noteError(
        _ record: AccessRecord, _ status: UInt16, _ journal: borrowing Journal
    ) {
        switch record.outcome {
        case .maintenance, .answered: return
        default: break
        }
        guard failures.errorPace.admits(at: now) else { return }
        var id = ""
        journal.text.withReadable { (bytes: borrowing Span<UInt8>) in
            // Acceptable ids are ASCII.
            for index in journal.request.requestID.indices {
                id.unicodeScalars.append(Unicode.Scalar(bytes[index]))
            }
        }
        let route = record.route.map(Int.init)
        let upstream = record.upstream.map(Int.init)
        failures.errors.note(
            RecentErrors.Entry(
                time: Int64(now / 1_000_000),
                route: route.flatMap {
                    failures.routes.indices.contains($0) ? failures.routes[$0] : nil
                }
                    ?? "-",
                upstream: upstream.map { failures.upstreams[$0].name }, status: status,
                outcome: "\(record.outcome.name)", reason: record.reason.map { "\($0)" },
                requestID: id))
    }
}
