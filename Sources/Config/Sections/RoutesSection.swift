import Policy

/// `routes`: what is done with which requests.
enum RoutesSection {
    static let name = Key(
        required: "name",
        Kind.text("a name", pattern: "[0-9A-Za-z._-]{1,64}", check: checkName).located,
        "What the route is called in metrics and logs")
    static let match = Key(
        "match", MatchSection.kind, default: MatchSection.make(.absent(MatchSection.section)),
        "Which requests it takes; without this key all")
    static let upstream = Key(
        optional: "upstream", Kind.text("the name of an upstream").located,
        "Pass the request on to this upstream")
    static let redirect = Key(
        optional: "redirect", RedirectSection.kind, "Send the client elsewhere")
    static let respond = Key(optional: "respond", RespondSection.kind, "Answer always the same")
    static let health = Key(
        optional: "health", Kind<HealthKind>.health,
        "Answer whether the process serves (live), or is well with all it stands on (ready)")
    static let securityHeaders = Key(
        optional: "security_headers", SecurityHeadersKey.kind.located, unset: "the global one",
        "Security headers of this route: a preset alone, or what is laid over the global ones")
    static let cors = Key(
        optional: "cors", Kind.text("the name of a CORS policy").located, unset: "none",
        "The pages of other origins that may use this route, by a policy of cors")
    static let limits = Key(
        "limits", RouteLimitsSection.kind,
        default: RouteLimitsSection.make(.absent(RouteLimitsSection.section)),
        "Limits that hold here instead of the global ones")
    static let timeouts = Key(
        "timeouts", RouteTimeoutsSection.kind,
        default: RouteTimeoutsSection.make(.absent(RouteTimeoutsSection.section)),
        "Timeouts that hold here instead of the global ones")
    static let auth = Key(
        optional: "auth", AuthSection.kind, unset: "none", AuthSection.section.summary)

    static let webhook = Key(
        optional: "webhook", Kind.text("the name of a webhook").located, unset: "none",
        "Pass on only what this one of webhooks verified; json and upload look at no deliveries")

    /// One route of each kind, as the sample configuration has them.
    static let example = """
        # Answered here, for load balancers: 200 while the process serves.
        - name: live
          match: { path: /api/health }
          health: live
        # Always the same answer.
        - name: robots
          match: { path: /robots.txt }
          respond: { status: 200, body: "User-agent: *\\n", content_type: text/plain }
        # A former address. {path} stands for the client's path; the query is kept.
        - name: old
          match: { host: old.example.com }
          redirect: { to: "https://www.example.com{path}", status: 308 }
        # Uploads, from the pages of the policy above as well: longer bodies and more patience.
        - name: uploads
          match: { path: /upload/*, methods: [POST, PUT] }
          cors: app
          limits: { body: 1GiB }
          timeouts: { response: 2min, stream: 10min }
          upstream: app
        # Responses for programs rather than browsers get headers of their own.
        - name: api
          match: { path: /api/*, headers: { X-Api-Version: "2" }, listener: public }
          security_headers: api
          json: { max_depth: 32 }
          upstream: app
        # Forms with files: what a file says that it is, its first bytes must say as well.
        - name: pictures
          match: { path: /pictures, methods: [POST] }
          upload: { parts: 4, part_size: 5MiB, types: [image/*] }
          upstream: app
        # For those who hold a key: this file has its digest alone (printf %s KEY | sha256sum).
        - name: ops
          match: { path: /ops/* }
          auth:
            api_keys:
              ci: "sha256:3b9a4f0c8e21d57a6c0b9e8d1f2a37465c8b7d9e0f1a2b3c4d5e6f708192a3b4"
          upstream: app
        # Something costly: a request takes ten tokens, and twenty are with the app at a time.
        - name: export
          match: { path: /export }
          rate_limits: [{ limit: per_ip, cost: 10 }]
          concurrency: { max: 20, queue: 50, queue_timeout: 2s }
          upstream: app
        # All the rest.
        - name: app
          match: { path: /* }
          rate_limits: [per_ip]
          upstream: app
        """

    static let section = Section(
        "routes[]", "What is done with which requests; the first route that matches wins",
        keys: [
            name.description, match.description, upstream.description, redirect.description,
            respond.description, health.description, securityHeaders.description,
            cors.description, limits.description, timeouts.description, auth.description,
            webhook.description,
        ] + RouteLimitKeys.descriptions + GateKeys.descriptions + EditKeys.descriptions)
    static let kind = Kind<RouteDraft>.section(section, make: make)

