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
        var pace = LinePace()
    }

    let upstreams: [UpstreamSettings]
    let routes: [String]
    let errors: RecentErrors
    var errorPace = ErrorPace()
    /// Of connections that should have begun with a PROXY header.
    var proxyHeaders = LinePace()
    /// Of each ``StoreTrouble``.
    private var store = Array(repeating: LinePace(), count: StoreTrouble.allCases.count)
    /// By upstream, then by server; the last list of each upstream is for what no server did.
    ///
    /// An entry is made when a reason is first met, so that lists are short, and nothing is
    /// allocated for a failure that was met before.
    private var entries: [[[Entry]]]

    init(
        _ upstreams: [UpstreamSettings], routes: [String] = [],
        errors: RecentErrors = RecentErrors()
    ) {
        self.upstreams = upstreams
        self.routes = routes
        self.errors = errors
        entries = upstreams.map { Array(repeating: [], count: $0.servers.count + 1) }
    }

    /// Takes note of a trouble with Redis; as ``note(_:of:in:at:)``.
    mutating func note(_ trouble: StoreTrouble, at now: UInt64) -> Int? {
        store[Int(trouble.rawValue)].note(at: now)
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
        if place == nil { entries[upstream][list].append(Entry(reason: reason)) }
        return entries[upstream][list][place ?? entries[upstream][list].count - 1].pace.note(
            at: now)
    }
}
