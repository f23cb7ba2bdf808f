/// A field of log lines: its name in each format and what it means, in one place.
///
/// Lines are made as JSON, with the keys spelt here; a test holds those who make lines to them.
package enum LogField: UInt8, CaseIterable, Sendable {
    case time, level, event, message, requestID, traceID
    case clientIP, method, host, path, query, `protocol`
    case status, bytesIn, bytesOut, duration, route, upstream
    case upstreamAddress, upstreamStatus, upstreamDuration, outcome, reason, authName
    case userAgent, referer, kind, limit, policy, origin
    case webhook, id, mode, suppressed, setAside, from
    case to, file, version, environment, workers, listeners
    case admin, routes, upstreams, dropped, droppedTotal, errno
    case who, what, target, result, lost, sequence, previous
    case hash

    /// Its name in JSON, logfmt and text.
    package var key: StaticString { names.key }
    /// Its name in the Elastic Common Schema; what that has none for begins with `apus.`.
    package var ecs: StaticString { names.ecs }
    /// One sentence for operators; docs/logs.md is made of these.
    package var meaning: StaticString { names.meaning }

    /// The field that a part of a line names.
    static func named(_ line: borrowing Span<UInt8>, _ key: Range<Int>) -> LogField? {
        for field in allCases where line.part(key, is: field.key) { return field }
        return nil
    }

    private var names: (key: StaticString, ecs: StaticString, meaning: StaticString) {
        rawValue < LogField.kind.rawValue ? requestNames : eventNames
    }

    /// Of the fields that lines of requests have, in their order.
    private var requestNames: (key: StaticString, ecs: StaticString, meaning: StaticString) {
        switch self {
        case .time: ("time", "@timestamp", "When it happened: RFC 3339, UTC, milliseconds.")
        case .level:
            (
                "level", "log.level",
                "How much it matters: `debug`, `info`, `warn`, `error`, `fatal`."
            )
        case .event: ("event", "event.action", "What the line tells of.")
        case .message: ("message", "message", "The same in words.")
        case .requestID:
            ("request_id", "http.request.id", "The id that client and app were given too.")
        case .traceID: ("trace_id", "trace.id", "The trace that the request is part of.")
        case .clientIP:
            ("client_ip", "client.ip", "Whom the request came from, by `trusted_proxies`.")
        case .method: ("method", "http.request.method", "As sent, known or not.")
        case .host: ("host", "url.domain", "What the request was for, its port included.")
        case .path: ("path", "url.path", "As sent, without the query.")
        case .query: ("query", "url.query", "Without its `?`.")
        case .protocol: ("protocol", "http.version", "`HTTP/1.1` or `HTTP/1.0`.")
        case .status:
            (
                "status", "http.response.status_code",
                "Of the response; missing if the client got none."
            )
        case .bytesIn:
            ("bytes_in", "http.request.body.bytes", "Bytes of the body taken from the client.")
        case .bytesOut:
            ("bytes_out", "http.response.body.bytes", "Bytes of the body given to the client.")
        case .duration:
            (
                "duration_ms", "event.duration",
                "From the first byte of the request to the last of the response."
            )
        case .route: ("route", "apus.route", "The route by name; missing if none matched.")
        case .upstream: ("upstream", "apus.upstream", "The upstream by name.")
        case .upstreamAddress:
            ("upstream_address", "destination.address", "The server that was asked.")
        case .upstreamStatus:
            ("upstream_status", "apus.upstream_status", "Of its response; missing if none came.")
        case .upstreamDuration:
            (
                "upstream_ms", "apus.upstream_ms",
                "From the begin of the attempt to the last byte of the upstream."
            )
        case .outcome: ("outcome", "apus.outcome", "How the exchange ended: the table below.")
        case .reason: ("reason", "event.reason", "More than the outcome or the message says.")
        case .authName:
            ("auth_name", "user.name", "The name of the API key that admitted the request.")
        case .userAgent: ("user_agent", "user_agent.original", "As sent.")
        case .referer: ("referer", "http.request.referrer", "As sent.")
        default: eventNames
        }
    }

    /// Of the others.
    private var eventNames: (key: StaticString, ecs: StaticString, meaning: StaticString) {
        switch self {
        case .kind: ("kind", "apus.kind", "What a `security` line is about.")
        case .limit: ("limit", "apus.limit", "The rate limit that refused.")
        case .policy: ("policy", "apus.policy", "The policy of `cors` that refused.")
        case .origin: ("origin", "apus.origin", "The origin that was refused.")
        case .webhook: ("webhook", "apus.webhook", "The webhook by name.")
        case .id: ("id", "event.id", "The id of a delivered event.")
        case .mode:
            ("mode", "apus.mode", "`shadow` or `report` if it was only told, `enforce` if refused.")
        case .suppressed:
            ("suppressed", "apus.suppressed", "How many like it had no line since the last one.")
        case .setAside: ("set_aside_ms", "apus.set_aside_ms", "How long a server is passed over.")
        case .from: ("from", "apus.from", "What a breaker was before.")
        case .to: ("to", "apus.to", "What it is now.")
        case .file: ("file", "file.path", "A file of keys.")
        case .version: ("version", "service.version", "Of this binary.")
        case .environment:
            ("environment", "service.environment", "`environment` of the configuration.")
        case .workers: ("workers", "apus.workers", "Event loops.")
        case .listeners: ("listeners", "apus.listeners", "Names and addresses.")
        case .admin: ("admin", "apus.admin", "The address of the admin listener.")
        case .routes: ("routes", "apus.routes", "How many.")
        case .upstreams: ("upstreams", "apus.upstreams", "How many.")
        case .dropped: ("dropped", "apus.dropped", "Lines dropped since this was last said.")
        case .droppedTotal:
            ("dropped_total", "apus.dropped_total", "Lines dropped since the start.")
        case .errno: ("errno", "error.code", "The number of an error, as of errno(3).")
        case .who: ("who", "apus.who", "Who changed something: an address, or a signal.")
        case .what: ("what", "apus.what", "What was changed.")
        case .target: ("target", "apus.target", "What of that: a route, or an event of a webhook.")
        case .result: ("result", "apus.result", "What came of it.")
        case .lost: ("lost", "apus.lost", "Audit lines before this one that could not be kept.")
        case .sequence: ("seq", "event.sequence", "The number of an audit line in its chain.")
        case .previous: ("prev", "apus.prev", "The hash of the audit line before.")
        case .hash: ("hash", "event.hash", "The hash of this line: SHA-256, in hexadecimal.")
        default: ("", "", "")
        }
    }
}
