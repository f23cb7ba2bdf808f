/// What a log line tells of: its `event`.
package enum EventName: UInt8, CaseIterable, Sendable {
    case request, startup, shutdown, reload, keys, listener, upstream, security, redis, breaker, log
    case audit, traces, reports, certificates

    /// As logs spell it.
    package var name: StaticString {
        switch self {
        case .request: "request"
        case .startup: "startup"
        case .shutdown: "shutdown"
        case .reload: "reload"
        case .keys: "keys"
        case .listener: "listener"
        case .upstream: "upstream"
        case .security: "security"
        case .redis: "redis"
        case .breaker: "breaker"
        case .log: "log"
        case .audit: "audit"
        case .traces: "traces"
        case .reports: "reports"
        case .certificates: "certificates"
        }
    }

    /// One sentence for operators; docs/logs.md is made of these.
    package var meaning: StaticString {
        switch self {
        case .request: "An exchange has ended; exactly one line for each (the access log)."
        case .startup: "The process serves, or could not begin to."
        case .shutdown: "The process was told to end, drains, or has ended."
        case .reload: "A new configuration was asked for, and what came of it."
        case .keys: "Files of keys changed and were read again, or could not be."
        case .listener: "Accepting connections has paused, failed or resumed."
        case .upstream: "A server of an upstream failed, was set aside, or is back."
        case .security: "A request was refused because of what it tried; `kind` says what."
        case .redis: "A connection to Redis, or a command on it, failed; `reason` says why."
        case .breaker: "Redis is not asked any more, is tried again, or is asked again."
        case .log: "The log itself: lines dropped, files reopened."
        case .audit: "An operator changed something, or tried to: who, what, and what came of it."
        case .traces: "Spans cannot be delivered to `otlp.endpoint`, or can be again."
        case .reports: "Errors cannot be reported to `errors.sentry_dsn`, or can be again."
        case .certificates: "Files of certificates changed and were read again, or could not be."
        }
    }
}

/// How much a line matters: its `level`, in rising order.
package enum LogLevel: UInt8, CaseIterable, Comparable, Sendable {
    case debug, info, warn, error, fatal

    /// As logs spell it.
    package var name: StaticString {
        switch self {
        case .debug: "debug"
        case .info: "info"
        case .warn: "warn"
        case .error: "error"
        case .fatal: "fatal"
        }
    }

    package static func < (left: LogLevel, right: LogLevel) -> Bool {
        left.rawValue < right.rawValue
    }
}
