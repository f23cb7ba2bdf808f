import Config
import HTTP
import Telemetry

/// When each failure of each server was last told: an app that is down costs the log one line a
/// second for each reason, not one for every request.
///
/// Each loop counts by itself, as it does everything in ``Sight``. Metrics count every failure.
struct FailureLines {
    /// What a line gives as its reason.
    enum Reason: Equatable {
        case failure(UpstreamFailure)
        case malformed(WireError)
    }

    private struct Entry {
        let reason: Reason
        /// Nanoseconds since 1970.
        var told: UInt64
        /// Failures since then for which there was no line.
        var suppressed = 0
    }

    let upstreams: [UpstreamSettings]
    /// By upstream, then by server; the last list of each upstream is for what no server did.
    ///
    /// An entry is made when a reason is first met, so that lists are short, and nothing is
    /// allocated for a failure that was met before.
    private var entries: [[[Entry]]]

    /// Nanoseconds between two lines of one server and reason.
    private static let pause: UInt64 = 1_000_000_000

    init(_ upstreams: [UpstreamSettings]) {
        self.upstreams = upstreams
        entries = upstreams.map { Array(repeating: [], count: $0.servers.count + 1) }
    }

    /// Takes note of a failure.
    ///
    /// - Parameters:
    ///   - server: Index into the upstream's servers; `nil` if there was none to ask.
    ///   - now: Nanoseconds since 1970. A clock that was set back lets a line pass.
    /// - Returns: How many failures like it went untold since the last line; `nil` if this one does
    ///   too.
    mutating func note(
        _ reason: Reason, of server: Int?, in upstream: Int, at now: UInt64
    ) -> Int? {
        let list = server ?? upstreams[upstream].servers.count
        let place = entries[upstream][list].firstIndex { $0.reason == reason }
        guard let place else {
            entries[upstream][list].append(Entry(reason: reason, told: now))
            return 0
        }
        guard now &- entries[upstream][list][place].told >= Self.pause else {
            entries[upstream][list][place].suppressed += 1
            return nil
        }
        let suppressed = entries[upstream][list][place].suppressed
        entries[upstream][list][place] = Entry(reason: reason, told: now)
        return suppressed
    }
}