    /// The route as far as it can be known without the rest of the file.
    static func make(_ fields: Fields) -> RouteDraft {
        let match = fields[match]
        let limits = RouteLimits(
            body: fields[limits], uses: fields[RouteLimitKeys.uses],
            concurrency: fields[RouteLimitKeys.concurrency])
        return RouteDraft(
            position: fields.position, path: fields.place.path, name: fields[name],
            match: match, action: action(fields), securityHeaders: fields[securityHeaders],
            cors: fields[cors], limits: limits, timeouts: fields[timeouts],
            proof: ProofDraft(auth: fields[auth], webhook: fields[webhook]),
            gate: GateKeys.make(fields),
            edits: EditKeys.make(fields, match.match))
    }

    /// Exactly one of four keys.
    private static func action(_ fields: Fields) -> ActionDraft? {
        let upstream = fields[upstream]
        let redirect = fields[redirect]
        let respond = fields[respond]
        let health = fields[health]
        let given = ["upstream", "redirect", "respond", "health"].filter(fields.has)
        guard let first = given.first else {
            // With a key of a later version the route has a meaning, only not here.
            fields.place.error(
                at: fields.position,
                "does nothing: it needs one of upstream, redirect, respond, health")
            return nil
        }
        for extra in given.dropFirst() {
            fields.place.inside(extra).error(
                at: fields.position(of: extra),
                "cannot stand beside \(first): a route does one thing")
        }
        switch first {
        case "upstream": return upstream.map(ActionDraft.upstream)
        case "redirect": return redirect.map { .settled(.redirect($0)) }
        case "respond": return respond.map { .settled(.respond($0)) }
        default: return health.map { .settled(.health($0)) }
        }
    }
}

/// A route whose references were not looked up, and which does not have the global values yet.
struct RouteDraft: Sendable {
    let position: Position
    let path: Path
    let name: Located<String>?
    let match: MatchDraft
    let action: ActionDraft?
    let securityHeaders: Located<SecurityHeadersDraft>?
    /// A reference by name.
    let cors: Located<String>?
    let limits: RouteLimits
    let timeouts: RouteTimeoutsDraft
    let proof: ProofDraft
    let gate: GateDraft
    let edits: RouteEdits
}

extension RouteDraft {
    var auth: AuthDraft? { proof.auth }
}

/// How requests of a route prove who sent them.
struct ProofDraft: Sendable {
    let auth: AuthDraft?
    /// A reference by name.
    let webhook: Located<String>?
}

/// What a route does.
enum ActionDraft: Sendable {
    /// A reference by name.
    case upstream(Located<String>)
    case settled(RouteAction)
}

/// `limits` of a route.
enum RouteLimitsSection {
    static let body = Key(
        optional: "body", LimitsSection.bodySize, unset: "the global one",
        "A request body; a longer one is answered 413")

    static let section = Section(
        "routes[].limits", "The limits that a route may have of its own", keys: [body.description])
    static let kind = Kind<UInt64??>.section(section, make: make)

    /// `nil` where the route says nothing, `.some(nil)` where it says none.
    static func make(_ fields: Fields) -> UInt64?? { fields[body] }
}

/// What a route says of how much, how often and how many at a time.
struct RouteLimits: Sendable {
    /// `nil` where the route says nothing, `.some(nil)` where it says none.
    let body: UInt64??
    /// References by name.
    let uses: [LimitUseDraft]
    let concurrency: Located<ConcurrencySettings>?
}

/// `timeouts` of a route.
enum RouteTimeoutsSection {
    static let connect = Key(
        optional: "connect", Kind.timeout, unset: global, "Until a server accepts a connection")
    static let response = Key(
        optional: "response", TimeoutsSection.endless, unset: global,
        "Until the whole head of a server's response; then 504")
    static let stream = Key(
        optional: "stream", TimeoutsSection.endless, unset: global,
        "Between two reads of a response's body")
    static let tunnelIdle = Key(
        optional: "tunnel_idle", TimeoutsSection.endless, unset: global,
        "While nothing passes through an upgraded connection such as a WebSocket")

    private static let global = "the global one"

    static let section = Section(
        "routes[].timeouts", "The timeouts that a route may have of its own",
        keys: [
            connect.description, response.description, stream.description, tunnelIdle.description,
        ])
    static let kind = Kind<RouteTimeoutsDraft>.section(section, make: make)

    static func make(_ fields: Fields) -> RouteTimeoutsDraft {
        RouteTimeoutsDraft(
            connect: fields[connect], response: fields[response], stream: fields[stream],
            tunnelIdle: fields[tunnelIdle])
    }
}

/// As ``RouteLimits``: `nil` where the route says nothing, `.some(nil)` where it says none.
struct RouteTimeoutsDraft: Sendable {
    let connect: Duration?
    let response: Duration??
    let stream: Duration??
    let tunnelIdle: Duration??
}
