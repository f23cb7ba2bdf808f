/// One entry of `routes`: which requests it takes, and what is done with them.
package struct Route: Sendable {
    /// As configured; the `route` label of metrics and logs.
    package var name: String
    /// All criteria must be met.
    package var match: RouteMatch
    /// Exactly one, where the file may have four keys.
    package var action: RouteAction
    /// The route's own over the global ones.
    package var securityHeaders: SecurityHeaderSettings
    /// Longest request body in bytes, the global limit unless the route has its own; `nil` for
    /// `none`.
    package var bodyBytesMax: UInt64?
    /// Complete: the global ones stand in where the route has none of its own.
    package var timeouts: RouteTimeouts
    /// Shared by the routes that name it.
    package var cors: CORSPolicy?
    /// How requests prove who sent them.
    package var proof = RouteProof()
    /// Open unless the route says whom or what it refuses.
    package var gate = GateSettings.open
    /// At most eight, in the order of the file.
    package var limits: [LimitUse] = []
    /// How many requests are with the app at a time; `nil` for any number.
    package var concurrency: ConcurrencySettings?
    /// None unless the route says what it changes of messages.
    package var edits = RouteEdits.none

    package init(
        name: String, match: RouteMatch, action: RouteAction,
        securityHeaders: SecurityHeaderSettings,
        bodyBytesMax: UInt64?, timeouts: RouteTimeouts
    ) {
        self.name = name
        self.match = match
        self.action = action
        self.securityHeaders = securityHeaders
        self.bodyBytesMax = bodyBytesMax
        self.timeouts = timeouts
    }
}

extension Route {
    /// How requests prove who sent them; `nil` if they need not.
    package var auth: AuthSettings? {
        get { proof.auth }
        set { proof.auth = newValue }
    }

    /// An index into the snapshot's webhooks, whose deliveries the route takes; `nil` if none.
    package var webhook: Int? {
        get { proof.webhook }
        set { proof.webhook = newValue }
    }
}

/// How requests prove who sent them; nothing unless the route asks for it.
package struct RouteProof: Sendable {
    /// By what they carry for this gateway.
    package var auth: AuthSettings?
    /// By the provider's signature: an index into the snapshot's webhooks.
    package var webhook: Int?

    package init() {}
}

/// What a request must be for a route to take it; an absent criterion takes all.
package struct RouteMatch: Sendable, Equatable {
    /// Compared with the target's host, else that of `Host`.
    package var host: HostPattern?
    /// Compared with the path's decoded reading; see docs/routing.md.
    package var path: PathPattern?
    /// Names as on the wire, case-sensitive.
    ///
    /// GET admits HEAD.
    package var methods: [String]?
    /// Each named field must be present with exactly this value, in one of its lines.
    package var headers: [HeaderCriterion]
    /// The listener's name.
    package var listener: String?

    package init(
        host: HostPattern?, path: PathPattern?, methods: [String]?, headers: [HeaderCriterion],
        listener: String?
    ) {
        self.host = host
        self.path = path
        self.methods = methods
        self.headers = headers
        self.listener = listener
    }
}

/// `host` of a match, in lower case, without port.
package enum HostPattern: Sendable, Hashable {
    case exact(String)
    /// `*.example.com` as `.example.com`: one or more whole labels before it.
    case suffix(String)
}

/// `path` of a match.
///
/// Compared with the path decoded once, dot-segments removed.
package enum PathPattern: Sendable, Hashable {
    case exact(String)
    /// `/prefix/*` as `/prefix`: that path itself and all below it. `/*` is the empty prefix.
    case prefix(String)
}

/// A field that a request must have, name without regard to case, value exactly.
package struct HeaderCriterion: Sendable, Hashable {
    /// A token (RFC 9110 §5.1).
    package var name: String
    /// Without white space around it, as fields are read.
    package var value: String

    package init(name: String, value: String) {
        self.name = name
        self.value = value
    }
}

/// What a route does with the requests that it takes.
package enum RouteAction: Sendable, Equatable {
    /// An index into the snapshot's upstreams.
    case upstream(Int)
    case redirect(Redirect)
    case respond(FixedResponse)
    case health(HealthKind)
}

/// An answer that sends the client elsewhere, as configured.
package struct Redirect: Sendable, Equatable {
    /// May hold `{path}`: the client's bytes without query.
    ///
    /// The query is kept.
    package var target: String
    /// 301, 302, 303, 307 or 308.
    package var status: UInt16

    package init(target: String, status: UInt16) {
        self.target = target
        self.status = status
    }
}

/// An answer that is always the same.
package struct FixedResponse: Sendable, Equatable {
    /// 200 to 599.
    package var status: UInt16
    /// UTF-8, at most 32 KiB; empty for 204, 205 and 304.
    package var body: [UInt8]
    /// Sent with a body that is not empty.
    package var contentType: String

    package init(status: UInt16, body: [UInt8], contentType: String) {
        self.status = status
        self.body = body
        self.contentType = contentType
    }
}

/// Which of the gateway's own checks a route answers.
package enum HealthKind: Sendable, Equatable {
    /// Whether the process serves.
    case live
    /// Whether it is well, with all that it stands on.
    case ready
}

/// Timeouts that a route may set, the global ones where it does not.
///
/// `nil` means none was wanted.
package struct RouteTimeouts: Sendable, Equatable {
    /// Until one server accepts a connection; always there, as a connect may hang for minutes.
    package var connect: Duration
    /// Until the whole response head.
    package var response: Duration?
    /// Between two reads of a body.
    package var stream: Duration?
    /// While nothing passes through an upgraded connection, either way.
    package var tunnelIdle: Duration?

    package init(
        connect: Duration, response: Duration?, stream: Duration?, tunnelIdle: Duration?
    ) {
        self.connect = connect
        self.response = response
        self.stream = stream
        self.tunnelIdle = tunnelIdle
    }
}
